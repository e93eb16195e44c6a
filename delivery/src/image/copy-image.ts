import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClarityError } from '../errors.ts'
import type { Descriptor } from './oci.ts'
import type { RegistryClient } from './registry-client.ts'

export interface CopyInput {
  from: RegistryClient
  to: RegistryClient
  /** `sha256:…` of the image manifest. */
  digest: string
  /** The tag that the copy gets, when all else is there. */
  tag: string
  /** Runs before the copy gets its tag. @param subject the image, in the other registry */
  beforeTag?: (subject: Descriptor) => Promise<void>
  onProgress?: (message: string) => void
}

/**
 * Copies an image by digest, and what hangs on it: the blobs that the other side lacks, then the manifests byte for
 * byte, then the tag. Every digest is verified on the way in, and each manifest's as the other side computed it.
 * @returns the blobs that were copied
 * @throws ClarityError `image_missing`, `digest_mismatch`, `tag_taken`
 */
export async function copyImage({
  from,
  to,
  digest,
  tag,
  beforeTag,
  onProgress = () => {},
}: CopyInput): Promise<Descriptor[]> {
  const copied: Descriptor[] = []
  const copy = async (one: string) => {
    const { blobs, manifest } = await copyByDigest(from, to, one, onProgress)
    copied.push(...blobs)
    return manifest
  }
  const image = await copy(digest)
  for (const referrer of await from.referrers(digest)) await copy(referrer.digest)
  await beforeTag?.({ mediaType: image.mediaType, digest, size: Buffer.byteLength(image.text) })
  requireSame(await to.putManifest(tag, image.text, image.mediaType), digest)
  return copied
}

async function copyByDigest(
  from: RegistryClient,
  to: RegistryClient,
  digest: string,
  onProgress: (message: string) => void,
): Promise<{ blobs: Descriptor[]; manifest: { text: string; mediaType: string } }> {
  const manifest = await from.manifest(digest)
  if (!manifest)
    throw new ClarityError(
      'image_missing',
      `the registry that it comes from has no image ${digest} any more`,
      'deploy the commit there again, or promote what serves now',
    )
  const { config, layers } = JSON.parse(manifest.text) as { config?: Descriptor; layers?: Descriptor[] }
  if (!config || !layers)
    throw new ClarityError(
      'not_one_image',
      `${digest} is no image manifest but ${manifest.mediaType}`,
      'promote an image of one platform, as clarity builds it',
    )
  const copied: Descriptor[] = []
  const folder = await mkdtemp(join(tmpdir(), 'clarity-promote-'))
  try {
    for (const blob of [...layers, config]) {
      if ((await to.blobSize(blob.digest)) === blob.size) continue
      onProgress(`${blob.digest.slice(0, 19)}, ${(blob.size / 1e6).toFixed(1)} MB`)
      const path = join(folder, 'blob')
      await from.downloadBlob(blob, path)
      await to.uploadBlob({ ...blob, path })
      copied.push(blob)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  requireSame(await to.putManifest(digest, manifest.text, manifest.mediaType), digest)
  return { blobs: copied, manifest }
}

/** @throws ClarityError `digest_mismatch` */
function requireSame(stored: string, digest: string): void {
  if (stored === digest) return
  throw new ClarityError(
    'digest_mismatch',
    `the registry stored '${stored}', and the image is '${digest}'`,
    'try again; if it happens again, something between here and the registry changes data',
  )
}
