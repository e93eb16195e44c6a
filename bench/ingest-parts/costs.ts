import { createHash } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createPartition } from '../../backend/src/adapters/dynamodb/partition.ts'
import { createSampleStore } from '../../backend/src/adapters/dynamodb/sample-store.ts'
import { createOriginals } from '../../backend/src/adapters/s3/originals.ts'
import { createRawStore } from '../../backend/src/adapters/s3/raw-store.ts'
import { findMetric } from '../../backend/src/domain/metrics/catalogue.ts'
import type { Sample } from '../../backend/src/domain/sample.ts'
import { envelopeKey, uploadId } from '../../backend/src/domain/upload.ts'
import { processUpload } from '../../backend/src/worker/process-upload.ts'
import { createTally } from '../../backend/src/worker/tally.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createS3 } from '../../local-cloud/src/services/s3/s3.ts'
import { createSqs } from '../../local-cloud/src/services/sqs/sqs.ts'
import { startTestCloud } from '../../local-cloud/src/testing.ts'
import { createResources } from '../../test/backend/resources.ts'
import { count, type Spent } from './counted.ts'
import { putItems, queryItems } from './single-items.ts'
import { clientUploads, exportBatches, type Sending } from './uploads.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const START = Date.parse('2025-11-20T00:00:00Z')
const UPLOAD = '3f0c6a52-4b1e-8f00-9c1d-0123456789ab'
/** Days of the comparisons. */
const COMPARED_DAYS = 4
const [EXPORT, BY_DAY, BY_HOUR] = ['an export', 'a client, a day at once', 'a client, an hour at once']

/**
 * What a year of a watch costs in the table and the bucket, through the local cloud, whose consumed capacity is counted
 * by AWS's rules: out of an export, from a client that sends by the day, four times a day and by the hour, and as one item
 * a sample in batches of 25. A client's uploads are stored as the API stores them and worked off as the worker does; the
 * envelope that this puts and gets is needed in every way, and is counted in every one.
 */
