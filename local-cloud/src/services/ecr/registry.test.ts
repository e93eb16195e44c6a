import { existsSync } from 'node:fs'
import { readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createEcr } from './ecr.ts'
import { blob, manifestOf, passwordOf, upload } from './test-registry.ts'

const NAME = 'clarity-backend'
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
let cloud: TestCloud
let ecr: ECRClient
let authorization: string
beforeEach(async () => {
  cloud = await startTestCloud({ services: [createEcr] })
  ecr = new ECRClient(cloud.client)
  await ecr.send(new CreateRepositoryCommand({ repositoryName: NAME, imageTagMutability: 'IMMUTABLE' }))
  authorization = await passwordOf(ecr)
})
afterEach(() => cloud.dispose())

test('asks for a token, and knows an expired one from a wrong one', async () => {
  const bare = await fetch(`${cloud.endpoint}/v2/`)
  expect(bare.status).toBe(401)
  expect(bare.headers.get('www-authenticate')).toMatch(/^Basic realm="http:\/\/127/)
  expect((await call('GET', '/')).status).toBe(200)
  const forged = `Basic ${Buffer.from('AWS:eyJh.AAAA').toString('base64')}`
  expect((await call('GET', '/', { headers: { authorization: forged } })).status).toBe(401)
  cloud.clock.advance(12 * 3_600_000 + 1)
  expect(await refusal(call('GET', '/'))).toEqual([403, 'DENIED'])
})

test('takes a blob in chunks that resume, and gives it back whole and in part', async () => {
  const layer = blob('0123456789abcdef')
  const path = await begin()
  const chunk = (range: string, from: number, to: number) =>
    call('PATCH', path, {
      body: new Uint8Array(layer.bytes.subarray(from, to)),
      headers: { authorization, 'content-range': range },
    })
  expect((await chunk('0-3', 0, 4)).headers.get('range')).toBe('0-3')
  const gap = await chunk('8-11', 8, 12)
  expect([gap.status, gap.headers.get('range')]).toEqual([416, '0-3'])
  expect((await call('GET', path)).headers.get('range')).toBe('0-3')
  expect((await chunk('4-15', 4, 16)).status).toBe(202)
  const done = await call('PUT', `${path}?digest=${layer.digest}`)
  expect([done.status, done.headers.get('docker-content-digest')]).toEqual([201, layer.digest])

  const head = await call('HEAD', `/${NAME}/blobs/${layer.digest}`)
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '16'])
  const part = await call('GET', `/${NAME}/blobs/${layer.digest}`, {
    headers: { authorization, range: 'bytes=10-' },
  })
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 10-15/16',
    'abcdef',
  ])
  expect(await refusal(call('GET', path))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN'])
})

test('refuses what does not have the digest that it claims', async () => {
  const { digest } = blob('announced')
  const wrong = call('POST', `/${NAME}/blobs/uploads/?digest=${digest}`, { body: 'received' })
  expect(await refusal(wrong)).toEqual([400, 'DIGEST_INVALID'])
  expect((await call('HEAD', `/${NAME}/blobs/${digest}`)).status).toBe(404)
  expect(await readdir(join(cloud.state, 'ecr', 'uploads'))).toEqual([])
  const odd = call('POST', `/${NAME}/blobs/uploads/?digest=md5:1`, { body: 'received' })
  expect(await refusal(odd)).toEqual([400, 'DIGEST_INVALID'])
  expect(await refusal(put(digest, manifestOf(await stored('{}'), [])))).toEqual([400, 'DIGEST_INVALID'])
})

test('takes a manifest only when its blobs are there, and moves no tag', async () => {
  const config = await stored('{}')
  const orphan = manifestOf(config, [blob('never uploaded')])
  expect(await refusal(put('one', orphan))).toEqual([400, 'MANIFEST_BLOB_UNKNOWN'])
  expect(await refusal(put('one', 'not json'))).toEqual([400, 'MANIFEST_INVALID'])
  const manifest = manifestOf(config, [await stored('layer')])
  const { digest } = blob(manifest)
  expect((await put('one', manifest)).headers.get('docker-content-digest')).toBe(digest)
  expect((await put('one', manifest)).status).toBe(201)
  const other = manifestOf(config, [await stored('another layer')])
  expect(await refusal(put('one', other))).toEqual([400, 'TAG_INVALID'])
  for (const reference of ['one', digest]) {
    const got = await call('GET', `/${NAME}/manifests/${reference}`)
    expect([got.headers.get('content-type'), await got.text()]).toEqual([OCI_MANIFEST, manifest])
  }
  await put('two', manifest)
  const tags = await call('GET', `/${NAME}/tags/list?n=1`)
  expect(await tags.json()).toEqual({ name: NAME, tags: ['one'] })
  expect(tags.headers.get('link')).toContain('last=one')
  expect(await (await call('GET', '/_catalog')).json()).toEqual({ repositories: [NAME] })

  expect((await call('DELETE', `/${NAME}/manifests/two`)).status).toBe(202)
  expect(await refusal(call('GET', `/${NAME}/manifests/two`))).toEqual([404, 'MANIFEST_UNKNOWN'])
  expect((await call('DELETE', `/${NAME}/manifests/${digest}`)).status).toBe(202)
  expect(await refusal(call('GET', `/${NAME}/manifests/one`))).toEqual([404, 'MANIFEST_UNKNOWN'])
})

