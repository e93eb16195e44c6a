import { randomUUID } from 'node:crypto'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSampleStore } from '../../backend/src/adapters/dynamodb/sample-store.ts'
import { createOriginals } from '../../backend/src/adapters/s3/originals.ts'
import { findMetric } from '../../backend/src/domain/metrics/catalogue.ts'
import type { Metric } from '../../backend/src/domain/metrics/metric.ts'
import { parseSample } from '../../backend/src/domain/parse-sample.ts'
import type { Sample, StoredSample } from '../../backend/src/domain/sample.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { startTestCloud, type TestCloud } from '../../local-cloud/src/testing.ts'
import { createTable } from './resources.ts'

let cloud: TestCloud
let client: DynamoDBClient
const clock = { now: () => Date.parse('2026-11-24T12:00:00Z') }
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  client = new DynamoDBClient(cloud.client)
  await createTable(client, 'data')
})
afterAll(() => cloud.dispose())

/** These samples come without envelopes, so that their chunks hold their UUIDs. */
const NOWHERE = createOriginals({ raw: { get: () => Promise.reject(new Error('there is no bucket')) } })
const HEART_RATE = findMetric('heart_rate') as Metric
const store = (through = client) =>
  createSampleStore({ client: through, tableName: 'data', clock, originals: NOWHERE })

function heart(second: number, upload: string, more: Partial<Sample> = {}): StoredSample {
  const at = new Date(Date.parse('2026-03-01T00:00:00Z') + second * 1000).toISOString()
  const result = parseSample(
    {
      uuid: randomUUID(),
      type: 'heart_rate',
      value: 60 + (second % 40),
      unit: 'bpm',
      start: at,
      end: at,
      source: { name: 'Watch' },
      ...more,
    },
    clock.now(),
  )
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return { ...result.parsed, upload }
}

async function all(userId: string, limit = 10_000): Promise<Sample[]> {
  const { samples } = await store().read({
    userId,
    metric: HEART_RATE,
    fromMs: 0,
    toMs: clock.now(),
    limit,
  })
  return samples
}

/** What lies in the table for a user, by sort key. */
async function items(userId: string) {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'data', ConsistentRead: true }))
  return Items.filter(item => item.pk?.S === `U#${userId}`)
}

test('writers that come between each other lose nothing and double nothing', async () => {
  const user = randomUUID()
  const samples = Array.from({ length: 120 }, (_, i) => heart(i, 'a'))
  const writes = Array.from({ length: 6 }, (_, i) =>
    store().merge(user, 'a', samples.slice(i * 15, i * 15 + 45)),
  )
  await Promise.all(writes)
  expect(await all(user)).toEqual(samples.map(({ sample }) => sample))
  expect(await store().daily(user, 'heart_rate', '2026-03-01', '2026-03-01')).toMatchObject([{ count: 120 }])
})

test('a day that outgrows a chunk goes on in further ones, and reads as one', async () => {
  const user = randomUUID()
  // Notes that do not compress fill a chunk with few samples.
  const noise = () => ({ note: Array.from({ length: 40 }, () => randomUUID()).join('') })
  const samples = Array.from({ length: 900 }, (_, i) => heart(i * 7, 'a', { metadata: noise() }))
  await store().merge(user, 'a', samples.slice(300))
  await store().merge(
    user,
    'b',
    samples.slice(0, 400).map(sample => ({ ...sample, upload: 'b' })),
  )
  const chunks = (await items(user)).filter(item => item.sk?.S?.startsWith('C#'))
  expect(chunks.length).toBeGreaterThan(1)
  for (const { data } of chunks) expect(data?.B?.length).toBeLessThanOrEqual(300 * 1024)
  expect(await all(user)).toEqual(samples.map(({ sample }) => sample))
  expect(await store().merge(user, 'b', samples)).toEqual([
    { metric: 'heart_rate', day: '2026-03-01', brought: 300 },
  ])
  expect(await store().daily(user, 'heart_rate', '2026-03-01', '2026-03-01')).toMatchObject([{ count: 900 }])
}, 60_000)

test('a crash after any request leaves what a repetition completes', async () => {
  const user = randomUUID()
  const samples = Array.from({ length: 30 }, (_, i) => heart(i * 20_000, 'a'))
  const dying = new DynamoDBClient(cloud.client)
  let left = 0
  dying.middlewareStack.add(
    next => async args => {
      if (left-- <= 0) throw new Error('killed')
      return next(args)
    },
    { step: 'finalizeRequest' },
  )
  for (let requests = 0; ; requests++) {
    left = requests
    const done = await store(dying)
      .merge(user, 'a', samples)
      .catch(() => undefined)
    if (!done) continue
    expect(done.reduce((sum, { brought }) => sum + brought, 0)).toBe(30)
    break
  }
  expect(await all(user)).toEqual(samples.map(({ sample }) => sample))
  const days = await store().daily(user, 'heart_rate', '2026-03-01', '2026-03-31')
  expect(days.reduce((sum, { count }) => sum + count, 0)).toBe(30)
})

test('a summary from older chunks never replaces a newer one', async () => {
  const user = randomUUID()
  const early = heart(1, 'a')
  await store().merge(user, 'a', [early])
  await store().merge(user, 'b', [heart(2, 'b'), heart(3, 'b')])
  await store().merge(user, 'a', [early])
  expect(await store().daily(user, 'heart_rate', '2026-03-01', '2026-03-01')).toMatchObject([{ count: 3 }])
})

test('pages stop at the limit and go on where they stopped', async () => {
  const user = randomUUID()
  const samples = Array.from({ length: 25 }, (_, i) => heart(i * 10_000, 'a'))
  await store().merge(user, 'a', samples)
  const query = { userId: user, metric: HEART_RATE, fromMs: 0, toMs: clock.now(), limit: 10 }
  const first = await store().read(query)
  expect(first.samples).toHaveLength(10)
  const second = await store().read({ ...query, after: first.next })
  const third = await store().read({ ...query, after: second.next })
  expect(third.next).toBeUndefined()
  expect([first, second, third].flatMap(page => page.samples)).toEqual(samples.map(({ sample }) => sample))
})
