import type { KeyObject } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SigningKey } from '../aws/signing-key.ts'
import { DSSE_TYPE, signEnvelope } from './dsse.ts'
import { type Descriptor, digestOf, MEDIA_TYPES } from './oci.ts'
import { judgeProvenance, PREDICATE_TYPE, type Provenance } from './provenance.ts'
import type { RegistryClient } from './registry-client.ts'

/** The empty configuration that an artifact has: image specification 1.1, "Guidance for an empty descriptor". */
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', content: '{}' }

/**
 * Attaches a document to an image: an artifact manifest whose subject the image is, which registries list as its
 * referrer. The same document twice is one referrer.
 */
export async function attach(
  registry: RegistryClient,
  subject: Descriptor,
  { type, content, annotations }: { type: string; content: string; annotations?: Record<string, string> },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clarity-attach-'))
  try {
    const upload = async (mediaType: string, text: string): Promise<Descriptor> => {
      const blob = { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) }
      if ((await registry.blobSize(blob.digest)) === blob.size) return blob
      const path = join(folder, 'blob')
      await writeFile(path, text)
      await registry.uploadBlob({ ...blob, path })
      return blob
    }
    const config = await upload(EMPTY.mediaType, EMPTY.content)
    const layer = await upload(type, content)
    const { mediaType, digest, size } = subject
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      artifactType: type,
      config,
      layers: [layer],
      subject: { mediaType, digest, size },
      ...(annotations ? { annotations } : {}),
    })
    return await registry.putManifest(digestOf(manifest), manifest)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Signs a provenance, and attaches it to the image that it speaks of. */
export async function attachSigned(
  registry: RegistryClient,
  subject: Descriptor,
  statement: string,
  key: SigningKey,
): Promise<void> {
  await attach(registry, subject, {
    type: DSSE_TYPE,
    content: await signEnvelope(statement, key),
    annotations: { 'in-toto.io/predicate-type': PREDICATE_TYPE },
  })
}

/** What the referrers of an image prove, by one key. */
export type Verification =
  | { kind: 'signed'; provenance: Provenance; statement: string }
  | { kind: 'missing' }
  | { kind: 'refused'; why: string }

/** Most signed statements of one image that are looked at. */
const MOST = 50

/** Looks for a provenance of the image among its referrers that the key has signed. */
export async function verifySigned(
  registry: RegistryClient,
  digest: string,
  key: KeyObject,
): Promise<Verification> {
  const found = await registry.referrers(digest, DSSE_TYPE)
  if (found.length === 0) return { kind: 'missing' }
  let why = ''
  for (const referrer of found.slice(-MOST).reverse()) {
    const envelope = await readArtifact(registry, referrer)
    if (envelope === undefined) continue
    const judgement = judgeProvenance(envelope, key, digest)
    if (judgement.kind === 'good') {
      const { provenance, statement } = judgement
      return { kind: 'signed', provenance, statement }
    }
    why ||=
      judgement.kind === 'other'
        ? `a signed provenance hangs on it that speaks of ${judgement.digests.join(', ') || 'no image'}`
        : 'no signature of its provenance is by this key'
  }
  return { kind: 'refused', why: why || 'what hangs on it cannot be read' }
}

/** The document that an artifact holds; undefined where there is none. */
async function readArtifact(registry: RegistryClient, { digest }: Descriptor): Promise<string | undefined> {
  const manifest = await registry.manifest(digest)
  const [layer] = manifest ? ((JSON.parse(manifest.text) as { layers?: Descriptor[] }).layers ?? []) : []
  if (!layer) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'clarity-attached-'))
  try {
    const path = join(folder, 'blob')
    await registry.downloadBlob(layer, path)
    return await readFile(path, 'utf8')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