export async function benchCosts(print: (line: string) => void, days: number): Promise<void> {
  const cloud = await startTestCloud({ services: [createDynamodb, createS3, createSqs] })
  const clients = {
    dynamodb: new DynamoDBClient(cloud.client),
    s3: new S3Client({ ...cloud.client, forcePathStyle: true }),
    sqs: new SQSClient(cloud.client),
  }
  const { tableName, bucket } = await createResources(clients, 3)
  const spent = count(clients)
  const raw = createRawStore({ client: clients.s3, bucket })
  const inTable = { client: clients.dynamodb, tableName, clock: { now: () => NOW } }
  const newStore = () => createSampleStore({ ...inTable, originals: createOriginals({ raw }) })
  const partition = createPartition(inTable)

  async function send(userId: string, samples: Sample[]): Promise<void> {
    const body = JSON.stringify(samples)
    const contentHash = createHash('sha256').update(body).digest('hex')
    const key = envelopeKey(userId, contentHash)
    const received_at = new Date(NOW).toISOString()
    const envelope = JSON.stringify({ user_id: userId, received_at, samples })
    await raw.putOnce(key, Buffer.from(envelope), 'application/json')
    const pointer = { version: 1, kind: 'samples', user_id: userId, key, received_at } as const
    const deps = { raw, samples: newStore(), uploads: { advanced: async () => {} } }
    await processUpload(deps, {}, { ...pointer, upload_id: uploadId(userId, contentHash) }, createTally())
  }

  async function ofClient(name: string, sentDays: number, sending: Sending) {
    spent()
    const started = performance.now()
    let samples = 0
    for (const upload of clientUploads(START, sentDays, sending)) {
      await send(name, upload)
      samples += upload.length
    }
    const seconds = (performance.now() - started) / 1000
    return { name, samples, write: spent(), seconds, days: sentDays }
  }

  async function ofExport() {
    spent()
    const started = performance.now()
    const store = newStore()
    let samples = 0
    for (const batch of exportBatches(START, days, UPLOAD, NOW)) {
      await store.merge(EXPORT, UPLOAD, batch)
      samples += batch.length
    }
    const seconds = (performance.now() - started) / 1000
    return { name: EXPORT, samples, write: spent(), seconds, days }
  }

  const ways = [
    await ofExport(),
    await ofClient(BY_DAY, days, { uploadsADay: 1, order: 'by metric' }),
    await ofClient('the same, sorted by time', COMPARED_DAYS, { uploadsADay: 1, order: 'by time' }),
    await ofClient('a client, four times a day', COMPARED_DAYS, { uploadsADay: 4, order: 'by metric' }),
    await ofClient(BY_HOUR, COMPARED_DAYS, { uploadsADay: 24, order: 'by metric' }),
  ]

  let compared = 0
  spent()
  for (const upload of clientUploads(START, COMPARED_DAYS, { uploadsADay: 1, order: 'by metric' })) {
    compared += upload.length
    await putItems(clients.dynamodb, tableName, upload, NOW)
  }
  const put = spent()
  await queryItems(clients.dynamodb, tableName)
  const got = spent()
  const singleUnits = put.writeUnits / compared

  const line = (name: string, value: number, unit: string, digits = 0): void =>
    print(`${name.padEnd(56)} ${value.toFixed(digits)} ${unit}`)
  const both = (name: string, write: Spent, read: Spent, daysRead: number): void => {
    line(`${name}: write requests`, write.requests, 'requests')
    line(`${name}: write units`, write.writeUnits, 'units')
    line(`${name}: read units of writing`, write.readUnits, 'units', 1)
    line(`${name}: S3 puts`, write.puts, 'requests')
    line(`${name}: S3 gets`, write.gets, 'requests')
    const scale = 90 / daysRead
    line(`${name}: 90 days of heart rate, requests`, read.requests * scale, 'requests')
    line(`${name}: 90 days of heart rate, read units`, read.readUnits * scale, 'units', 1)
    line(`${name}: 90 days of heart rate, S3 gets`, read.gets * scale, 'requests')
  }
  for (const { name, samples, write, seconds, days: sentDays } of ways) {
    print(
      `${name}: ${samples} samples of ${sentDays} days; ${Math.round(samples / seconds)} samples/s end to end, by the clock`,
    )
    const heart = { bytes: 0, count: 0 }
    for await (const item of partition.items(name, 'C#heart_rate#')) {
      heart.bytes += (item.data as Uint8Array).length
      heart.count += Number(item.count)
    }
    spent()
    const daysRead = Math.min(90, sentDays)
    await readHeartRate(newStore(), name, daysRead)
    both(name, write, spent(), daysRead)
    line(`${name}: a heart-rate sample`, heart.bytes / heart.count, 'bytes', 2)
    line(`${name}: fewer units than an item each`, (samples * singleUnits) / write.writeUnits, 'times', 1)
  }
  print(`an item a sample: ${compared} samples of ${COMPARED_DAYS} days`)
  both('an item a sample', put, got, COMPARED_DAYS)

  // Two days once more, with one more sample each: what they hold already has to be told by its UUIDs.
  for (const [index, name] of [BY_DAY, BY_HOUR].entries()) {
    spent()
    for (const upload of clientUploads(START, 2, { uploadsADay: 1, order: 'by metric' })) {
      const [first] = upload as [Sample]
      await send(name, [...upload, { ...first, uuid: `00000000-0000-4000-8000-00000000000${index}` }])
    }
    const again = spent()
    line(`${name}: two days once more, write units`, again.writeUnits, 'units')
    line(`${name}: two days once more, S3 gets`, again.gets, 'requests')
  }
  await cloud.dispose()
}

async function readHeartRate(store: ReturnType<typeof createSampleStore>, userId: string, days: number) {
  const metric = findMetric('heart_rate')
  if (!metric) throw new Error('there is no heart rate')
  const toMs = START + days * 86_400_000
  const { samples } = await store.read({ userId, metric, fromMs: START, toMs, limit: 1_000_000 })
  if (samples.length === 0 || samples.some(({ uuid }) => uuid.length !== 36))
    throw new Error('nothing was read')
}
