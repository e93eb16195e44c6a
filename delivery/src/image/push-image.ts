import { ClarityError } from '../errors.ts'
import type { Image } from './build-image.ts'
import { createRegistryClient, type RegistryOptions } from './registry-client.ts'

export interface PushInput {
  /** `https://<account>.dkr.ecr.<region>.amazonaws.com`, or the local cloud's endpoint. */
  registryEndpoint: string
  /** The value of the `Authorization` header: `Basic <authorizationToken of ECR>`. */
  authorization: string
  repository: string
  tag: string
  image: Pick<Image, 'manifestDigest' | 'manifest' | 'config' | 'layers'>
  /** Runs when the registry has the image by digest, and before it has the tag. */
  beforeTag?: () => Promise<void>
  onProgress?: (message: string, fields?: Record<string, unknown>) => void
  sleep?: RegistryOptions['sleep']
  signal?: AbortSignal
}

export interface Pushed {
  digest: string
  /** Blobs that the registry did not have yet. */
  uploaded: { digest: string; size: number }[]
  seconds: number
}

/**
 * Pushes an image: looks for each blob, uploads what is missing, then writes the manifest under the tag. Doing it again
 * uploads nothing, also where the tag is immutable.
 * @throws ClarityError `tag_taken` when the tag names another image, `registry_denied`, `registry_unreachable`, …
 */
export async function pushImage(input: PushInput): Promise<Pushed> {
  const started = performance.now()
  const { image, repository, tag, onProgress = () => {} } = input
  const { registryEndpoint: endpoint, authorization, sleep, signal } = input
  const registry = createRegistryClient({ endpoint, authorization, repository, sleep, signal })
  const uploaded: Pushed['uploaded'] = []
  const done = (): Pushed => ({
    digest: image.manifestDigest,
    uploaded,
    seconds: Math.round(performance.now() - started) / 1000,
  })

  const present = await registry.manifestDigest(tag)
  if (present === image.manifestDigest) {
    onProgress(`${repository}:${tag} is already ${present}`, { digest: present })
    return done()
  }
  for (const blob of [...image.layers, image.config]) {
    const { digest, size } = blob
    const held = await registry.blobSize(digest)
    // A blob of another size was damaged at rest; a new copy mends it.
    if (held === size) {
      onProgress(`the registry has ${digest}`, { digest, size })
      continue
    }
    await registry.uploadBlob(blob)
    uploaded.push({ digest, size })
    onProgress(`uploaded ${digest}`, { digest, size })
  }
  if (input.beforeTag) {
    await registry.putManifest(image.manifestDigest, image.manifest)
    await input.beforeTag()
  }
  const digest = await registry.putManifest(tag, image.manifest)
  if (digest !== image.manifestDigest)
    throw new ClarityError(
      'digest_mismatch',
      `the registry stored ${repository}:${tag} as '${digest}', and the image is '${image.manifestDigest}'`,
      'build the image again and push it; if it happens again, something between here and the registry changes data',
    )
  onProgress(`pushed ${repository}:${tag} as ${digest}`, { digest, uploaded: uploaded.length })
  return done()
}
