import type { SigningKey } from '../aws/signing-key.ts'
import { attach, attachSigned, verifySigned } from './attestations.ts'
import type { Image } from './build-image.ts'
import { MEDIA_TYPES } from './oci.ts'
import { provenance } from './provenance.ts'
import { type Pushed, type PushInput, pushImage } from './push-image.ts'
import { createRegistryClient, type RegistryClient } from './registry-client.ts'
import { SBOM_TYPE } from './sbom.ts'

export interface PublishInput extends Omit<PushInput, 'image' | 'tag' | 'beforeTag'> {
  image: Image
  key: SigningKey
  /** Who builds, as the provenance says: `github:<workflow ref>`, `local:<user>@<host>`. */
  builder: string
  invocation?: string
  /** ISO 8601. */
  now: string
}

/**
 * Pushes an image with its bill of materials and its signed provenance. The tag comes last: what has it is signed,
 * wherever the command was killed. An image that was there without a signature gets one.
 */
export async function publishImage(input: PublishInput): Promise<Pushed & { signed: boolean }> {
  const { image, key, registryEndpoint: endpoint, authorization, repository, sleep, signal } = input
  const registry = createRegistryClient({ endpoint, authorization, repository, sleep, signal })
  let signed = false
  const sign = async () => {
    await attest(registry, input)
    signed = true
  }
  const pushed = await pushImage({ ...input, image, tag: image.tag, beforeTag: sign })
  if (!signed) {
    const verification = await verifySigned(registry, image.manifestDigest, await key.publicKey())
    if (verification.kind !== 'signed') await sign()
  }
  return { ...pushed, signed }
}

async function attest(
  registry: RegistryClient,
  { image, key, repository, builder, invocation, now, onProgress }: PublishInput,
): Promise<void> {
  const subject = {
    mediaType: MEDIA_TYPES.manifest,
    digest: image.manifestDigest,
    size: Buffer.byteLength(image.manifest),
  }
  await attach(registry, subject, { type: SBOM_TYPE, content: image.sbomText })
  const statement = provenance({ repository, image, builder, invocation, finished: now })
  await attachSigned(registry, subject, statement, key)
  onProgress?.(`attached the bill of materials, and the provenance signed by ${key.arn}`, {
    digest: image.manifestDigest,
    key: key.arn,
  })
}
