import { rm } from 'node:fs/promises'
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { ENVIRONMENTS } from '@clarity/environments'
import { createEcr } from '@clarity/local-cloud/services/ecr'
import { createKms } from '@clarity/local-cloud/services/kms'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSigningKey, type SigningKey } from '../aws/signing-key.ts'
import { attach, attachSigned, verifySigned } from './attestations.ts'
import { buildImage, type Image } from './build-image.ts'
import { copyImage } from './copy-image.ts'
import { DSSE_TYPE, openEnvelope, signEnvelope } from './dsse.ts'
import { MEDIA_TYPES } from './oci.ts'
import { provenance } from './provenance.ts'
import { publishImage } from './publish-image.ts'
import { createRegistryClient } from './registry-client.ts'
import { SBOM_TYPE } from './sbom.ts'
import { CHECKOUT_BUILD, makeCheckout } from './test-checkout.ts'

let root: string
let image: Image
let cloud: TestCloud
let kms: KMSClient
let key: SigningKey
let strange: SigningKey
let pushed: Awaited<ReturnType<typeof publishImage>>

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createEcr, createKms] })
  kms = new KMSClient(cloud.client)
  ;[key, strange] = await Promise.all([newKey(), newKey()])
  root = await makeCheckout()
  image = await buildImage({ ...CHECKOUT_BUILD, repositoryRoot: root, outputFolder: `${root}/out` })
  pushed = await publish('signed')
})
afterAll(async () => {
  await cloud.dispose()
  await rm(root, { recursive: true, force: true })
})

async function newKey(): Promise<SigningKey> {
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
  )
  return createSigningKey(cloud.client, ENVIRONMENTS.local, KeyMetadata?.Arn ?? '')
}

async function registryOf(repository: string) {
  const ecr = new ECRClient(cloud.client)
  await ecr
    .send(new CreateRepositoryCommand({ repositoryName: repository, imageTagMutability: 'IMMUTABLE' }))
    .catch(error => expect(error.name).toBe('RepositoryAlreadyExistsException'))
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`
  return { endpoint: cloud.endpoint, authorization, repository }
}

async function publish(repository: string, by = key) {
  const { endpoint: registryEndpoint, ...rest } = await registryOf(repository)
  const now = '2026-11-24T10:00:00Z'
  return publishImage({ ...rest, registryEndpoint, image, key: by, builder: 'clarity:local/t@laptop', now })
}

/** An image with nothing on it. */
async function bare(repository: string) {
  const registry = createRegistryClient(await registryOf(repository))
  for (const blob of [...image.layers, image.config]) await registry.uploadBlob(blob)
  await registry.putManifest(image.manifestDigest, image.manifest)
  const size = Buffer.byteLength(image.manifest)
  return { registry, subject: { mediaType: MEDIA_TYPES.manifest, digest: image.manifestDigest, size } }
}

const statement = (digest = image.manifestDigest) =>
  provenance({
    repository: 'r',
    image: { ...image, manifestDigest: digest },
    builder: 'b',
    finished: '2026-11-24T10:00:00Z',
  })

test('an image is pushed with its bill of materials and a provenance that the key has signed', async () => {
  expect(pushed).toMatchObject({ digest: image.manifestDigest, signed: true })
  const registry = createRegistryClient(await registryOf('signed'))
  expect(await registry.manifestDigest(image.tag)).toBe(image.manifestDigest)
  expect(await registry.referrers(image.manifestDigest, SBOM_TYPE)).toHaveLength(1)
  const found = await verifySigned(registry, image.manifestDigest, await key.publicKey())
  expect(found).toMatchObject({
    kind: 'signed',
    provenance: { revision: image.tag, builder: 'clarity:local/t@laptop' },
  })
  const { predicate } = JSON.parse((found as { statement: string }).statement)
  expect(predicate.buildDefinition.resolvedDependencies[0].digest.gitCommit).toBe(image.source.commit)
  expect(predicate.runDetails.byproducts[0].digest.sha256).toBe(image.sbom.digest.slice(7))
})

test('pushing again signs nothing again; what was there unsigned is signed', async () => {
  expect(await publish('signed')).toMatchObject({ signed: false, uploaded: [] })
  const { registry } = await bare('mended')
  await registry.putManifest(image.tag, image.manifest)
  expect(await publish('mended')).toMatchObject({ signed: true, uploaded: [] })
})

test('the tag comes last: where nothing can be signed, nothing has it', async () => {
  const broken = await newKey()
  await kms.send(new DisableKeyCommand({ KeyId: broken.arn }))
  await expect(publish('unsigned', broken)).rejects.toMatchObject({ name: 'DisabledException' })
  const registry = createRegistryClient(await registryOf('unsigned'))
  expect(await registry.manifestDigest(image.tag)).toBeUndefined()
})

test('believes nothing else: no provenance, another key, another image, a changed statement', async () => {
  const own = await key.publicKey()
  const verify = async ({ registry }: Awaited<ReturnType<typeof bare>>) =>
    verifySigned(registry, image.manifestDigest, own)

  expect(await verify(await bare('nothing'))).toEqual({ kind: 'missing' })

  const byAnother = await bare('by-another')
  await attachSigned(byAnother.registry, byAnother.subject, statement(), strange)
  expect(await verify(byAnother)).toEqual({
    kind: 'refused',
    why: 'no signature of its provenance is by this key',
  })
  // a good signature beside a bad one counts
  await attachSigned(byAnother.registry, byAnother.subject, statement(), key)
  expect(await verify(byAnother)).toMatchObject({ kind: 'signed' })

  const ofAnother = await bare('of-another')
  const other = `sha256:${'1'.repeat(64)}`
  await attachSigned(ofAnother.registry, ofAnother.subject, statement(other), key)
  expect(await verify(ofAnother)).toMatchObject({ kind: 'refused', why: expect.stringContaining(other) })

  const changed = await bare('changed')
  const envelope = JSON.parse(await signEnvelope(statement(other), key))
  envelope.payload = Buffer.from(statement()).toString('base64')
  const content = JSON.stringify(envelope)
  await attach(changed.registry, changed.subject, { type: DSSE_TYPE, content })
  expect(await verify(changed)).toMatchObject({ kind: 'refused' })
  for (const text of ['', '{}', '{"payload":"e30=","payloadType":"text","signatures":[]}'])
    expect(openEnvelope(text, own)).toBeUndefined()
})

test('what hangs on an image is copied with it', async () => {
  const from = createRegistryClient(await registryOf('signed'))
  const to = createRegistryClient(await registryOf('copied'))
  await copyImage({ from, to, digest: image.manifestDigest, tag: image.tag })
  const next = createRegistryClient(await registryOf('promoted'))
  const found = await verifySigned(from, image.manifestDigest, await key.publicKey())
  const { statement: text } = found as { statement: string }
  const beforeTag = (subject: Parameters<typeof attachSigned>[1]) =>
    attachSigned(next, subject, text, strange)
  await copyImage({ from, to: next, digest: image.manifestDigest, tag: image.tag, beforeTag })
  for (const one of [key, strange])
    expect(await verifySigned(next, image.manifestDigest, await one.publicKey())).toMatchObject({
      kind: 'signed',
      statement: text,
    })
  const names = async (registry: typeof from) =>
    (await registry.referrers(image.manifestDigest)).map(one => one.digest).sort()
  expect(await names(to)).toEqual(await names(from))
  expect(await verifySigned(to, image.manifestDigest, await key.publicKey())).toMatchObject({
    kind: 'signed',
  })
})
