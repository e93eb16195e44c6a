import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  StartImageScanCommand,
  TagResourceCommand,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createEcr } from './ecr.ts'
import { blob, manifestOf, passwordOf, upload } from './test-registry.ts'

const repositoryName = 'clarity-backend'
let cloud: TestCloud
let ecr: ECRClient
beforeEach(async () => {
  cloud = await startTestCloud({ services: [createEcr] })
  ecr = new ECRClient(cloud.client)
  await ecr.send(
    new CreateRepositoryCommand({
      repositoryName,
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS' },
      tags: [{ Key: 'owner', Value: 'clarity' }],
    }),
  )
})
afterEach(() => cloud.dispose())

test('keeps a repository as it was declared', async () => {
  const { repositories } = await ecr.send(
    new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
  )
  expect(repositories?.[0]).toMatchObject({
    repositoryArn: 'arn:aws:ecr:us-east-1:124355672559:repository/clarity-backend',
    repositoryUri: '124355672559.dkr.ecr.us-east-1.amazonaws.com/clarity-backend',
    imageTagMutability: 'IMMUTABLE',
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: 'KMS' },
    createdAt: expect.any(Date),
  })
  const resourceArn = repositories?.[0]?.repositoryArn
  await ecr.send(new TagResourceCommand({ resourceArn, tags: [{ Key: 'tier', Value: 'api' }] }))
  expect((await ecr.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual([
    { Key: 'owner', Value: 'clarity' },
    { Key: 'tier', Value: 'api' },
  ])
  await expect(ecr.send(new CreateRepositoryCommand({ repositoryName }))).rejects.toMatchObject({
    name: 'RepositoryAlreadyExistsException',
  })
  await expect(ecr.send(new CreateRepositoryCommand({ repositoryName: 'Not_Lower' }))).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  await expect(
    ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['absent'] })),
  ).rejects.toMatchObject({ name: 'RepositoryNotFoundException' })
})

test('pushes an image, shows it, and keeps its tag where it is', async () => {
  const { imageManifest, layer } = await pushed('one')
  const digest = (await ecr.send(new DescribeImagesCommand({ repositoryName }))).imageDetails?.[0]
  expect(digest).toMatchObject({
    imageTags: ['one'],
    imageSizeInBytes: layer.bytes.length + 2,
    imagePushedAt: expect.any(Date),
    imageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
  })
  const got = await ecr.send(
    new BatchGetImageCommand({
      repositoryName,
      imageIds: [{ imageTag: 'one' }, { imageDigest: digest?.imageDigest }, { imageTag: 'absent' }, {}],
      acceptedMediaTypes: ['application/vnd.oci.image.manifest.v1+json'],
    }),
  )
  expect(got.images?.map(image => image.imageManifest)).toEqual([imageManifest, imageManifest])
  expect(got.failures?.map(failure => failure.failureCode)).toEqual(['ImageNotFound', 'MissingDigestAndTag'])

  await expect(
    ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: 'one' })),
  ).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' })
  await expect(pushed('one', 'other bytes')).rejects.toMatchObject({
    name: 'ImageTagAlreadyExistsException',
  })
  await ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'MUTABLE' }))
  await pushed('one', 'other bytes')
  await expect(
    ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'absent' }] })),
  ).rejects.toMatchObject({ name: 'ImageNotFoundException' })
})

test('pages through images, and lists by tag status', async () => {
  for (const tag of ['a', 'b', 'c']) await pushed(tag, `layer ${tag}`)
  const digests: (string | undefined)[] = []
  let nextToken: string | undefined
  do {
    const shown = await ecr.send(new DescribeImagesCommand({ repositoryName, maxResults: 2, nextToken }))
    digests.push(...(shown.imageDetails ?? []).map(image => image.imageDigest))
    nextToken = shown.nextToken
  } while (nextToken)
  expect(new Set(digests).size).toBe(3)
  const untagged = await ecr.send(
    new ListImagesCommand({ repositoryName, filter: { tagStatus: 'UNTAGGED' } }),
  )
  expect(untagged.imageIds).toEqual([])
})

