import { readFile, rm, truncate } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
} from '@aws-sdk/client-ecr'
import { createEcr } from '@clarity/local-cloud/services/ecr'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildImage, type Image } from './build-image.ts'
import { type PushInput, pushImage } from './push-image.ts'
import { CHECKOUT_BUILD, makeCheckout, writeFiles } from './test-checkout.ts'

const repository = 'clarity-backend'
let root: string
let image: Image
let cloud: TestCloud
let ecr: ECRClient
let authorization: string
let front: Server | undefined

beforeAll(async () => {
  root = await makeCheckout()
  image = await build()
})
afterAll(() => rm(root, { recursive: true, force: true }))
beforeEach(async () => {
  cloud = await startTestCloud({ services: [createEcr] })
  ecr = new ECRClient(cloud.client)
  await ecr.send(new CreateRepositoryCommand({ repositoryName: repository, imageTagMutability: 'IMMUTABLE' }))
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
  authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`
})
afterEach(async () => {
  front?.closeAllConnections()
  front?.close()
  front = undefined
  await cloud.dispose()
})

test('pushes an image that is then pulled back byte for byte', async () => {
  const pushed = await push()
  expect(pushed.digest).toBe(image.manifestDigest)
  expect(pushed.uploaded.length).toBe(image.layers.length + 1)
  const { images } = await ecr.send(
    new BatchGetImageCommand({ repositoryName: repository, imageIds: [{ imageTag: image.tag }] }),
  )
  expect(images?.[0]?.imageId?.imageDigest).toBe(image.manifestDigest)
  expect(images?.[0]?.imageManifest).toBe(image.manifest)
  for (const { digest: layerDigest, path } of [...image.layers, image.config]) {
    const lent = await ecr.send(
      new GetDownloadUrlForLayerCommand({ repositoryName: repository, layerDigest }),
    )
    const bytes = await (await fetch(lent.downloadUrl as string)).arrayBuffer()
    expect(Buffer.from(bytes).equals(await readFile(path))).toBe(true)
  }
})

test('uploads nothing the second time, and only the changed layer of the next image', async () => {
  await push()
  expect((await push()).uploaded).toEqual([])
  await writeFiles(root, { 'backend/src/shared.ts': "export const greet = (name: string) => 'bye ' + name" })
  const next = await build()
  expect(next.layers[0]).toEqual(image.layers[0])
  const { uploaded } = await push({ image: next, tag: next.tag })
  expect(uploaded.map(blob => blob.digest)).toEqual([next.layers[1]?.digest, next.configDigest])
  await expect(push({ image: next })).rejects.toMatchObject({
    code: 'tag_taken',
    message: expect.stringContaining('immutable'),
  })
})

test('mends a layer that lost bytes in the registry', async () => {
  const layer = image.layers[1] as Image['layers'][1]
  await push()
  const hex = layer.digest.slice('sha256:'.length)
  await truncate(join(cloud.state, 'ecr', 'blobs', hex.slice(0, 2), hex), 5)
  expect((await push({ tag: 'again' })).uploaded.map(blob => blob.digest)).toEqual([layer.digest])
})

test('tries again after lost connections and 5xx answers, a bounded number of times', async () => {
  const pauses: number[] = []
  const sleep = async (ms: number) => void pauses.push(ms)
  let patches = 0
  let heads = 0
  const registryEndpoint = await proxy((incoming, response) => {
    if (incoming.method === 'PATCH' && patches++ === 0) return incoming.socket.destroy()
    if (incoming.method === 'HEAD' && heads++ < 2) return response.writeHead(503).end()
    return forward(incoming, response)
  })
  expect((await push({ registryEndpoint, sleep })).digest).toBe(image.manifestDigest)
  expect(pauses).toEqual([250, 500, 250])

  front?.close()
  let asked = 0
  const down = await proxy((_, response) => {
    asked++
    response.writeHead(500).end()
  })
  await expect(push({ registryEndpoint: down, sleep, tag: 'x' })).rejects.toMatchObject({
    code: 'registry_refused',
  })
  expect(asked).toBe(4)
  front?.closeAllConnections()
  await new Promise(resolve => front?.close(resolve))
  await expect(push({ registryEndpoint: down, sleep, tag: 'x' })).rejects.toMatchObject({
    code: 'registry_unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test('says at once what no second attempt would change', async () => {
  const sleep = () => Promise.reject(new Error('there must be no second attempt'))
  await expect(push({ sleep, authorization: 'Basic QVdTOng=' })).rejects.toMatchObject({
    code: 'registry_denied',
  })
  await expect(push({ sleep, repository: 'absent' })).rejects.toMatchObject({ code: 'repository_missing' })
  const full = await proxy((incoming, response) =>
    incoming.method === 'PATCH' ? response.writeHead(507).end() : forward(incoming, response),
  )
  await expect(push({ sleep, registryEndpoint: full })).rejects.toMatchObject({ code: 'registry_full' })
  front?.close()
  const liar = await proxy((incoming, response) =>
    incoming.method === 'PUT' && incoming.url?.includes('/manifests/')
      ? response.writeHead(201, { 'docker-content-digest': 'sha256:other' }).end()
      : forward(incoming, response),
  )
  await expect(push({ sleep, registryEndpoint: liar })).rejects.toMatchObject({ code: 'digest_mismatch' })
  cloud.clock.advance(12 * 3_600_000 + 1)
  await expect(push({ sleep })).rejects.toMatchObject({ code: 'registry_denied' })
})

function push(change: Partial<PushInput> = {}) {
  const registryEndpoint = cloud.endpoint
  return pushImage({ registryEndpoint, authorization, repository, tag: image.tag, image, ...change })
}

function build(): Promise<Image> {
  return buildImage({
    ...CHECKOUT_BUILD,
    repositoryRoot: root,
    outputFolder: join(root, 'node_modules/.image'),
  })
}

/** A server in front of the registry, to fail on purpose. */
async function proxy(handle: (incoming: IncomingMessage, response: ServerResponse) => unknown) {
  front = createServer((incoming, response) => void handle(incoming, response))
  await new Promise<void>(resolve => front?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`
}

function forward(incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = '' } = incoming
  const onward = request(new URL(url, cloud.endpoint), { method, headers }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  incoming.pipe(onward)
}
