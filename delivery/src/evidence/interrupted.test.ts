import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { ENVIRONMENTS, namesOf } from '@clarity/environments'
import { createS3 } from '@clarity/local-cloud/services/s3'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ecs } from '../aws/ecs.ts'
import type { Event } from '../ui/events.ts'
import { readChain, recordEvidence } from './chain.ts'
import { recordInterrupted } from './interrupted.ts'
import { GOOD } from './testing.ts'
import { documentsOf } from './verify-chain.ts'

const environment = ENVIRONMENTS.dev
const { cluster, apiService, workerService, evidenceBucket: Bucket } = namesOf(environment)
const SINCE = new Date('2026-11-24T12:00:00Z')
const arnOf = (service: string, id: string) =>
  `arn:aws:ecs:us-east-1:124355672559:service-deployment/${cluster}/${service}/${id}`
const holder = {
  who: 'ada',
  host: 'desk',
  commit: '0123456789ab',
  why: 'promote from dev',
  since: SINCE,
  expires: SINCE,
  version: 3,
}
let cloud: TestCloud

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createS3] })
  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket }))
})
afterAll(() => cloud.dispose())

/** An ECS in which each service has had one deployment before the interrupted command and one by it. */
const ecs = {
  service: async () => ({}),
  deployments: async (_: string, service: string) =>
    [1, -600].map(seconds => ({
      serviceDeploymentArn: arnOf(service, seconds > 0 ? 'begun' : 'before'),
      targetServiceRevisionArn: 'revision',
      createdAt: new Date(SINCE.getTime() + seconds * 1000),
      status: 'IN_PROGRESS',
    })),
  revisions: async () => [
    {
      serviceRevisionArn: 'revision',
      taskDefinition: 'definition',
      containerImages: [{ imageDigest: 'sha256:aa' }],
    },
  ],
  taskDefinition: async () => ({
    containerDefinitions: [{ environment: [{ name: 'RELEASE', value: '0123456789ab-01234567' }] }],
  }),
  deployment: async (arn: string) =>
    arn.includes(workerService)
      ? { serviceDeploymentArn: arn, status: 'SUCCESSFUL' }
      : { serviceDeploymentArn: arn, status: 'IN_PROGRESS', lifecycleStage: 'BAKE_TIME' },
} as unknown as Ecs

async function interrupted(of: Ecs): Promise<Event[]> {
  const events: Event[] = []
  const world = {
    environment,
    access: cloud.client,
    ecs: of,
    emit: (event: Event) => void events.push(event),
    identity: { who: 'eve', host: 'pager' },
  }
  await recordInterrupted(world, holder)
  return events
}

const chain = async () => documentsOf(await readChain({ environment, access: cloud.client }))

test('names who was interrupted, what they had begun and who found it, once', async () => {
  const before = { ...GOOD, deployments: [arnOf(apiService, 'before')] }
  await recordEvidence({ environment, access: cloud.client }, before)
  await interrupted(ecs)
  const [, document] = await chain()
  expect(document).toMatchObject({
    kind: 'deployment',
    who: 'ada',
    host: 'desk',
    release: '0123456789ab-01234567',
    commit: '0123456789ab',
    digest: 'sha256:aa',
    verdict: 'interrupted',
    startedAt: SINCE.toISOString(),
    deployments: [arnOf(apiService, 'begun'), arnOf(workerService, 'begun')],
    reason: expect.stringMatching(/^its command did not end in order; found by eve on pager: .*BAKE_TIME/),
  })
  // what has evidence now is not told again
  await interrupted(ecs)
  expect(await chain()).toHaveLength(2)
})

test('an ECS that does not answer keeps no release from going on, and is told', async () => {
  const events = await interrupted({ ...ecs, service: () => Promise.reject(new Error('slow down')) })
  expect(events).toMatchObject([{ type: 'note', message: expect.stringMatching(/no evidence .*slow down/) }])
})
