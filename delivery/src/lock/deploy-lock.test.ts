import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { ENVIRONMENTS, namesOf } from '@clarity/environments'
import { createDynamodb } from '@clarity/local-cloud/services/dynamodb'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createLockTable, type LockTable } from '../aws/lock-table.ts'
import type { Event } from '../ui/events.ts'
import { createDeployLock, type DeployLock } from './deploy-lock.ts'
import type { Every } from './heartbeat.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { HeldLock, LockRequest } from './held-lock.ts'
import { withLock } from './with-lock.ts'

const environment = ENVIRONMENTS.local
let cloud: TestCloud
let table: LockTable
let lock: DeployLock
let time = Date.UTC(2026, 10, 24, 12)
let name: string
let count = 0

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  const dynamodb = new DynamoDBClient(cloud.client)
  const TableName = namesOf(environment).lockTable
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  )
  const status = async () => (await dynamodb.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus
  await vi.waitUntil(async () => (await status()) === 'ACTIVE', { interval: 5, timeout: 5000 })
  table = createLockTable(cloud.client, environment)
  lock = createDeployLock(table)
})
afterAll(() => cloud.dispose())
beforeEach(() => {
  cloud.faults.clear()
  name = `env-${++count}`
})

const request = (who: string, more: Partial<LockRequest> = {}): LockRequest => ({
  environment: name,
  who,
  host: `${who}-laptop`,
  commit: '0123456789ab',
  why: 'deploy',
  ttlSeconds: 60,
  now: () => time,
  ...more,
})
const pass = (seconds: number) => {
  time += seconds * 1000
}
async function hold(who: string): Promise<HeldLock> {
  const result = await lock.acquire(request(who))
  if (result.kind !== 'held') throw new Error(`locked by ${result.holder.who}`)
  return result.lock
}

test('of contenders that race exactly one gets it, and the others are told who', async () => {
  const names = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal']
  const results = await Promise.all(names.map(who => lock.acquire(request(who))))
  const winners = names.filter((_, at) => results[at]?.kind === 'held')
  expect(winners).toHaveLength(1)
  for (const result of results)
    if (result.kind === 'locked')
      expect(result.holder).toMatchObject({
        who: winners[0],
        host: `${winners[0]}-laptop`,
        commit: '0123456789ab',
        why: 'deploy',
        since: new Date(time),
        expires: new Date(time + 60_000),
      })
})

test('frees it in order; the next has a larger version and took nothing over', async () => {
  const first = await hold('ada')
  await first.release()
  expect(await lock.holder(name)).toBeUndefined()
  const second = await hold('bob')
  expect(second.version).toBe(first.version + 1)
  expect(second.tookOver).toBeUndefined()
})

test('of many that find a holder silent one takes over, knows from whom, and fences it', async () => {
  const stale = await hold('ada')
  pass(59)
  expect((await lock.acquire(request('bob'))).kind).toBe('locked')
  pass(1)
  const results = await Promise.all(['bob', 'cyd', 'dan'].map(who => lock.acquire(request(who))))
  const [taken] = results.flatMap(result => (result.kind === 'held' ? [result.lock] : []))
  expect(results.filter(result => result.kind === 'held')).toHaveLength(1)
  expect(taken).toMatchObject({ version: stale.version + 1, tookOver: { who: 'ada', why: 'deploy' } })

  expect(await stale.renew()).toBe(false)
  await expect(stale.assertHeld()).rejects.toMatchObject({
    code: 'lock_lost',
    exitCode: 7,
    message: expect.stringMatching(/held for the deploy of 0123456789ab by (bob|cyd|dan)/),
  })
  await stale.release()
  await taken?.assertHeld()
})

test('a holder that renews keeps it beyond its first lease', async () => {
  const mine = await hold('ada')
  for (let beat = 0; beat < 5; beat++) {
    pass(40)
    expect(await mine.renew()).toBe(true)
  }
  expect((await lock.acquire(request('bob'))).kind).toBe('locked')
})

test('a renewal between reading and taking over wins', async () => {
  const mine = await hold('ada')
  pass(61)
  const seen = await table.read(name)
  expect(await mine.renew()).toBe(true)
  const item = { ...seen, who: 'bob', token: 'other', version: 2 } as NonNullable<typeof seen>
  expect(await table.swap(item, seen)).toBe(false)
  await mine.assertHeld()
})

