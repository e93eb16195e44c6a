import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createErasureStore } from '../../backend/src/adapters/dynamodb/erasure-store.ts'
import { createSampleStore } from '../../backend/src/adapters/dynamodb/sample-store.ts'
import { createUploadStore } from '../../backend/src/adapters/dynamodb/upload-store.ts'
import { createOriginals } from '../../backend/src/adapters/s3/originals.ts'
import { createRawStore } from '../../backend/src/adapters/s3/raw-store.ts'
import {
  createUploadQueue,
  type QueueMessage,
  type UploadQueue,
} from '../../backend/src/adapters/sqs/upload-queue.ts'
import { type Backend, startBackend } from './harness.ts'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend({ maxReceiveCount: 50 })
})
afterAll(() => backend.dispose())

const T0 = Date.parse('2026-03-01T06:00:00Z')
const sample = (uuid: string, minute: number) => {
  const at = new Date(T0 + minute * 60_000).toISOString()
  return {
    uuid,
    type: 'heart_rate',
    value: 60 + (minute % 30),
    unit: 'bpm',
    start: at,
    end: at,
    source: { name: 'W' },
  }
}
const uuidOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
const record = (n: number) =>
  `<Record type="HKQuantityTypeIdentifierStepCount" sourceName="iPhone" unit="count" startDate="2020-05-01 08:0${n}:00 +0200" endDate="2020-05-01 08:0${n}:59 +0200" value="${n}"/>`

/**
 * Two batches that overlap, large enough that chunks refer to their UUIDs, a deletion out of the first, and an import: what
 * is acknowledged for one user.
 */
async function sendAll(user: string): Promise<string[]> {
  const api = backend.as(user)
  const ids: string[] = []
  for (const [path, body] of [
    ['/health-data', { samples: [...upTo(9), 1500].map(n => sample(uuidOf(n), n)) }],
    ['/health-data/deletions', { deletions: [{ uuid: uuidOf(2) }, { uuid: uuidOf(99) }] }],
    ['/health-data', { samples: [...upTo(11).slice(1), 99].map(n => sample(uuidOf(n), n)) }],
    ['/imports', `<HealthData>${[1, 2, 3].map(record).join('\n')}</HealthData>`],
  ] as const) {
    const send = () => api.post(path, body, typeof body === 'string' ? 'application/xml' : undefined)
    let answer = await send()
    // What a client is told to do.
    while (answer.status === 503) answer = await send()
    expect(answer.status).toBe(202)
    ids.push(answer.body.upload_id)
  }
  return ids
}

/** What their owner sees in the end. */
async function stateOf(user: string, ids: string[]) {
  const api = backend.as(user)
  const get = async (path: string) => (await api.get(path)).body
  const uploads = await Promise.all(ids.map(id => get(`/uploads/${id}`)))
  return {
    counts: uploads.map(({ status, counts }) => [status, counts.accepted, counts.duplicate, counts.rejected]),
    heart: (await get('/health-data?metric=heart_rate')).samples.map((s: { uuid: string }) => s.uuid),
    steps: (await get('/health-data?metric=steps')).samples.map((s: { value: number }) => s.value),
    days: (await get('/summaries/daily?metric=heart_rate&from=2026-03-01&to=2026-03-03')).days,
    sums: (await get('/summaries/daily?metric=steps&from=2020-05-01&to=2020-05-01')).days,
  }
}

const soon = () => new Promise<false>(resolve => setTimeout(() => resolve(false), 2))

/** The queue, where what an attempt failed at is shown again at once, and not only after seconds. */
function eagerQueue(queue = backend.queue): UploadQueue {
  return { ...queue, extend: message => backend.queue.extend(message, 0) }
}

/** Lets a worker work until all is done. */
async function finish(user: string, ids: string[]): Promise<void> {
  const worker = backend.worker({ queue: eagerQueue(), waitSeconds: 0, concurrency: 1, pauseMs: 1 })
  void worker.start()
  const deadline = Date.now() + 20_000
  for (const id of ids)
    while ((await backend.uploads.get(user, id))?.status !== 'processed') {
      if (Date.now() > deadline)
        throw new Error(`upload ${id} is not done\n${backend.logged.slice(-5).join('')}`)
      await soon()
    }
  await worker.stop()
}

type Next = (args: unknown) => Promise<unknown>

