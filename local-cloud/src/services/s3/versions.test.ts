import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCloud } from '../../testing.ts'
import { s3Client, startS3 } from './testing.ts'

let cloud: TestCloud
let s3: S3Client
let Bucket: string
beforeAll(async () => {
  const started = await startS3()
  cloud = started.cloud
  s3 = started.s3
  Bucket = started.Bucket
})
afterAll(() => cloud.dispose())

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }))
const read = async (Key: string, VersionId?: string) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString()

test('keeps versions, hides behind a marker, and comes back when the marker goes', async () => {
  expect((await put('a', 'zero')).VersionId).toBeUndefined()
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  const one = await put('a', 'one')
  const two = await put('a', 'two')
  expect(one.VersionId).not.toBe(two.VersionId)
  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
  expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) })
  await expect(read('a')).rejects.toMatchObject({ name: 'NoSuchKey' })
  await expect(read('a', marker.VersionId)).rejects.toMatchObject({ name: 'MethodNotAllowed' })
  expect(await read('a', one.VersionId)).toBe('one')
  expect(await read('a', 'null')).toBe('zero')
  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }))
  expect(Versions?.map(version => [version.VersionId, version.IsLatest])).toEqual([
    [two.VersionId, false],
    [one.VersionId, false],
    ['null', false],
  ])
  expect(DeleteMarkers).toMatchObject([{ Key: 'a', IsLatest: true, VersionId: marker.VersionId }])
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId: marker.VersionId }))
  expect(await read('a')).toBe('two')
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId: two.VersionId }))
  expect(await read('a')).toBe('one')
  await expect(read('a', two.VersionId)).rejects.toMatchObject({ name: 'NoSuchVersion' })
})

test('suspended, it replaces the null version only', async () => {
  const kept = await put('s', 'kept')
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }))
  expect((await put('s', 'null 1')).VersionId).toBe('null')
  await put('s', 'null 2')
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 's' }))
  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 's' }))
  expect(Versions?.map(version => version.VersionId)).toEqual([kept.VersionId])
  expect(DeleteMarkers?.map(version => version.VersionId)).toEqual(['null'])
})

test('pages through versions in order', async () => {
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  for (const key of ['p/1', 'p/2', 'p/1', 'p/3', 'p/1']) await put(key, key)
  const seen: string[] = []
  let marker: { KeyMarker?: string; VersionIdMarker?: string } = {}
  do {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'p/', MaxKeys: 2, ...marker }))
    seen.push(...(page.Versions ?? []).map(version => version.Key ?? ''))
    marker = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : {}
  } while (marker.KeyMarker)
  expect(seen).toEqual(['p/1', 'p/1', 'p/1', 'p/2', 'p/3'])
})

test('deletes many at once and reports each', async () => {
  const { VersionId } = await put('many/1', 'x')
  await put('many/2', 'x')
  const { Deleted } = await s3.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: { Objects: [{ Key: 'many/1', VersionId }, { Key: 'many/2' }, { Key: 'many/none' }] },
    }),
  )
  expect(Deleted).toMatchObject([
    { Key: 'many/1', VersionId },
    { Key: 'many/2', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
    { Key: 'many/none', DeleteMarker: true },
  ])
})

test('locked versions cannot be deleted until hold and retention are over', async () => {
  const locked = { Bucket: 'locked-bucket' }
  await s3.send(new CreateBucketCommand({ ...locked, ObjectLockEnabledForBucket: true }))
  await s3.send(
    new PutObjectLockConfigurationCommand({
      ...locked,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
      },
    }),
  )
  expect(
    (await s3.send(new GetObjectLockConfigurationCommand(locked))).ObjectLockConfiguration?.Rule
      ?.DefaultRetention,
  ).toEqual({ Mode: 'GOVERNANCE', Days: 1 })
  await expect(
    s3.send(new PutBucketVersioningCommand({ ...locked, VersioningConfiguration: { Status: 'Suspended' } })),
  ).rejects.toMatchObject({ name: 'InvalidBucketState' })
  const { VersionId } = await s3.send(new PutObjectCommand({ ...locked, Key: 'k', Body: 'x' }))
  const one = { ...locked, Key: 'k', VersionId }
  const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }
  await expect(s3.send(new DeleteObjectCommand(one))).rejects.toMatchObject(denied)
  expect((await s3.send(new GetObjectRetentionCommand(one))).Retention?.Mode).toBe('GOVERNANCE')
  // A marker is no deletion: it is always allowed.
  expect((await s3.send(new DeleteObjectCommand({ ...locked, Key: 'k' }))).DeleteMarker).toBe(true)

  const RetainUntilDate = new Date(cloud.clock.now() + 3 * 86_400_000)
  await s3.send(new PutObjectRetentionCommand({ ...one, Retention: { Mode: 'COMPLIANCE', RetainUntilDate } }))
  await expect(
    s3.send(
      new PutObjectRetentionCommand({
        ...one,
        Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date(RetainUntilDate.getTime() - 3_600_000) },
        BypassGovernanceRetention: true,
      }),
    ),
  ).rejects.toMatchObject(denied)
  await expect(
    s3.send(new DeleteObjectCommand({ ...one, BypassGovernanceRetention: true })),
  ).rejects.toMatchObject(denied)
  await s3.send(new PutObjectLegalHoldCommand({ ...one, LegalHold: { Status: 'ON' } }))
  cloud.clock.advance(4 * 86_400_000)
  const later = s3Client(cloud.client, { systemClockOffset: cloud.clock.now() - Date.now() })
  await expect(later.send(new DeleteObjectCommand(one))).rejects.toMatchObject(denied)
  expect((await later.send(new HeadObjectCommand(one))).ObjectLockLegalHoldStatus).toBe('ON')
  await later.send(new PutObjectLegalHoldCommand({ ...one, LegalHold: { Status: 'OFF' } }))
  await later.send(new DeleteObjectCommand(one))
  await expect(later.send(new HeadObjectCommand(one))).rejects.toMatchObject({ name: 'NotFound' })
})
