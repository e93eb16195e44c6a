import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { startCrashableCloud } from '../../testing-crash.ts'
import { s3Client, startS3 } from './testing.ts'

test('after kill -9 every acknowledged object is whole, and the garbage is gone after the start', async () => {
  const state = await mkdtemp(join(tmpdir(), 'local-cloud-crash-'))
  const crashing = await startCrashableCloud(state, 's3/s3.ts#createS3')
  const before = s3Client(crashing.client)
  const Bucket = 'clarity-raw-data'
  await before.send(new CreateBucketCommand({ Bucket }))
  const acknowledged = new Map<string, string>()
  let crashed = false

  async function writer(name: string): Promise<void> {
    for (let n = 0; !crashed; n++) {
      const Body = randomBytes(name === 'big' ? 4_000_000 : 20_000)
      const Key = `${name}/${n % 40}`
      const sum = createHash('sha256').update(Body).digest('hex')
      const done = await before.send(new PutObjectCommand({ Bucket, Key, Body })).then(
        () => true,
        () => false,
      )
      // An overwrite that was not acknowledged may be there or not: the object is not counted any more.
      if (done) acknowledged.set(Key, sum)
      else acknowledged.delete(Key)
    }
  }

  const writers = ['a', 'b', 'big'].map(writer)
  await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(60)
  const down = crashing.crash()
  crashed = true
  await Promise.all([down, ...writers])

  const { cloud, s3 } = await startS3(state)
  for (const [Key, sum] of acknowledged) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
    expect(createHash('sha256').update(bytes).digest('hex'), Key).toBe(sum)
  }
  const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket }))
  const files = (
    await readdir(join(state, 's3', 'objects'), { recursive: true, withFileTypes: true })
  ).filter(entry => entry.isFile())
  expect(files).toHaveLength(KeyCount ?? 0)
  await cloud.stop()
  await rm(state, { recursive: true, force: true })
})

test('a disk that takes no more refuses the object and keeps nothing of it', async () => {
  const state = await mkdtemp(join(tmpdir(), 'local-cloud-full-'))
  const failing = await startCrashableCloud(state, 's3/s3.ts#createS3', 2048)
  const s3 = s3Client(failing.client)
  const Bucket = 'clarity-raw-data'
  await s3.send(new CreateBucketCommand({ Bucket }))
  await s3.send(new PutObjectCommand({ Bucket, Key: 'fits', Body: 'x' }))
  await expect(
    s3.send(new PutObjectCommand({ Bucket, Key: 'too-big', Body: randomBytes(3_000_000) })),
  ).rejects.toMatchObject({ name: 'InternalError', $metadata: { httpStatusCode: 500 } })
  expect(await readdir(join(state, 's3', 'incoming'))).toEqual([])
  expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(1)
  await failing.crash()
  await rm(state, { recursive: true, force: true })
})
