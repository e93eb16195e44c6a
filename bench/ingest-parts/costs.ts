import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { DynamoDBDocumentClient, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { createPartition } from '../../backend/src/adapters/dynamodb/partition.ts'
import { createSampleStore } from '../../backend/src/adapters/dynamodb/sample-store.ts'
import { derivedUuid } from '../../backend/src/domain/derived-uuid.ts'
import { findMetric } from '../../backend/src/domain/metrics/catalogue.ts'
import { parseSample } from '../../backend/src/domain/parse-sample.ts'
import type { Sample, StoredSample } from '../../backend/src/domain/sample.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createS3 } from '../../local-cloud/src/services/s3/s3.ts'
import { createSqs } from '../../local-cloud/src/services/sqs/sqs.ts'
import { startTestCloud } from '../../local-cloud/src/testing.ts'
import { createResources } from '../../test/backend/resources.ts'
import { type Origin, WATCH_TYPES, watchSeries } from './watch-year.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const START = Date.parse('2025-11-20T00:00:00Z')
const UPLOAD = '3f0c6a52-4b1e-8f00-9c1d-0123456789ab'
/** Days of the comparison, whose figures are scaled: an item is an item. */
const COMPARED_DAYS = 4

/** What a table was asked, as DynamoDB itself counts it. */
interface Spent {
  requests: number
  units: number
}

/**
 * What a year of a watch costs in the table, through the local cloud, whose consumed capacity is counted by AWS's rules:
 * out of an export, from a client that sends a day at a time, from one that sends an hour at a time, and as one item a
 * sample in batches of 25.
 *
 * Where the units of a client's day go, of the 71 that would be 50 times fewer than its 3,561 samples: its random UUIDs are
 * 16 bytes each, 55.6 units, and no way of packing makes them fewer; the other columns take 12.4; that 15 metrics have an
 * item each rounds up by 10 with their keys; their summaries take 15, the revision 1. What comes out of an export has no
 * UUIDs, and is below. An hour at a time writes each day's chunks 24 times: the sums are of what grows.
 */
export async function benchCosts(print: (line: string) => void, days: number): Promise<void> {
  const cloud = await startTestCloud({ services: [createDynamodb, createS3, createSqs] })
  const counting = countedClient(new DynamoDBClient(cloud.client))
  const others = {
    s3: new S3Client({ ...cloud.client, forcePathStyle: true }),
    sqs: new SQSClient(cloud.client),
  }
  const { tableName } = await createResources({ dynamodb: counting.client, ...others }, 3)
  const store = createSampleStore({ client: counting.client, tableName, clock: { now: () => NOW } })
  const partition = createPartition({ client: counting.client, tableName })

  const rows: {
    name: string
    samples: number
    write: Spent
    read: Spent
    heartBytes: number
    seconds: number
  }[] = []
  for (const origin of ['export', 'client'] as const) {
    counting.take()
    const started = performance.now()
    let samples = 0
    for (const batch of batches(origin, days)) {
      await store.merge(origin, UPLOAD, batch)
      samples += batch.length
    }
    const seconds = (performance.now() - started) / 1000
    const write = counting.take()
    let heart = { bytes: 0, count: 0 }
    for await (const { data, count } of partition.items(origin, 'C#heart_rate#'))
      heart = { bytes: heart.bytes + (data as Uint8Array).length, count: heart.count + Number(count) }
    counting.take()
    await readNinety(store, origin)
    rows.push({
      name: origin,
      samples,
      write,
      read: counting.take(),
      heartBytes: heart.bytes / heart.count,
      seconds,
    })
  }

  counting.take()
  let sent = 0
  for (const batch of hours(COMPARED_DAYS)) {
    await store.merge('hours', UPLOAD, batch)
    sent += batch.length
  }
  const hourly = counting.take()

  let compared = 0
  for (const batch of batches('client', COMPARED_DAYS)) {
    compared += batch.length
    await putItems(counting.client, tableName, batch)
  }
  const put = counting.take()
  await queryItems(counting.client, tableName)
  const got = counting.take()
  const [own] = rows as [(typeof rows)[0]]
  const scale = own.samples / compared
  const single = { requests: put.requests * scale, units: put.units * scale }
  const singleRead = {
    requests: (got.requests * 90) / COMPARED_DAYS,
    units: (got.units * 90) / COMPARED_DAYS,
  }

  print(`${own.samples} samples of ${days} days; reads: 90 days of heart rate`)
  const line = (name: string, value: number, digits: number, unit: string): void =>
    print(`${name.padEnd(44)} ${value.toFixed(digits)} ${unit}`)
  const both = (name: string, write: Spent, read: Spent): void => {
    line(`${name}: write requests`, write.requests, 0, 'requests')
    line(`${name}: write units`, write.units, 0, 'units')
    line(`${name}: read requests`, read.requests, 0, 'requests')
    line(`${name}: read units`, read.units, 1, 'units')
  }
  for (const { name, write, read, heartBytes, seconds, samples } of rows) {
    const title = name === 'export' ? 'an export' : 'a client, a day at once'
    both(title, write, read)
    line(`${title}: a heart-rate sample`, heartBytes, 1, 'bytes')
    line(`${title}: fewer units than an item each`, single.units / write.units, 0, 'times')
    print(`${title}: ${Math.round(samples / seconds)} samples/s end to end, by the clock`)
  }
  line('a client, an hour at once: a sample', hourly.units / sent, 3, 'units')
  line('a client, an hour at once: fewer units', sent / hourly.units, 1, 'times')
  both(`an item a sample (from ${compared})`, single, singleRead)
  await cloud.dispose()
}

/** As a worker merges them: an export type after type, 10,000 at a time; a client's uploads a day at a time. */
function* batches(origin: Origin, days: number): Generator<StoredSample[]> {
  if (origin === 'client') {
    const series = WATCH_TYPES.map(type => watchSeries(type, START, days, origin))
    for (let day = 0; day < days; day++)
      yield series.flatMap(one => (one.next().value as Sample[]).map(sample => stored(sample, origin)))
    return
  }
  let batch: StoredSample[] = []
  for (const type of WATCH_TYPES)
    for (const day of watchSeries(type, START, days, origin)) {
      for (const sample of day) {
        batch.push(stored(sample, origin))
        if (batch.length < 10_000) continue
        yield batch
        batch = []
      }
    }
  yield batch
}

/** A client's days in uploads of an hour each. */
function* hours(days: number): Generator<StoredSample[]> {
  for (const day of batches('client', days))
    yield* Map.groupBy(day, ({ startMs }) => Math.floor(startMs / 3_600_000)).values()
}

function stored(sample: Sample, origin: Origin): StoredSample {
  if (origin === 'export') sample.uuid = derivedUuid(sample)
  const result = parseSample(sample, NOW)
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return { ...result.parsed, upload: UPLOAD }
}

async function readNinety(store: ReturnType<typeof createSampleStore>, userId: string): Promise<void> {
  const metric = findMetric('heart_rate')
  if (!metric) throw new Error('there is no heart rate')
  const query = { userId, metric, fromMs: START, toMs: START + 90 * 86_400_000, limit: 1_000_000 }
  const { samples } = await store.read(query)
  if (samples.length === 0) throw new Error('nothing was read')
}

/** One item a sample, as the mission's earlier backend might have done it right. */
async function putItems(client: DynamoDBClient, TableName: string, batch: StoredSample[]): Promise<void> {
  for (let at = 0; at < batch.length; at += 25) {
    const RequestItems = {
      [TableName]: batch.slice(at, at + 25).map(({ sample, metric, canonical }) => ({
        PutRequest: {
          Item: marshall({
            pk: 'U#single',
            sk: `M#${metric.name}#${sample.start}#${sample.uuid}`,
            ...sample,
            canonical,
          }),
        },
      })),
    }
    await client.send(new BatchWriteItemCommand({ RequestItems, ReturnConsumedCapacity: 'TOTAL' }))
  }
}

async function queryItems(client: DynamoDBClient, TableName: string): Promise<void> {
  const documents = DynamoDBDocumentClient.from(client)
  let ExclusiveStartKey: QueryCommandOutput['LastEvaluatedKey']
  do {
    const page: QueryCommandOutput = await documents.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': 'U#single', ':sk': 'M#heart_rate#' },
        ExclusiveStartKey,
      }),
    )
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey)
}

/** A client that asks each answer what it consumed. */
function countedClient(client: DynamoDBClient) {
  let spent: Spent = { requests: 0, units: 0 }
  client.middlewareStack.add(
    next => async args => {
      const input = { ...(args.input as object), ReturnConsumedCapacity: 'TOTAL' }
      const result = await next({ ...args, input } as typeof args)
      spent.requests++
      const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Units | Units[] }
      for (const { CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat()) spent.units += CapacityUnits
      return result
    },
    { step: 'initialize' },
  )
  return {
    client,
    take: (): Spent => {
      const taken = spent
      spent = { requests: 0, units: 0 }
      return taken
    },
  }
}

interface Units {
  CapacityUnits?: number
}