test('lends a URL for a layer for an hour', async () => {
  const { layer } = await pushed('one')
  const lent = await ecr.send(
    new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: layer.digest }),
  )
  const url = lent.downloadUrl as string
  expect(url.startsWith(`${cloud.endpoint}/v2/clarity-backend/blobs/`)).toBe(true)
  expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(layer.bytes)
  expect((await fetch(url.replace(/signature=[^&]+/, 'signature=forged'))).status).toBe(401)
  cloud.clock.advance(3_600_001)
  expect((await fetch(url)).status).toBe(401)
  const absent = blob('absent').digest
  const checked = await new ECRClient({ ...cloud.client, systemClockOffset: 3_600_001 }).send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layer.digest, absent, 'odd'] }),
  )
  expect(checked.layers?.map(found => found.layerAvailability)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
  expect(checked.failures?.[0]?.failureCode).toBe('InvalidLayerDigest')
})

test('deletes images with what only they needed, and a repository only when told or empty', async () => {
  const { layer } = await pushed('one')
  await expect(ecr.send(new DeleteRepositoryCommand({ repositoryName }))).rejects.toMatchObject({
    name: 'RepositoryNotEmptyException',
  })
  const deleted = await ecr.send(
    new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: 'one' }, { imageTag: 'absent' }] }),
  )
  expect(deleted.imageIds).toMatchObject([{ imageTag: 'one' }])
  expect(deleted.failures?.[0]?.failureCode).toBe('ImageNotFound')
  await expect(
    ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: layer.digest })),
  ).rejects.toMatchObject({ name: 'LayersNotFoundException' })
  await pushed('two')
  await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
  expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
})

test('records policies, and says what is not there', async () => {
  const none = { name: 'RepositoryPolicyNotFoundException' }
  await expect(ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).rejects.toMatchObject(none)
  const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [] })
  await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }))
  expect((await ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).policyText).toBe(policyText)
  await expect(ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).rejects.toMatchObject({
    name: 'LifecyclePolicyNotFoundException',
  })
  const selection = { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 5 }
  const lifecyclePolicyText = JSON.stringify({
    rules: [{ rulePriority: 1, selection, action: { type: 'expire' } }],
  })
  await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
  await pushed('one')
  await expect(
    ecr.send(new DescribeImageScanFindingsCommand({ repositoryName, imageId: { imageTag: 'one' } })),
  ).rejects.toMatchObject({ name: 'ScanNotFoundException' })
  await expect(
    ecr.send(new StartImageScanCommand({ repositoryName, imageId: { imageTag: 'one' } })),
  ).rejects.toMatchObject({ name: 'NotImplemented', $metadata: { httpStatusCode: 501 } })
})

test('has everything after a restart, a token and an upload in progress included', async () => {
  const { layer, imageManifest } = await pushed('one')
  const password = await passwordOf(ecr)
  const rest = blob('first half, second half')
  const begun = await fetch(`${cloud.endpoint}/v2/${repositoryName}/blobs/uploads/`, {
    method: 'POST',
    headers: { authorization: password },
  })
  const path = begun.headers.get('location') as string
  const half = (from: number, to?: number) => rest.bytes.subarray(from, to)
  await fetch(cloud.endpoint + path, {
    method: 'PATCH',
    body: new Uint8Array(half(0, 10)),
    headers: { authorization: password },
  })
  cloud = await cloud.restart()
  ecr = new ECRClient(cloud.client)
  const got = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'one' }] }))
  expect(got.images?.[0]?.imageManifest).toBe(imageManifest)
  const finished = await fetch(`${cloud.endpoint}${path}?digest=${rest.digest}`, {
    method: 'PUT',
    body: new Uint8Array(half(10)),
    headers: { authorization: password },
  })
  expect(finished.status).toBe(201)
  const checked = await ecr.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layer.digest, rest.digest] }),
  )
  expect(checked.layers?.map(found => found.layerAvailability)).toEqual(['AVAILABLE', 'AVAILABLE'])
})

async function pushed(imageTag: string, content = 'the layer') {
  const layer = blob(content)
  const config = blob('{}')
  const authorization = await passwordOf(ecr)
  for (const part of [layer, config]) await upload(cloud.endpoint, repositoryName, authorization, part)
  const imageManifest = manifestOf(config, [layer])
  await ecr.send(new PutImageCommand({ repositoryName, imageTag, imageManifest }))
  return { layer, imageManifest }
}
