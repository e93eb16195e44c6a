import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { ENVIRONMENTS, namesOf } from '@clarity/environments'
import { createS3 } from '@clarity/local-cloud/services/s3'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readChain, recordEvidence } from './chain.ts'
import type { EvidenceEntry } from './document.ts'
import { documentsOf, keyOf, verifyChain } from './verify-chain.ts'

const environment = ENVIRONMENTS.dev
const Bucket = namesOf(environment).evidenceBucket
let cloud: TestCloud
let s3: S3Client

beforeEach(async () => {
  cloud = await startTestCloud({ services: [createS3] })
  s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
  await s3.send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: environment.data.evidenceRetentionDays } },
      },
    }),
  )
})
afterEach(() => cloud.dispose())

const world = () => ({ environment, access: cloud.client })
const entry = (release: string): EvidenceEntry => ({
  kind: 'deployment',
  release,
  digest: 'sha256:aa',
  who: 'ada',
  host: 'desk',
  startedAt: '2026-11-24T12:00:00.000Z',
  endedAt: '2026-11-24T12:01:00.000Z',
  verdict: 'succeeded',
  exitCode: 0,
  stages: [],
  suites: [],
  deployments: [],
})

test('ten writers at once make one chain of ten, each locked against deletion', {
  timeout: 60_000,
}, async () => {
  const names = Array.from({ length: 10 }, (_, at) => `r${at}`)
  const written = await Promise.all(names.map(name => recordEvidence(world(), entry(name))))
  expect(written.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(names.map((_, at) => at + 1))
  const links = await readChain(world())
  expect(verifyChain(links)).toMatchObject({ kind: 'intact', links: 10 })
  expect(
    documentsOf(links)
      .map(({ release }) => release)
      .sort(),
  ).toEqual(names)
  expect(documentsOf(await readChain(world(), 3)).map(({ sequence }) => sequence)).toEqual([8, 9, 10])

  const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: keyOf(1) }))
  const first = { Bucket, Key: keyOf(1), VersionId: Versions?.[0]?.VersionId }
  const { Retention } = await s3.send(new GetObjectRetentionCommand(first))
  expect(Retention).toMatchObject({ Mode: 'GOVERNANCE' })
  await expect(s3.send(new DeleteObjectCommand(first))).rejects.toMatchObject({ name: 'AccessDenied' })
})

test('what is written over or hidden is told, and its first version is still read', async () => {
  for (const release of ['r1', 'r2', 'r3']) await recordEvidence(world(), entry(release))
  await s3.send(new PutObjectCommand({ Bucket, Key: keyOf(2), Body: '{"who":"eve"}' }))
  expect(verifyChain(await readChain(world()))).toMatchObject({ kind: 'broken', sequence: 2, how: 'changed' })
  await s3.send(new DeleteObjectCommand({ Bucket, Key: keyOf(1) }))
  const links = await readChain(world())
  expect(verifyChain(links)).toMatchObject({ kind: 'broken', sequence: 1, how: 'missing' })
  expect(documentsOf(links).map(({ release }) => release)).toEqual(['r1', 'r2', 'r3'])
})

test('a write that S3 puts off for a moment makes one link', async () => {
  await recordEvidence(world(), entry('r1'))
  cloud.faults.add({ service: 's3', operation: 'PutObject', kind: 'error', code: 'SlowDown', times: 1 })
  await recordEvidence(world(), entry('r2'))
  expect(verifyChain(await readChain(world()))).toMatchObject({ kind: 'intact', links: 2 })
})

test('without a bucket it is named, and nothing is added to an end that was destroyed', async () => {
  const missing = { ...world(), environment: ENVIRONMENTS.staging }
  await expect(recordEvidence(missing, entry('r1'))).rejects.toMatchObject({ code: 'infra_missing' })
  await s3.send(new PutObjectCommand({ Bucket, Key: keyOf(1), Body: 'not ours' }))
  await expect(recordEvidence(world(), entry('r1'))).rejects.toMatchObject({ code: 'evidence_broken' })
})
