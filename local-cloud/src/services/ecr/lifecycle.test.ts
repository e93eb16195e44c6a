import {
  type BatchCheckLayerAvailabilityResponse,
  CreateRepositoryCommand,
  type DescribeImagesResponse,
  ECRClient,
  type GetLifecyclePolicyPreviewResponse,
  type GetLifecyclePolicyResponse,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { expect, test, vi } from 'vitest'
import { startTestCloud } from '../../testing.ts'
import { createEcr } from './ecr.ts'
import { expiring, readLifecyclePolicy } from './lifecycle-policy.ts'
import { blob, manifestOf, passwordOf, upload } from './test-registry.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const rule = (rulePriority: number, selection: object) => ({
  rulePriority,
  selection,
  action: { type: 'expire' },
})
const policy = (...rules: object[]) => JSON.stringify({ rules })
const untagged = { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 2 }

test('expires by count and age, each image by the first rule that selects it', () => {
  const image = (digest: string, day: number, ...tags: string[]) => ({ digest, tags, pushedAt: day * DAY })
  const images = [
    image('a', 1, 'release-1'),
    image('b', 2, 'release-2'),
    image('c', 3, 'release-3', 'stable'),
    image('d', 4),
    image('e', 9),
  ]
  const by = (...rules: object[]) =>
    Object.fromEntries(expiring(readLifecyclePolicy(policy(...rules)), images, 10 * DAY))
  const newest = (count: number, prefix = 'release-') => ({
    tagStatus: 'tagged',
    tagPrefixList: [prefix],
    countType: 'imageCountMoreThan',
    countNumber: count,
  })
  expect(by(rule(1, newest(2)), rule(2, untagged))).toEqual({ a: 1, d: 2 })
  const any = { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1 }
  expect(by(rule(1, newest(5)), rule(2, any))).toEqual({ d: 2 })
  const both = { ...newest(1), tagPrefixList: undefined, tagPatternList: ['release-*', 'st*le'] }
  expect(by(rule(1, { ...both, countType: 'sinceImagePushed', countUnit: 'days' }))).toEqual({ c: 1 })
})

test.each([
  ['not JSON', 'x'],
  ['no rules', '{}'],
  ['two rules of one priority', policy(rule(1, untagged), rule(1, untagged))],
  ['any before others', policy(rule(1, { ...untagged, tagStatus: 'any' }), rule(2, untagged))],
  ['prefixes of what has no tags', policy(rule(1, { ...untagged, tagPrefixList: ['a'] }))],
  ['no unit of time', policy(rule(1, { ...untagged, countUnit: undefined }))],
])('refuses a policy with %s', (_, text) => {
  expect(() => readLifecyclePolicy(text)).toThrow(/Lifecycle policy validation failure/)
})

test('shows what a policy would expire, and expires it within an hour; blobs without a manifest go after a day', async () => {
  const cloud = await startTestCloud({ services: [createEcr] })
  try {
    const ecr = new ECRClient(cloud.client)
    const repositoryName = 'app'
    await ecr.send(new CreateRepositoryCommand({ repositoryName }))
    const authorization = await passwordOf(ecr)
    const push = async (name: string, imageTag?: string) => {
      const parts = [blob(`${name} config`), blob(`${name} layer`)] as const
      for (const part of parts) await upload(cloud.endpoint, repositoryName, authorization, part)
      const imageManifest = manifestOf(parts[0], [parts[1]])
      await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag }))
    }
    await push('old')
    await push('kept', 'v1')
    const stray = blob('stray')
    await upload(cloud.endpoint, repositoryName, authorization, stray)
    // The clock goes further than a signature may be old, so the rest is asked inside the cloud.
    const call = <T>(operation: string, input: object = {}) =>
      cloud.invoke<T>('ecr', operation, { repositoryName, ...input }, 'arn:aws:iam::124355672559:root')
    const preview = () => call<GetLifecyclePolicyPreviewResponse>('GetLifecyclePolicyPreview')
    await expect(preview()).rejects.toMatchObject({ code: 'LifecyclePolicyPreviewNotFoundException' })
    const lifecyclePolicyText = policy(rule(1, untagged))
    cloud.clock.advance(2 * DAY - HOUR)
    await call('StartLifecyclePolicyPreview', { lifecyclePolicyText })
    expect((await preview()).previewResults).toEqual([])
    cloud.clock.advance(2 * HOUR)
    await call('StartLifecyclePolicyPreview', { lifecyclePolicyText })
    expect(await preview()).toMatchObject({
      status: 'COMPLETE',
      previewResults: [{ action: { type: 'EXPIRE' }, appliedRulePriority: 1 }],
      summary: { expiringImageTotalCount: 1 },
    })
    await call('PutLifecyclePolicy', { lifecyclePolicyText })
    cloud.clock.advance(HOUR)
    const got = await vi.waitUntil(async () => {
      const { lastEvaluatedAt } = await call<GetLifecyclePolicyResponse>('GetLifecyclePolicy')
      return lastEvaluatedAt
    })
    expect(got).toBeInstanceOf(Date)
    const { imageDetails } = await call<DescribeImagesResponse>('DescribeImages')
    expect(imageDetails?.map(one => one.imageTags)).toEqual([['v1']])
    const { layers } = await call<BatchCheckLayerAvailabilityResponse>('BatchCheckLayerAvailability', {
      layerDigests: [stray.digest],
    })
    expect(layers).toMatchObject([{ layerAvailability: 'UNAVAILABLE' }])
  } finally {
    await cloud.dispose()
  }
})
