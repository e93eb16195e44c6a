import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLaptop, type Laptop } from './support/laptop.ts'

/** A failure on purpose and its evidence, as a user sees them. */
let laptop: Laptop
beforeAll(async () => {
  laptop = await createLaptop()
}, 60_000)
afterAll(() => laptop.dispose(), 60_000)

test('a drill fails under traffic, comes back in time, and leaves evidence that cannot be changed unseen', {
  timeout: 240_000,
}, async () => {
  const up = await laptop.clarity('up', '--no-demo')
  expect(up.last, await laptop.cloudLog()).toMatchObject({ type: 'result' })
  const { release } = up.last.data

  const refused = await laptop.clarity('drill', 'prod')
  expect(refused).toMatchObject({ exitCode: 2, last: { fix: expect.stringContaining('--yes-production') } })

  const drill = await laptop.clarity('drill', 'local')
  expect(drill.last, await laptop.cloudLog()).toMatchObject({ data: { passed: true, faults: [], release } })
  const { clocks, traffic, seconds } = drill.last.data
  expect(drill.exitCode).toBe(0)
  expect(clocks.detected).toBeLessThanOrEqual(clocks.commanded)
  expect(clocks.commanded).toBeLessThanOrEqual(clocks.weights)
  expect(seconds).toBeLessThan(120)
  expect(traffic.byRelease[`${release}-drill`]).toBeGreaterThanOrEqual(traffic.failed)
  const answer = await fetch(`${laptop.baseUrl}/health`)
  expect([answer.status, answer.headers.get('x-clarity-release')]).toEqual([200, release])

  const verified = await laptop.clarity('history', 'local', '--verify')
  expect(verified).toMatchObject({
    exitCode: 0,
    last: { data: { check: { kind: 'intact', links: 2 }, withoutEvidence: [] } },
  })
  const [api] = (await laptop.clarity('history', 'local')).last.data.services
  expect(api.entries).toMatchObject([
    { release: `${release}-drill`, result: 'neither', evidence: 2 },
    { release, result: 'succeeded', evidence: 1 },
  ])
  expect(api.rate).toMatchObject({ rate: 1 })

  const { s3, Bucket } = await evidence()
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'evidence/' }))
  const first = Versions.find(({ Key }) => Key?.endsWith('1.json'))
  const text = await (
    await s3.send(new GetObjectCommand({ Bucket, Key: first?.Key }))
  ).Body?.transformToString()
  expect(JSON.parse(text ?? '')).toMatchObject({
    kind: 'deployment',
    release,
    verdict: 'succeeded',
    exitCode: 0,
  })
  await s3.send(new PutObjectCommand({ Bucket, Key: first?.Key, Body: text?.replace('succeeded', 'failed') }))
  expect(await laptop.clarity('history', 'local', '--verify')).toMatchObject({
    exitCode: 1,
    last: { data: { check: { kind: 'broken', sequence: 1, how: 'changed' } } },
  })
})

async function evidence() {
  const { endpoint, ...credentials } = JSON.parse(
    await readFile(join(laptop.state, 'cloud', 'connection.json'), 'utf8'),
  )
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  return { s3, Bucket: 'clarity-deploy-evidence-124355672559' }
}
