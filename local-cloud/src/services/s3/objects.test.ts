import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  ChecksumAlgorithm,
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCloud } from '../../testing.ts'
import { startS3 } from './testing.ts'

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

const get = async (Key: string, more: object = {}) => {
  const { Body, ...rest } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))
  return { ...rest, body: Buffer.from((await Body?.transformToByteArray()) ?? []) }
}

test('stores a buffer, a stream and nothing at all, byte for byte', async () => {
  const bytes = randomBytes(3_000_000)
  const ETag = expect.stringMatching(/^"[0-9a-f]{32}"$/)
  expect(await s3.send(new PutObjectCommand({ Bucket, Key: 'buffer', Body: bytes }))).toMatchObject({
    ETag,
    ServerSideEncryption: 'AES256',
  })
  const Body = Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)])
  await s3.send(new PutObjectCommand({ Bucket, Key: 'stream', Body, ContentLength: bytes.length }))
  await s3.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }))
  expect((await get('buffer')).body.equals(bytes)).toBe(true)
  expect((await get('stream')).body.equals(bytes)).toBe(true)
  expect((await get('empty')).body).toHaveLength(0)
})

test('keeps headers, metadata, tags and any key', async () => {
  const Key = 'a b/ü+%2F/../c?&#'
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body: '{}',
      ContentType: 'application/json',
      CacheControl: 'no-store',
      ContentEncoding: 'gzip',
      Metadata: { Kind: 'raw', user: 'u-1' },
      Tagging: 'phi=yes&kind=raw%20data',
      StorageClass: 'STANDARD_IA',
    }),
  )
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({
    ContentType: 'application/json',
    CacheControl: 'no-store',
    ContentEncoding: 'gzip',
    ContentLength: 2,
    Metadata: { kind: 'raw', user: 'u-1' },
    StorageClass: 'STANDARD_IA',
    LastModified: expect.any(Date),
  })
  const tags = async () => (await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet
  expect(await tags()).toEqual([
    { Key: 'phi', Value: 'yes' },
    { Key: 'kind', Value: 'raw data' },
  ])
  await s3.send(
    new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'x', Value: '<&>' }] } }),
  )
  expect(await tags()).toEqual([{ Key: 'x', Value: '<&>' }])
  await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key }))
  expect(await tags()).toEqual([])
  expect((await get(Key)).body.toString()).toBe('{}')
})

test('reads ranges', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'range', Body: '0123456789' }))
  for (const [Range, text, ContentRange] of [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=5-99', '56789', 'bytes 5-9/10'],
  ]) {
    const read = await get('range', { Range })
    expect([read.body.toString(), read.ContentRange, read.$metadata.httpStatusCode]).toEqual([
      text,
      ContentRange,
      206,
    ])
  }
  await expect(get('range', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' })
})

test('reads under conditions', async () => {
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'conditions', Body: 'x' }))
  await get('conditions', { IfMatch: ETag })
  const failing = [
    [{ IfMatch: '"other"' }, 412],
    [{ IfNoneMatch: ETag }, 304],
    [{ IfModifiedSince: new Date(Date.now() + 5000) }, 304],
    [{ IfUnmodifiedSince: new Date(0) }, 412],
  ] as const
  for (const [condition, httpStatusCode] of failing)
    await expect(get('conditions', condition)).rejects.toMatchObject({ $metadata: { httpStatusCode } })
})

test('of two concurrent If-None-Match:* writes exactly one wins', async () => {
  const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket, Key: 'race', Body, IfNoneMatch: '*' }))
  const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map(put))
  expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(1)
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'PreconditionFailed' })
  const winner = ['a', 'b', 'c', 'd'][results.findIndex(result => result.status === 'fulfilled')]
  const { body, ETag } = await get('race')
  expect(body.toString()).toBe(winner)
  await expect(
    s3.send(new PutObjectCommand({ Bucket, Key: 'race', Body: 'e', IfMatch: '"stale"' })),
  ).rejects.toMatchObject({ name: 'PreconditionFailed' })
  await s3.send(new PutObjectCommand({ Bucket, Key: 'race', Body: 'e', IfMatch: ETag }))
  await expect(
    s3.send(new PutObjectCommand({ Bucket, Key: 'nobody', Body: 'e', IfMatch: ETag })),
  ).rejects.toMatchObject({ name: 'NoSuchKey' })
})