test('keeps an index of images together', async () => {
  const manifest = manifestOf(await stored('{}'), [await stored('layer')])
  const { digest, bytes } = blob(manifest)
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    manifests: [{ mediaType: OCI_MANIFEST, digest, size: bytes.length }],
  })
  expect(await refusal(put('all', index, mediaType))).toEqual([400, 'MANIFEST_BLOB_UNKNOWN'])
  await put(digest, manifest)
  expect((await put('all', index, mediaType)).status).toBe(201)
  expect(await refusal(call('DELETE', `/${NAME}/manifests/${digest}`))).toEqual([403, 'DENIED'])
})

test('mounts a blob of another repository, and knows no repository that was not created', async () => {
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'tools/base' }))
  const { digest } = await stored('shared')
  const mounted = await call('POST', `/tools/base/blobs/uploads/?mount=${digest}&from=${NAME}`)
  expect(mounted.status).toBe(201)
  expect((await call('HEAD', `/tools/base/blobs/${digest}`)).status).toBe(200)
  const absent = await call('POST', `/tools/base/blobs/uploads/?mount=${blob('x').digest}&from=${NAME}`)
  expect(absent.status).toBe(202)
  expect(await refusal(call('POST', '/nobody/blobs/uploads/'))).toEqual([404, 'NAME_UNKNOWN'])
  expect(await refusal(call('DELETE', `/${NAME}/blobs/${digest}`))).toEqual([405, 'UNSUPPORTED'])
})

test.runIf(existsSync('/dev/full'))('answers a full disk as such, and leaves no half blob', async () => {
  const path = await begin()
  await symlink('/dev/full', join(cloud.state, 'ecr', 'uploads', path.split('/').at(-1) as string))
  const body = new Uint8Array(3_000_000)
  expect(await refusal(call('PATCH', path, { body }))).toEqual([507, 'UNAVAILABLE'])
  expect(await readdir(join(cloud.state, 'ecr', 'uploads'))).toEqual([])
  expect(await refusal(call('GET', path))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN'])
})

test('refuses the bytes of a layer while the disk is full by a fault, and takes them afterwards', async () => {
  const layer = blob('bytes that find no room')
  const path = await begin()
  cloud.faults.add({ kind: 'full-disk', service: 'ecr' })
  const body = new Uint8Array(layer.bytes)
  expect(await refusal(call('PATCH', path, { body }))).toEqual([507, 'UNAVAILABLE'])
  expect(await readdir(join(cloud.state, 'ecr', 'uploads'))).toEqual([])
  cloud.faults.clear()
  expect((await call('PUT', `${path}?digest=${layer.digest}`, { body })).status).toBe(201)
})

test('does not hide a blob that was damaged on disk, and takes a new copy', async () => {
  const layer = await stored('precious bytes')
  const hex = layer.digest.slice('sha256:'.length)
  const file = join(cloud.state, 'ecr', 'blobs', hex.slice(0, 2), hex)
  await writeFile(file, 'precious bites')
  expect(await (await call('GET', `/${NAME}/blobs/${layer.digest}`)).text()).toBe('precious bites')
  await truncate(file, 3)
  const head = await call('HEAD', `/${NAME}/blobs/${layer.digest}`)
  expect(head.headers.get('content-length')).toBe('3')
  await rm(file)
  expect((await call('HEAD', `/${NAME}/blobs/${layer.digest}`)).status).toBe(404)
  await stored('precious bytes')
  expect(await (await call('GET', `/${NAME}/blobs/${layer.digest}`)).text()).toBe('precious bytes')
})

function call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const url = `${cloud.endpoint}${path.startsWith('/v2/') ? '' : '/v2'}${path}`
  return fetch(url, { method, headers: { authorization }, ...init })
}

function put(reference: string, body: string, type = OCI_MANIFEST): Promise<Response> {
  const headers = { authorization, 'content-type': type }
  return call('PUT', `/${NAME}/manifests/${reference}`, { body, headers })
}

async function begin(): Promise<string> {
  return (await call('POST', `/${NAME}/blobs/uploads/`)).headers.get('location') as string
}

async function stored(content: string) {
  const made = blob(content)
  await upload(cloud.endpoint, NAME, authorization, made)
  return made
}

async function refusal(answer: Promise<Response>): Promise<[number, string]> {
  const response = await answer
  const { errors } = (await response.json()) as { errors: { code: string }[] }
  return [response.status, errors[0]?.code ?? '']
}
