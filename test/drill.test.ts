import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EvidenceDocument } from '../delivery/src/evidence/document.ts'
import { keyOf } from '../delivery/src/evidence/verify-chain.ts'
import type { CliEvent, Laptop } from './support/laptop.ts'
import { servingLaptop } from './support/serving-laptop.ts'

/** A failure on purpose and its evidence, as a user sees them. */
let laptop: Laptop
let release: string
beforeAll(async () => {
  const served = await servingLaptop({ CLARITY_APPROVAL: 'true' })
  laptop = served
  release = served.release
}, 180_000)
afterAll(() => laptop.dispose(), 60_000)

const waits = ({ step, message = '' }: CliEvent) =>
  step === 'release.api' && /waits for a person/.test(message)

test('a drill that is rejected was not held, and one whose command is gone is let into production by nobody', {
  timeout: 120_000,
}, async () => {
  const rejected = laptop.start('drill', 'local')
  const pause = await rejected.until(waits)
  expect(pause.message).toContain(`clarity approve local --release ${release}-drill`)
  const [reject, notHeld] = await Promise.all([laptop.clarity('reject', 'local'), rejected.end])
  expect(reject.exitCode, reject.last.message).toBe(0)
  expect(notHeld, notHeld.last.message).toMatchObject({
    exitCode: 6,
    last: { code: 'drill_not_held', message: expect.stringMatching(/rejected by/) },
  })

  const killed = laptop.start('drill', 'local')
  await killed.until(waits)
  killed.kill('SIGKILL')
  await killed.end
  await laptop.clarity('unlock', 'local', '--force')
  expect(await laptop.clarity('approve', 'local')).toMatchObject({
    exitCode: 1,
    last: { code: 'drill_gone' },
  })
  const attached = await laptop.clarity('deploy', 'local', '--attach')
  expect(attached, attached.last.message).toMatchObject({ exitCode: 6, last: { code: 'rolled_back' } })
  expect(await answer()).toEqual([200, release])
  const { data } = (await laptop.clarity('history', 'local', '--verify')).last
  expect(data).toMatchObject({ check: { kind: 'intact', links: 5 }, withoutEvidence: [] })
  const links = [await evidenceOf(2), await evidenceOf(3)]
  expect(links).toContainEqual(expect.objectContaining({ kind: 'drill', verdict: 'not-held', exitCode: 6 }))
  expect(await evidenceOf(4)).toMatchObject({
    kind: 'drill',
    verdict: 'interrupted',
    release: `${release}-drill`,
    reason: expect.stringMatching(/its lock was taken away; found by .* PRE_PRODUCTION_TRAFFIC_SHIFT/),
  })
})

test('a drill waits for approval, fails under traffic, comes back in time, and its evidence cannot be changed unseen', {
  timeout: 240_000,
}, async () => {
  const running = laptop.start('drill', 'local')
  await running.until(waits)
  expect(await laptop.clarity('approve', 'local')).toMatchObject({
    exitCode: 5,
    last: { code: 'drill_waits', fix: expect.stringContaining(`--release ${release}-drill`) },
  })
  const approve = laptop.clarity('approve', 'local', '--release', `${release}-drill`)
  const [approved, drill] = await Promise.all([approve, running.end])
  expect(approved, approved.last.message).toMatchObject({
    exitCode: 0,
    last: { text: expect.stringMatching(/going back is what a drill is for/) },
  })
  expect(drill.last, await laptop.cloudLog()).toMatchObject({ data: { passed: true, faults: [], release } })
  const { clocks, traffic, seconds } = drill.last.data
  expect(drill.exitCode).toBe(0)
  expect(clocks.detected).toBeLessThanOrEqual(clocks.commanded)
  expect(clocks.commanded).toBeLessThanOrEqual(clocks.weights)
  expect(seconds).toBeLessThan(120)
  expect(traffic.byRelease[`${release}-drill`]).toBeGreaterThanOrEqual(traffic.failed)
  expect(await answer()).toEqual([200, release])

  const verified = await laptop.clarity('history', 'local', '--verify')
  expect(verified).toMatchObject({
    exitCode: 0,
    last: { data: { check: { kind: 'intact', links: 7 }, withoutEvidence: [] } },
  })
  const [api] = (await laptop.clarity('history', 'local')).last.data.services
  expect(api.entries).toMatchObject([
    { release: `${release}-drill`, result: 'neither' },
    { release: `${release}-drill`, result: 'neither' },
    { release: `${release}-drill`, result: 'neither' },
    { release, result: 'succeeded', evidence: 1 },
  ])
  expect(api.rate).toMatchObject({ rate: 1 })

  const links = [await evidenceOf(6), await evidenceOf(7)]
  expect(links).toContainEqual(
    expect.objectContaining({ kind: 'approval', verdict: 'approved', exitCode: 0 }),
  )
  const [held] = links.filter(({ kind }) => kind === 'drill')
  expect(held).toMatchObject({ verdict: 'passed', approval: { by: expect.stringMatching(/ on /) } })
  expect(await evidenceOf(1)).toMatchObject({
    kind: 'deployment',
    release,
    verdict: 'succeeded',
    exitCode: 0,
  })
  const { s3, Bucket } = await evidence()
  const Body = JSON.stringify(await evidenceOf(1)).replace('succeeded', 'failed')
  await s3.send(new PutObjectCommand({ Bucket, Key: keyOf(1), Body }))
  expect(await laptop.clarity('history', 'local', '--verify')).toMatchObject({
    exitCode: 1,
    last: { data: { check: { kind: 'broken', sequence: 1, how: 'changed' } } },
  })
})

async function answer(): Promise<[number, string | null]> {
  const { status, headers } = await fetch(`${laptop.baseUrl}/health`)
  return [status, headers.get('x-clarity-release')]
}

async function evidenceOf(sequence: number): Promise<EvidenceDocument> {
  const { s3, Bucket } = await evidence()
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: keyOf(sequence) }))
  return JSON.parse((await Body?.transformToString()) ?? '')
}

async function evidence() {
  const { endpoint, ...credentials } = JSON.parse(
    await readFile(join(laptop.state, 'cloud', 'connection.json'), 'utf8'),
  )
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  return { s3, Bucket: 'clarity-deploy-evidence-124355672559' }
}