test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
  'verifies and returns %s',
  async algorithm => {
    const Key = `sum-${algorithm}`
    const field = `Checksum${algorithm}`
    const values = {
      CRC32: 'y/Q5Jg==',
      CRC32C: '4waSgw==',
      CRC64NVME: 'rosUhgp5mIg=',
      SHA1: '98O8HYCOBHMq32eZZczDTKeuNEE=',
      SHA256: 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
    }
    const put = new PutObjectCommand({
      Bucket,
      Key,
      Body: '123456789',
      ChecksumAlgorithm: ChecksumAlgorithm[algorithm],
    })
    const written = (await s3.send(put)) as unknown as Record<string, string>
    expect(written[field]).toBe(values[algorithm])
    const read = await get(Key, { ChecksumMode: 'ENABLED' })
    expect((read as unknown as Record<string, string>)[field]).toBe(written[field])
    expect(read.ChecksumType).toBe('FULL_OBJECT')
    const wrong = Buffer.alloc(Buffer.from(written[field] ?? '', 'base64').length).toString('base64')
    await expect(
      s3.send(new PutObjectCommand({ Bucket, Key: 'wrong', Body: '123456789', [field]: wrong })),
    ).rejects.toMatchObject({ name: 'BadDigest' })
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'wrong' }))).rejects.toMatchObject({
      name: 'NotFound',
    })
  },
)

test('a wrong Content-MD5 stores nothing and leaves no file', async () => {
  const ContentMD5 = Buffer.alloc(16).toString('base64')
  await expect(
    s3.send(new PutObjectCommand({ Bucket, Key: 'md5', Body: 'x', ContentMD5 })),
  ).rejects.toMatchObject({ name: 'BadDigest' })
  await expect(get('md5')).rejects.toMatchObject({ name: 'NoSuchKey' })
  expect(await readdir(join(cloud.state, 's3', 'incoming'))).toEqual([])
})

test('copies, with the metadata kept or replaced, and refuses to copy onto itself', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'from ü', Body: 'copied', Metadata: { a: '1' } }))
  const CopySource = `${Bucket}/${encodeURIComponent('from ü')}`
  const { CopyObjectResult } = await s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }))
  expect(CopyObjectResult?.ETag).toMatch(/^"/)
  expect(await get('to')).toMatchObject({ body: Buffer.from('copied'), Metadata: { a: '1' } })
  await s3.send(
    new CopyObjectCommand({
      Bucket,
      Key: 'to',
      CopySource,
      MetadataDirective: 'REPLACE',
      Metadata: { b: '2' },
    }),
  )
  expect((await get('to')).Metadata).toEqual({ b: '2' })
  await expect(s3.send(new CopyObjectCommand({ Bucket, Key: 'from ü', CopySource }))).rejects.toMatchObject({
    name: 'InvalidRequest',
  })
  await expect(
    s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource, CopySourceIfMatch: '"other"' })),
  ).rejects.toMatchObject({ name: 'PreconditionFailed' })
})

test('deletes, and a second time without complaint', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'gone', Body: 'x' }))
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))
  await expect(get('gone')).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } })
})

test('other services read and write objects without the wire', async () => {
  const as = 'cloudformation.amazonaws.com'
  await cloud.invoke('s3', 'PutObject', { Bucket, Key: 'inside', Body: 'template' }, as)
  const { Body } = await cloud.invoke<{ Body: Uint8Array }>('s3', 'GetObject', { Bucket, Key: 'inside' }, as)
  expect(Buffer.from(Body).toString()).toBe('template')
  expect((await get('inside')).body.toString()).toBe('template')
})