test('an answer that got lost does not lock a command out by itself', async () => {
  let lost = false
  const lossy: LockTable = {
    ...table,
    swap: async (item, seen) => {
      const done = await table.swap(item, seen)
      if (lost) return done
      // the write happened, its answer did not arrive, and the SDK's second attempt met the first one's item
      lost = true
      return false
    },
  }
  const result = await createDeployLock(lossy).acquire(request('ada'))
  expect(result.kind).toBe('held')
  expect(lost).toBe(true)
})

test('throttling is waited out', async () => {
  const patient = createDeployLock(
    createLockTable({ ...cloud.client, ...{ maxAttempts: undefined } }, environment),
  )
  cloud.faults.add({ service: 'dynamodb', kind: 'error', code: 'ThrottlingException', times: 3 })
  expect((await patient.acquire(request('ada'))).kind).toBe('held')
})

test('the heartbeat renews, survives a lost renewal, and says once when another has the lock', async () => {
  let beat = () => {}
  let stopped = false
  const every: Every = (ms, run) => {
    expect(ms).toBe(20_000)
    beat = run
    return () => {
      stopped = true
    }
  }
  const mine = await hold('ada')
  let lostCalls = 0
  const stop = startHeartbeat(mine, { ttlSeconds: 60, every, onLost: () => lostCalls++ })
  pass(20)
  cloud.faults.add({ service: 'dynamodb', kind: 'error', code: 'ValidationException', times: 1 })
  beat()
  await stop()
  expect(mine.leaseUntil()).toBe(time + 40_000)

  stopped = false
  const stopAgain = startHeartbeat(mine, { ttlSeconds: 60, every, onLost: () => lostCalls++ })
  beat()
  await expect.poll(() => mine.leaseUntil()).toBe(time + 60_000)
  await lock.free(name, { who: 'eve', host: 'desk', at: time })
  beat()
  await expect.poll(() => lostCalls).toBe(1)
  expect(stopped).toBe(true)
  await stopAgain()
})

test('force frees it, leaves one audit line, and the holder notices', async () => {
  const mine = await hold('ada')
  expect(await lock.free(name, { who: 'eve', host: 'desk', at: time })).toMatchObject({ who: 'ada' })
  expect(await lock.free(name, { who: 'eve', host: 'desk', at: time })).toBeUndefined()
  await expect(mine.assertHeld()).rejects.toMatchObject({ code: 'lock_lost' })
  const { Items = [] } = await new DynamoDBClient(cloud.client).send(
    new ScanCommand({ TableName: namesOf(environment).lockTable }),
  )
  const lines = Items.filter(item => item.pk?.S?.startsWith(`audit/${name}/`))
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ who: { S: 'eve' }, held_by: { S: 'ada on ada-laptop' } })
  expect((await hold('bob')).version).toBe(mine.version + 1)
})

test('withLock refuses with exit code 4, waits when told to, and frees however the work ends', async () => {
  const events: Event[] = []
  const options = {
    lock,
    request: request('bob', { now: Date.now }),
    emit: (event: Event) => void events.push(event),
    signal: new AbortController().signal,
    pollMs: 5,
  }
  time = Date.now()
  const other = await hold('ada')
  await expect(withLock({ ...options, waitSeconds: 0 }, async () => 'done')).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('by ada on ada-laptop'),
    fix: expect.stringContaining('--wait'),
  })
  const waiting = withLock({ ...options, waitSeconds: 30 }, async held => held.version)
  await expect.poll(() => events.length).toBe(1)
  expect(events[0]).toMatchObject({ message: expect.stringContaining('waiting for the deploy') })
  await other.release()
  expect(await waiting).toBe(other.version + 1)

  const failing = withLock({ ...options, waitSeconds: 0 }, () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  expect(await lock.holder(name)).toBeUndefined()
})

test('says what to do where the table is missing', async () => {
  const missing = createDeployLock(createLockTable(cloud.client, ENVIRONMENTS.dev))
  await expect(missing.acquire(request('ada'))).rejects.toMatchObject({
    code: 'infra_missing',
    fix: 'deploy the stacks first: clarity infra deploy dev',
  })
})
