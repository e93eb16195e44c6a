import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCloud } from '../../testing.ts'
import { s3Client, startS3 } from './testing.ts'

const DAY = 86_400_000
let cloud: TestCloud
let s3: S3Client
let log: string[]
beforeAll(async () => {
  ;({ cloud, s3, log } = await startS3())
})
afterAll(() => cloud.dispose())

/** Moves the clock, and waits for the sweep of that hour. */
async function pass(days: number): Promise<void> {
  const before = log.length
  cloud.clock.advance(days * DAY)
  s3 = s3Client(cloud.client, { systemClockOffset: cloud.clock.now() - Date.now() })
  await expect.poll(() => log.length, { interval: 5 }).toBeGreaterThan(before)
}

async function bucket(Bucket: string, Rules: LifecycleRule[], lock = false): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: lock }))
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }))
}

const put = (Bucket: string, Key: string, Tagging?: string) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, Tagging }))

async function versions(Bucket: string): Promise<string[]> {
  const found = await s3.send(new ListObjectVersionsCommand({ Bucket }))
  const told = (kind: string) => (one: { Key?: string; IsLatest?: boolean }) =>
    `${one.Key} ${kind}${one.IsLatest ? ' latest' : ''}`
  return [
    ...(found.Versions ?? []).map(told('version')),
    ...(found.DeleteMarkers ?? []).map(told('marker')),
  ].sort()
}

test('expires what is old, by prefix, tag and size, and moves what is to be moved', async () => {
  const Bucket = 'expiring'
  await bucket(Bucket, [
    { ID: 'old', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 3 } },
    {
      ID: 'tagged',
      Status: 'Enabled',
      Filter: { And: { Prefix: 'raw/', Tags: [{ Key: 'phi', Value: 'no' }], ObjectSizeGreaterThan: 5 } },
      Expiration: { Days: 3 },
    },
    { ID: 'off', Status: 'Disabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } },
    {
      ID: 'tier',
      Status: 'Enabled',
      Filter: { Prefix: 'keep' },
      Transitions: [
        { Days: 1, StorageClass: 'STANDARD_IA' },
        { Days: 5, StorageClass: 'GLACIER' },
      ],
    },
  ])
  await Promise.all([
    put(Bucket, 'tmp/a'),
    put(Bucket, 'raw/long-1', 'phi=no'),
    put(Bucket, 'raw/1', 'phi=no'),
    put(Bucket, 'raw/long-2', 'phi=yes'),
    put(Bucket, 'keep'),
  ])
  await pass(2)
  expect((await versions(Bucket)).length).toBe(5)
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'keep' }))).StorageClass).toBe('STANDARD_IA')
  await pass(2)
  expect(await versions(Bucket)).toEqual([
    'keep version latest',
    'raw/1 version latest',
    'raw/long-2 version latest',
  ])
  await pass(2)
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'keep' }))).StorageClass).toBe('GLACIER')
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'keep' }))).rejects.toMatchObject({
    name: 'InvalidObjectState',
  })
})

test('leaves markers in a versioned bucket, removes old versions and lone markers, and what is locked stays', async () => {
  const Bucket = 'versioned'
  await bucket(
    Bucket,
    [
      {
        ID: 'versions',
        Status: 'Enabled',
        Filter: { Prefix: '' },
        NoncurrentVersionExpiration: { NoncurrentDays: 2, NewerNoncurrentVersions: 1 },
        Expiration: { ExpiredObjectDeleteMarker: true },
      },
      { ID: 'tmp', Status: 'Enabled', Filter: { Prefix: 'tmp' }, Expiration: { Days: 1 } },
      {
        ID: 'all',
        Status: 'Enabled',
        Filter: { Prefix: 'b' },
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      },
    ],
    true,
  )
  for (let i = 0; i < 4; i++) await put(Bucket, 'a')
  await put(Bucket, 'b')
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'b' }))
  const held = await put(Bucket, 'b-held')
  await s3.send(
    new PutObjectLegalHoldCommand({
      Bucket,
      Key: 'b-held',
      VersionId: held.VersionId,
      LegalHold: { Status: 'ON' },
    }),
  )
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'b-held' }))
  await put(Bucket, 'tmp')
  await pass(4)
  expect(await versions(Bucket)).toEqual([
    'a version',
    'a version latest',
    'b marker latest',
    'b-held marker latest',
    'b-held version',
    'tmp marker latest',
    'tmp version',
  ])
  await pass(1)
  expect(await versions(Bucket)).not.toContain('b marker latest')
  expect(await versions(Bucket)).toContain('b-held version')
})

test('aborts uploads that nobody completed', async () => {
  const Bucket = 'uploading'
  await bucket(Bucket, [
    {
      ID: 'abort',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
    },
  ])
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'half' }))
  const uploads = async () => (await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []
  expect(await uploads()).toHaveLength(1)
  await pass(4)
  expect(await uploads()).toEqual([])
})
