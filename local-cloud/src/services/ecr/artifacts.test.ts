import { execFile } from 'node:child_process'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ListImageReferrersCommand,
  ListImagesCommand,
} from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createEcr } from './ecr.ts'
import { type Blob, blob, manifestOf, passwordOf, upload } from './test-registry.ts'

const run = promisify(execFile)
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
let cloud: TestCloud
let ecr: ECRClient
let headers: { authorization: string }
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createEcr] })
  ecr = new ECRClient(cloud.client)
  for (const repositoryName of ['app', 'copy'])
    await ecr.send(new CreateRepositoryCommand({ repositoryName }))
  headers = { authorization: await passwordOf(ecr) }
})
afterAll(() => cloud.dispose())

/** Pushes an artifact such as a bill of materials; @returns its digest */
async function attach(subject: Blob, artifactType: string): Promise<string> {
  const empty = blob('{}')
  const content = blob(`{"about":"${artifactType}"}`)
  for (const part of [empty, content]) await upload(cloud.endpoint, 'app', headers.authorization, part)
  const descriptor = (mediaType: string, { digest, bytes }: Blob) => ({
    mediaType,
    digest,
    size: bytes.length,
  })
  const manifest = blob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType,
      config: descriptor('application/vnd.oci.empty.v1+json', empty),
      layers: [descriptor(artifactType, content)],
      subject: descriptor(MANIFEST, subject),
      annotations: { 'org.example.kind': artifactType },
    }),
  )
  const answer = await fetch(`${cloud.endpoint}/v2/app/manifests/${manifest.digest}`, {
    method: 'PUT',
    body: new Uint8Array(manifest.bytes),
    headers: { ...headers, 'content-type': MANIFEST },
  })
  expect([answer.status, answer.headers.get('oci-subject')]).toEqual([201, subject.digest])
  return manifest.digest
}

test('keeps bills of materials and signatures with the image that they speak of', async () => {
  const parts = [blob('artifact config'), blob('artifact layer')] as const
  for (const part of parts) await upload(cloud.endpoint, 'app', headers.authorization, part)
  const image = blob(manifestOf(parts[0], [parts[1]]))
  const referrers = async (query = '') => {
    const answer = await fetch(`${cloud.endpoint}/v2/app/referrers/${image.digest}${query}`, { headers })
    return { answer, index: (await answer.json()) as { manifests: object[] } }
  }
  const none = await referrers()
  expect([none.answer.status, none.answer.headers.get('content-type'), none.index.manifests]).toEqual([
    200,
    'application/vnd.oci.image.index.v1+json',
    [],
  ])
  // A referrer may come before what it refers to.
  const sbom = await attach(image, 'application/spdx+json')
  await fetch(`${cloud.endpoint}/v2/app/manifests/v1`, {
    method: 'PUT',
    body: new Uint8Array(image.bytes),
    headers: { ...headers, 'content-type': MANIFEST },
  })
  const signature = await attach(image, 'application/vnd.dev.sigstore.bundle.v0.3+json')
  expect((await referrers()).index.manifests).toMatchObject([
    {
      digest: sbom,
      artifactType: 'application/spdx+json',
      annotations: { 'org.example.kind': 'application/spdx+json' },
    },
    { digest: signature },
  ])
  const filtered = await referrers(`?artifactType=${encodeURIComponent('application/spdx+json')}`)
  expect(filtered.answer.headers.get('oci-filters-applied')).toBe('artifactType')
  expect(filtered.index.manifests).toHaveLength(1)
  const subjectId = { imageDigest: image.digest }
  const filter = { artifactTypes: ['application/spdx+json'] }
  const listed = await ecr.send(new ListImageReferrersCommand({ repositoryName: 'app', subjectId, filter }))
  expect(listed.referrers).toMatchObject([{ digest: sbom, artifactStatus: 'ACTIVE' }])
  await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [subjectId] }))
  expect((await ecr.send(new ListImagesCommand({ repositoryName: 'app' }))).imageIds).toEqual([])
})

const skopeo = await Promise.any(
  (process.env.PATH ?? '').split(delimiter).map(async folder => {
    await access(join(folder, 'skopeo'))
    return join(folder, 'skopeo')
  }),
).catch(() => undefined)

test.skipIf(!skopeo)('skopeo copies an image to the registry, within it, and back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skopeo-'))
  try {
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
    const { authorizationToken: auth = '', proxyEndpoint = '' } = authorizationData?.[0] ?? {}
    const { host } = new URL(proxyEndpoint)
    const authfile = join(folder, 'auth.json')
    await writeFile(authfile, JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 })
    const layer = blob(Buffer.alloc(1024))
    const config = blob(
      JSON.stringify({
        os: 'linux',
        architecture: 'amd64',
        config: {},
        rootfs: { type: 'layers', diff_ids: [layer.digest] },
      }),
    )
    const manifest = manifestOf(config, [layer])
    const source = join(folder, 'source')
    await run('mkdir', ['-p', source])
    for (const { bytes, digest } of [layer, config])
      await writeFile(join(source, digest.slice('sha256:'.length)), bytes)
    await writeFile(join(source, 'manifest.json'), manifest)
    await writeFile(join(source, 'version'), 'Directory Transport Version: 1.1\n')
    const common = ['--insecure-policy', 'copy', '--quiet', '--preserve-digests', '--authfile', authfile]
    const plain = ['--src-tls-verify=false', '--dest-tls-verify=false']
    const copy = (from: string, to: string) => run(skopeo as string, [...common, ...plain, from, to])
    await copy(`dir:${source}`, `docker://${host}/app:skopeo`)
    await copy(`docker://${host}/app:skopeo`, `docker://${host}/copy:skopeo`)
    await copy(`docker://${host}/copy:skopeo`, `dir:${join(folder, 'back')}`)
    expect(await readFile(join(folder, 'back', 'manifest.json'), 'utf8')).toBe(manifest)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