/** A worker whose process ends after so many requests to AWS: none is made or answered any more. */
function dyingWorker(requests: number) {
  const died = Promise.withResolvers<void>()
  let left = requests
  let gone = false
  const mortal = <T extends { middlewareStack: { add: unknown } }>(client: T): T => {
    const add = client.middlewareStack.add as (middleware: unknown, options: object) => void
    add(
      (next: Next, { commandName }: { commandName?: string }) =>
        async (args: unknown) => {
          // To ask for work is no step of it.
          const step = commandName === 'ReceiveMessageCommand' ? 0 : 1
          if (left >= step && !gone) {
            left -= step
            return next(args)
          }
          gone = true
          died.resolve()
          throw new Error('killed')
        },
      { step: 'initialize' },
    )
    return client
  }
  const { cloud, names } = backend
  const inTable = {
    client: mortal(new DynamoDBClient(cloud.client)),
    tableName: names.tableName,
    clock: { now: Date.now },
  }
  const taken: QueueMessage[] = []
  const queue = createUploadQueue({ client: mortal(new SQSClient(cloud.client)), queueUrl: names.queueUrl })
  const raw = createRawStore({
    client: mortal(new S3Client({ ...cloud.client, forcePathStyle: true })),
    bucket: names.bucket,
  })
  const worker = backend.worker({
    samples: createSampleStore({ ...inTable, originals: createOriginals({ raw }) }),
    uploads: createUploadStore(inTable),
    erasures: createErasureStore(inTable),
    raw,
    queue: {
      ...queue,
      receive: async (...args) => {
        const message = await queue.receive(...args)
        if (message) taken.push(message)
        return message
      },
    },
    waitSeconds: 0,
    concurrency: 1,
    pauseMs: 1,
  })
  /** What it had in hand is shown again, as after its visibility timeout. */
  const release = async () => {
    for (const message of taken) await backend.queue.extend(message, 0).catch(() => {})
  }
  return { worker, died: died.promise, survived: () => !gone, release }
}

const EXPECTED = {
  counts: [
    ['processed', 10, 0, 0],
    ['processed', 2, 0, 0],
    ['processed', 2, 7, 2],
    ['processed', 3, 0, 0],
  ],
  heart: [1, ...upTo(11).slice(2), 1500].map(uuidOf),
  steps: [1, 2, 3],
  days: [
    expect.objectContaining({ date: '2026-03-01', count: 10 }),
    expect.objectContaining({ date: '2026-03-02', count: 1 }),
  ],
  sums: [expect.objectContaining({ sum: 6 })],
}

/** Every so many steps are tried; `CLARITY_CHAOS_STRIDE=1` tries them all. */
const STRIDE = Number(process.env.CLARITY_CHAOS_STRIDE ?? 7)

test('a worker that is killed at any step of its work leaves what another one completes, once', async () => {
  let killed = 0
  for (let survived = false, step = 0; !survived; step += STRIDE) {
    const user = randomUUID()
    const ids = await sendAll(user)
    const { worker, died, survived: lives, release } = dyingWorker(step)
    void worker.start()
    const last = ids.at(-1) as string
    const isDone = async () => (await backend.uploads.get(user, last))?.status === 'processed'
    const gone = died.then(() => true)
    while (!(await Promise.race([gone, soon()])) && !(await isDone()));
    survived = lives()
    await worker.stop()
    await release()
    await finish(user, ids)
    expect(await stateOf(user, ids), `killed at request ${step}`).toEqual(EXPECTED)
    killed = step
  }
  expect(killed).toBeGreaterThan(40)
}, 240_000)

test.each(['dynamodb', 's3', 'sqs'])(
  'when %s fails, drops or is slow in its work, all is there once in the end',
  async service => {
    for (const fault of [
      { kind: 'error', code: 'ServiceUnavailable', status: 503 },
      { kind: 'drop' },
      { kind: 'delay', delayMs: 30 },
    ] as const) {
      const user = randomUUID()
      const ids = await sendAll(user)
      backend.cloud.faults.add({ service, ...fault, times: 5 })
      const worker = backend.worker({
        queue: eagerQueue(),
        waitSeconds: 0,
        concurrency: 1,
        pauseMs: 1,
        visibilitySeconds: 1,
      })
      void worker.start()
      while (backend.cloud.faults.list().length > 0) await soon()
      await worker.stop()
      await finish(user, ids)
      expect(await stateOf(user, ids), JSON.stringify(fault)).toEqual(EXPECTED)
    }
  },
  60_000,
)

test('deliveries in any order and any repetition lose nothing and double nothing', async () => {
  const user = randomUUID()
  const ids = await sendAll(user)
  const uploads = await Promise.all(ids.map(id => backend.uploads.get(user, id)))
  const pointers = uploads.flatMap(upload => {
    if (!upload) throw new Error('the upload is gone')
    const pointer = { version: 1, user_id: user, upload_id: upload.id, kind: upload.kind, key: upload.key }
    return [pointer, pointer].map(one => ({ ...one, received_at: upload.receivedAt }))
  })
  // Each in a group of its own, backwards, so that nothing keeps them in order.
  for (const pointer of pointers.reverse())
    await backend.clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: backend.names.queueUrl,
        MessageBody: JSON.stringify(pointer),
        MessageGroupId: randomUUID(),
        MessageDeduplicationId: randomUUID(),
      }),
    )
  const worker = backend.worker({ queue: eagerQueue(), waitSeconds: 0, concurrency: 4 })
  void worker.start()
  await finish(user, ids)
  await worker.stop()
  const { heart, steps } = await stateOf(user, ids)
  expect({ heart, steps }).toEqual({ heart: EXPECTED.heart, steps: EXPECTED.steps })
})
