import {
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCloud } from '../../testing.ts'
import { startS3 } from './testing.ts'

let cloud: TestCloud
let s3: S3Client
let Bucket: string
const KEYS = ['a', 'b/1', 'b/2', 'b/c/3', 'b0', 'd/4', 'e f', 'z\u{1f600}', 'z\uffff']
beforeAll(async () => {
  const started = await startS3()
  cloud = started.cloud
  s3 = started.s3
  Bucket = started.Bucket
  for (const Key of KEYS) await cloud.invoke('s3', 'PutObject', { Bucket, Key, Body: Key }, 'test')
})
afterAll(() => cloud.dispose())

async function pages(input: Partial<ListObjectsV2CommandInput>) {
  const names: (string | undefined)[] = []
  let count = 0
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket, ...input })) {
    count++
    expect(page.KeyCount).toBeLessThanOrEqual(input.MaxKeys ?? 1000)
    names.push(...(page.CommonPrefixes ?? []).map(prefix => prefix.Prefix))
    names.push(...(page.Contents ?? []).map(object => object.Key))
  }
  return { names: names.sort(), count }
}

test('lists in the order of UTF-8 bytes', async () => {
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }))
  const ordered = [...KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  expect(Contents?.map(object => object.Key)).toEqual(ordered)
  expect(Contents?.[0]).toMatchObject({ Size: 1, StorageClass: 'STANDARD', LastModified: expect.any(Date) })
})

test.each([1, 2, 3, 100])(
  'pages of %i, with prefix and delimiter, miss and double nothing',
  async MaxKeys => {
    expect((await pages({ MaxKeys })).names).toEqual([...KEYS].sort())
    const folders = await pages({ MaxKeys, Delimiter: '/' })
    expect(folders.names).toEqual(['a', 'b/', 'b0', 'd/', 'e f', 'z\u{1f600}', 'z\uffff'])
    expect((await pages({ MaxKeys, Delimiter: '/', Prefix: 'b/' })).names).toEqual(['b/1', 'b/2', 'b/c/'])
    expect((await pages({ MaxKeys, StartAfter: 'b/2' })).names).toEqual([...KEYS].sort().slice(3))
    expect((await pages({ MaxKeys, Prefix: 'none' })).names).toEqual([])
  },
)

test('encodes names as URLs when asked', async () => {
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'e', EncodingType: 'url' }))
  expect(Contents?.[0]?.Key).toBe('e+f')
})

test('the older listing goes on from NextMarker', async () => {
  const first = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 2 }))
  expect([first.Contents?.[0]?.Key, first.CommonPrefixes?.[0]?.Prefix, first.NextMarker]).toEqual([
    'a',
    'b/',
    'b/',
  ])
  const second = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: first.NextMarker }))
  expect(second.Contents?.[0]?.Key).toBe('b0')
  expect(second.IsTruncated).toBe(false)
})

test('refuses a token that it did not give', async () => {
  await expect(
    s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'made up' })),
  ).rejects.toMatchObject({ name: 'InvalidArgument' })
})
