import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCloud } from '../../testing.ts'
import { startS3 } from './testing.ts'

const MIB = 1024 ** 2
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

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest()
async function begin(Key: string, more: object = {}) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))
  const upload = { Bucket, Key, UploadId }
  const part = async (PartNumber: number, Body: Uint8Array, extra: object = {}) => {
    const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body, ...extra }))
    return { PartNumber, ETag }
  }
  const complete = (Parts: { PartNumber: number; ETag?: string }[], extra: object = {}) =>
    s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...extra }))
  return { upload, part, complete }
}

test('lib-storage uploads a stream of 12 MB with the right -3 ETag', async () => {
  const bytes = randomBytes(12 * MIB)
  const chunks = Array.from({ length: 24 }, (_, n) => bytes.subarray((n * MIB) / 2, ((n + 1) * MIB) / 2))
  const upload = new Upload({
    client: s3,
    params: {
      Bucket,
      Key: 'big',
      Body: Readable.from(chunks),
      ContentType: 'application/zip',
      Metadata: { a: 'b' },
    },
  })
  const { ETag } = (await upload.done()) as { ETag?: string }
  const sums = [0, 5, 10].map(from => md5(bytes.subarray(from * MIB, Math.min(from + 5, 12) * MIB)))
  expect(ETag).toBe(`"${md5(Buffer.concat(sums)).toString('hex')}-3"`)
  const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'big', ChecksumMode: 'ENABLED' }))
  expect(read).toMatchObject({
    ContentType: 'application/zip',
    Metadata: { a: 'b' },
    ChecksumType: 'COMPOSITE',
  })
  expect(read.ChecksumCRC32).toMatch(/-3$/)
  expect(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true)
  const across = await s3.send(
    new GetObjectCommand({ Bucket, Key: 'big', Range: `bytes=${5 * MIB - 2}-${5 * MIB + 1}` }),
  )
  const four = Buffer.from((await across.Body?.transformToByteArray()) ?? [])
  expect(four.equals(bytes.subarray(5 * MIB - 2, 5 * MIB + 2))).toBe(true)
  const second = await s3.send(new HeadObjectCommand({ Bucket, Key: 'big', PartNumber: 2 }))
  expect(second).toMatchObject({ PartsCount: 3, ContentLength: 5 * MIB })
})

test('a whole-object checksum over parts is the checksum of the whole', async () => {
  const bytes = randomBytes(6 * MIB)
  const more = { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' }
  const { part, complete } = await begin('full', more)
  const crc = { ChecksumAlgorithm: 'CRC64NVME' }
  const parts = [await part(1, bytes.subarray(0, 5 * MIB), crc), await part(2, bytes.subarray(5 * MIB), crc)]
  const { ChecksumCRC64NVME } = await complete(parts)
  const whole = await s3.send(new PutObjectCommand({ Bucket, Key: 'same', Body: bytes, ...crc } as never))
  expect(ChecksumCRC64NVME).toBe(whole.ChecksumCRC64NVME)
})

test('lists uploads and parts, replaces a part, copies one, and aborts without a trace', async () => {
  const { upload, part } = await begin('aborted', { ChecksumAlgorithm: 'CRC32' })
  await part(1, randomBytes(100))
  const again = await part(1, Buffer.from('hello'))
  await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: '0123456789' }))
  const { CopyPartResult } = await s3.send(
    new UploadPartCopyCommand({
      ...upload,
      PartNumber: 2,
      CopySource: `${Bucket}/source`,
      CopySourceRange: 'bytes=2-5',
    }),
  )
  expect(CopyPartResult?.ETag).toBe(`"${md5(Buffer.from('2345')).toString('hex')}"`)
  const { Parts } = await s3.send(new ListPartsCommand(upload))
  expect(Parts).toMatchObject([
    { PartNumber: 1, Size: 5, ETag: again.ETag },
    { PartNumber: 2, Size: 4 },
  ])
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }))
  expect(Uploads).toMatchObject([{ Key: 'aborted', UploadId: upload.UploadId }])
  const files = async () => (await readdir(join(cloud.state, 's3', 'objects'), { recursive: true })).length
  const before = await files()
  await s3.send(new AbortMultipartUploadCommand(upload))
  expect(await files()).toBe(before - 2)
  await expect(s3.send(new ListPartsCommand(upload))).rejects.toMatchObject({ name: 'NoSuchUpload' })
})

test('refuses a wrong completion and leaves the upload as it was', async () => {
  const { part, complete, upload } = await begin('strict')
  const small = await part(1, randomBytes(10))
  const last = await part(2, randomBytes(10))
  await expect(complete([last, small])).rejects.toMatchObject({ name: 'InvalidPartOrder' })
  await expect(complete([small, last])).rejects.toMatchObject({ name: 'EntityTooSmall' })
  await expect(complete([{ PartNumber: 3, ETag: small.ETag }])).rejects.toMatchObject({ name: 'InvalidPart' })
  await expect(complete([{ PartNumber: 1, ETag: '"0"' }])).rejects.toMatchObject({ name: 'InvalidPart' })
  await s3.send(new PutObjectCommand({ Bucket, Key: 'strict', Body: 'there already' }))
  await expect(complete([small], { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' })
  expect((await s3.send(new ListPartsCommand(upload))).Parts).toHaveLength(2)
  await complete([small])
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'strict' }))).ContentLength).toBe(10)
  const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'strict' }))
  expect((await read.Body?.transformToByteArray())?.length).toBe(10)
})

test('a part with a wrong checksum is refused', async () => {
  const { part } = await begin('wrong-part', { ChecksumAlgorithm: 'CRC32' })
  await expect(part(1, Buffer.from('x'), { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({
    name: 'BadDigest',
  })
  await expect(part(1, Buffer.from('x'), { ChecksumAlgorithm: 'SHA256' })).rejects.toMatchObject({
    name: 'InvalidRequest',
  })
})
