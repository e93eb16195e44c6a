import { baseLayer } from './base-layer.ts'
import { bundle } from './bundle.ts'
import { type DebianLayerInput, debianLayer } from './debian-layer.ts'
import { DEBIAN_BASE } from './debian-packages.ts'
import { type SourceState, sourceState } from './image-tag.ts'
import { writeLayer } from './layer.ts'
import { type Layout, openLayout } from './layout.ts'
import {
  BASE_LABEL,
  type Descriptor,
  imageConfig,
  imageManifest,
  type Layer,
  MEDIA_TYPES,
  type Platform,
} from './oci.ts'
import { SBOM_TYPE, sbom } from './sbom.ts'

export interface BuildInput {
  /** The checkout to build. */
  repositoryRoot: string
  /** Where the OCI layout and the cached base layer are kept; made when absent. */
  outputFolder: string
  platform: Platform
  /**
   * `thin`: Node alone, which takes its C library from the machine, as the local cloud's tasks do. `full`: with the C
   * libraries and certificates that an empty container lacks, as on Fargate.
   */
  base: Base
  /** Where the full base comes from, when it is not kept from before. */
  debian?: Pick<DebianLayerInput, 'mirror' | 'pull'>
  /** One line a step, for people and programs. */
  onProgress?: (message: string, fields?: Record<string, unknown>) => void
  /** @default the API and the worker of `backend/` */
  entryPoints?: Record<string, string>
  /** @default the files of the API's reference page */
  assets?: { package: string; files: readonly string[] }[]
}

/** What an image's Node stands on. */
export type Base = 'thin' | 'full'

/** An image on disk, ready to be pushed. */
export interface Image {
  tag: string
  platform: Platform
  base: Base
  source: SourceState
  manifestDigest: string
  configDigest: string
  /** The exact text whose digest is `manifestDigest`. */
  manifest: string
  /** Configuration and layers, each with the file that holds it. */
  config: Descriptor & { path: string }
  layers: Layer[]
  /** The bill of materials, as it also lies in the image: `/app/sbom.cdx.json`. */
  sbom: Descriptor & { path: string }
  sbomText: string
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
 * Builds the backend's image without Docker: the base with Node, and one layer with the bundled application and its
 * bill of materials. Reproducible: the same commit has the same digest on every machine with the pinned toolchain.
 */
export async function buildImage(input: BuildInput): Promise<Image> {
  const started = performance.now()
  const { repositoryRoot, platform, base, onProgress = () => {} } = input
  const layout = await openLayout(input.outputFolder)
  const state = await sourceState(repositoryRoot)
  const created = new Date(state.committedAt * 1000).toISOString()
  const below = base === 'full' ? [await fullBase(layout, input)] : []
  const node = await baseLayer(layout, repositoryRoot, platform)
  const origin = node.cached ? 'kept from before' : 'packed'
  onProgress(`base layer: Node ${node.node.version} for ${platform}, ${megabytes(node.size)}, ${origin}`, {
    digest: node.digest,
    bytes: node.size,
    cached: node.cached,
  })
  const { entries, packages } = await bundle({
    repositoryRoot,
    entryPoints: input.entryPoints ?? BACKEND_ENTRY_POINTS,
    assets: input.assets ?? BACKEND_ASSETS,
  })
  const debian = base === 'full' ? DEBIAN_BASE : undefined
  const bill = sbom({ tag: state.tag, created, platform, node: node.node, debian, packages })
  const app = await writeLayer(layout, [
    ...entries,
    { name: 'app/sbom.cdx.json', content: Buffer.from(bill) },
  ])
  const files = entries.length + 1
  onProgress(`application layer: ${files} files of ${packages.length} packages, ${megabytes(app.size)}`, {
    digest: app.digest,
    bytes: app.size,
  })
  const layers = [...below, plain(node), app]
  const labels = {
    'org.opencontainers.image.created': created,
    'org.opencontainers.image.revision': state.commit ?? state.tag,
    'org.opencontainers.image.version': state.tag,
    [BASE_LABEL]: debian ? `debian:${debian.release}` : 'scratch',
    ...(state.source ? { 'org.opencontainers.image.source': state.source } : {}),
  }
  const billBlob = await layout.put(bill, SBOM_TYPE)
  await layout.writeBeside(`${state.tag}-${platform.replace('/', '-')}.cdx.json`, bill)
  const config = await layout.put(imageConfig({ platform, layers, created, labels }), MEDIA_TYPES.config)
  const manifest = imageManifest(config, layers)
  const { path: _, ...stored } = await layout.put(manifest, MEDIA_TYPES.manifest)
  await layout.publish(
    stored,
    state.tag,
    [stored, config, billBlob, ...layers].map(part => part.digest),
  )
  const seconds = Math.round(performance.now() - started) / 1000
  onProgress(`image ${state.tag} is ${stored.digest}`, { tag: state.tag, digest: stored.digest, seconds })
  return {
    tag: state.tag,
    platform,
    base,
    source: state,
    manifestDigest: stored.digest,
    configDigest: config.digest,
    manifest,
    config,
    layers,
    sbom: billBlob,
    sbomText: bill,
    appLayerBytes: app.size,
    seconds,
  }
}

async function fullBase(layout: Layout, { platform, debian, onProgress }: BuildInput): Promise<Layer> {
  const [, architecture = ''] = platform.split('/')
  const { origin, ...layer } = await debianLayer(layout, { ...debian, architecture })
  onProgress?.(`base layer: Debian ${DEBIAN_BASE.release}, ${megabytes(layer.size)}, ${origin}`, {
    digest: layer.digest,
    bytes: layer.size,
    origin,
  })
  return layer
}

function plain({ mediaType, digest, size, diffId, path }: Layer): Layer {
  return { mediaType, digest, size, diffId, path }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
