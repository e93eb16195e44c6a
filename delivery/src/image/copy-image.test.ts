import { rm } from 'node:fs/promises'
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr'
import { createEcr } from '@clarity/local-cloud/services/ecr'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildImage, type Image } from './build-image.ts'
import { copyImage } from './copy-image.ts'
import { pushImage } from './push-image.ts'
import { createRegistryClient } from './registry-client.ts'
import { CHECKOUT_BUILD, makeCheckout } from './test-checkout.ts'

let root: string
let image: Image
let clouds: TestCloud[]

beforeAll(async () => {
  root = await makeCheckout()
  image = await buildImage({ ...CHECKOUT_BUILD, repositoryRoot: root, outputFolder: `${root}/out` })
  clouds = await Promise.all([1, 2].map(() => startTestCloud({ services: [createEcr] })))
})
afterAll(async () => {
  await Promise.all(clouds.map(cloud => cloud.dispose()))
  await rm(root, { recursive: true, force: true })
})

async function registry(cloud: TestCloud, repository: string) {
  const ecr = new ECRClient(cloud.client)
  await ecr.send(new CreateRepositoryCommand({ repositoryName: repository, imageTagMutability: 'IMMUTABLE' }))
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`
  return { ecr, endpoint: cloud.endpoint, authorization, repository }
}

test('an image goes to the registry of another account by digest, byte for byte, and once', async () => {
  const from = await registry(clouds[0]!, 'clarity-dev-backend')
  const to = await registry(clouds[1]!, 'clarity-staging-backend')
  await pushImage({ ...from, registryEndpoint: from.endpoint, tag: image.tag, image })
  const copy = { from: createRegistryClient(from), to: createRegistryClient(to) }
  const input = { ...copy, digest: image.manifestDigest, tag: image.tag }
  expect(await copyImage(input)).toHaveLength(image.layers.length + 1)
  const { images } = await to.ecr.send(
    new BatchGetImageCommand({ repositoryName: to.repository, imageIds: [{ imageTag: image.tag }] }),
  )
  expect(images?.[0]?.imageId?.imageDigest).toBe(image.manifestDigest)
  expect(images?.[0]?.imageManifest).toBe(image.manifest)
  expect(await copyImage(input)).toEqual([])

  const unknown = { ...input, digest: `sha256:${'0'.repeat(64)}` }
  await expect(copyImage(unknown)).rejects.toMatchObject({ code: 'image_missing' })
})
