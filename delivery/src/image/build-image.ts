import { baseLayer } from './base-layer.ts'
import { bundle } from './bundle.ts'
import { sourceState } from './image-tag.ts'
import { writeLayer } from './layer.ts'
import { openLayout } from './layout.ts'
import { type Descriptor, imageConfig, imageManifest, type Layer, MEDIA_TYPES, type Platform } from './oci.ts'

export interface BuildInput {
  /** The checkout to build. */
  repositoryRoot: string
  /** Where the OCI layout and the cached base layer are kept; made when absent. */
  outputFolder: string
  platform: Platform
  /** One line a step, for people and programs. */
  onProgress?: (message: string, fields?: Record<string, unknown>) => void
  /** @default the API and the worker of `backend/` */
  entryPoints?: Record<string, string>
  /** @default the files of the API's reference page */
  assets?: { package: string; files: readonly string[] }[]
}

/** An image on disk, ready to be pushed. */
export interface Image {
  tag: string
  platform: Platform
  manifestDigest: string
  configDigest: string
  /** The exact text whose digest is `manifestDigest`. */
  manifest: string
  /** Configuration and layers, each with the file that holds it. */
  config: Descriptor & { path: string }
  layers: Layer[]
  /** Compressed bytes of the layer that changes from release to release. */
  appLayerBytes: number
  seconds: number
}

export const BACKEND_ENTRY_POINTS = { api: 'backend/src/api.ts', worker: 'backend/src/worker.ts' }
/** As the backend's `src/api/reference/assets.ts` names them; a test holds the two equal. */
export const BACKEND_ASSETS = [
  {
    package: 'swagger-ui-dist',
    files: ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png', 'LICENSE'],
  },
]

/**
 * Builds the backend's image without Docker: the base layer with Node, and one layer with the bundled application.
 * Reproducible: the same commit has the same digest on every machine with the pinned toolchain.
 *
 * The base layer holds the Node binary alone. The binary needs glibc and libstdc++, which the local cloud's machine
 * provides and an empty container does not: an image for Fargate is built by the Dockerfile, on a base with both.
 */
export async function buildImage(input: BuildInput): Promise<Image> {
  const started = performance.now()
  const { repositoryRoot, platform, onProgress = () => {} } = input
  const layout = await openLayout(input.outputFolder)
  const state = await sourceState(repositoryRoot)
  const base = await baseLayer(layout, repositoryRoot, platform)
  const origin = base.cached ? 'kept from before' : 'packed'
  onProgress(`base layer: Node ${base.nodeVersion} for ${platform}, ${megabytes(base.size)}, ${origin}`, {
    digest: base.digest,
    bytes: base.size,
    cached: base.cached,
  })
  const entries = await bundle({
    repositoryRoot,
    entryPoints: input.entryPoints ?? BACKEND_ENTRY_POINTS,
    assets: input.assets ?? BACKEND_ASSETS,
  })
  const app = await writeLayer(layout, entries)
  onProgress(`application layer: ${entries.length} files, ${megabytes(app.size)}`, {
    digest: app.digest,
    bytes: app.size,
  })
  const layers = [plain(base), app]
  const created = new Date(state.committedAt * 1000).toISOString()
  const labels = {
    'org.opencontainers.image.created': created,
    'org.opencontainers.image.revision': state.commit ?? state.tag,
    'org.opencontainers.image.version': state.tag,
    ...(state.source ? { 'org.opencontainers.image.source': state.source } : {}),
  }
  const config = await layout.put(imageConfig({ platform, layers, created, labels }), MEDIA_TYPES.config)
  const manifest = imageManifest(config, layers)
  const { path: _, ...stored } = await layout.put(manifest, MEDIA_TYPES.manifest)
  await layout.publish(
    stored,
    state.tag,
    [stored, config, ...layers].map(part => part.digest),
  )
  const seconds = Math.round(performance.now() - started) / 1000
  onProgress(`image ${state.tag} is ${stored.digest}`, { tag: state.tag, digest: stored.digest, seconds })
  return {
    tag: state.tag,
    platform,
    manifestDigest: stored.digest,
    configDigest: config.digest,
    manifest,
    config,
    layers,
    appLayerBytes: app.size,
    seconds,
  }
}

function plain({ mediaType, digest, size, diffId, path }: Layer): Layer {
  return { mediaType, digest, size, diffId, path }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
