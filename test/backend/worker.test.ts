import { randomUUID } from 'node:crypto'
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SampleStore } from '../../backend/src/adapters/dynamodb/sample-store.ts'
import { type Backend, startBackend } from './harness.ts'
import { depthOf } from './resources.ts'

let backend: Backend
beforeEach(async () => {
  backend = await startBackend({ maxReceiveCount: 2 })
})
afterEach(() => backend.dispose())

const heart = (minute: number) => {
  const at = new Date(Date.parse('2026-03-01T06:00:00Z') + minute * 60_000).toISOString()
  return {
    uuid: randomUUID(),
    type: 'heart_rate',
    value: 60,
    unit: 'bpm',
    start: at,
    end: at,
    source: { name: 'W' },
  }
}

async function send(user: string, samples: object[]): Promise<string> {
  const { status, body } = await backend.as(user).post('/health-data', { samples })
  expect(status).toBe(202)
  return body.upload_id
}

async function count(user: string): Promise<number> {
  return (await backend.as(user).get('/health-data?metric=heart_rate')).body.samples.length
}

/** A store whose merges are followed by `after`, which may throw as a process dies. */
function storeWith(after: (call: number) => void): SampleStore {
  let calls = 0
  return {
    ...backend.samples,
    merge: async (...args) => {
      const days = await backend.samples.merge(...args)
      after(++calls)
      return days
    },
  }
}

test('a crash between the merge and its record is made good by the next try, with the same counts', async () => {
  const user = randomUUID()
  const id = await send(user, [heart(1), heart(2), heart(2000)])
  const samples = storeWith(call => {
    if (call === 1) throw new Error('killed')
  })
  void backend.worker({ samples, visibilitySeconds: 2 }).start()
  expect(await backend.as(user).finished(id)).toMatchObject({
    status: 'processed',
    counts: { accepted: 3, duplicate: 0, rejected: 0 },
  })
  expect(await count(user)).toBe(3)
  await vi.waitFor(async () => expect(await backend.depth()).toBe(0), { timeout: 5000 })
})

test('a message that comes again after all was done changes nothing', async () => {
  const user = randomUUID()
  const worker = backend.worker({
    queue: {
      ...backend.queue,
      remove: async message => {
        if (message.receiveCount > 1) return backend.queue.remove(message)
        throw new Error('killed')
      },
    },
  })
  const id = await send(user, [heart(1)])
  void worker.start()
  const done = await backend.as(user).finished(id)
  await vi.waitFor(async () => expect(await backend.depth()).toBe(0), { timeout: 10_000 })
  expect(await backend.as(user).finished(id)).toEqual(done)
  expect(backend.logged.join('')).toContain('upload was processed before')
})

test('a poison message fails its upload on the last receive and reaches the dead-letter queue; others go on', async () => {
  const [sick, well] = [randomUUID(), randomUUID()]
  const samples = {
    ...backend.samples,
    merge: (async (user, ...rest) => {
      if (user === sick) throw new Error('cannot')
      return backend.samples.merge(user, ...rest)
    }) as SampleStore['merge'],
  }
  const first = await send(sick, [heart(1)])
  const other = await send(well, [heart(1)])
  void backend.worker({ samples, visibilitySeconds: 2 }).start()
  expect(await backend.as(well).finished(other)).toMatchObject({ status: 'processed' })
  expect(await backend.as(sick).finished(first)).toMatchObject({
    status: 'failed',
    reason: expect.stringContaining('after several attempts'),
  })
  const { sqs } = backend.clients
  await vi.waitFor(async () => expect(await depthOf(sqs, backend.names.deadUrl)).toBe(1), { timeout: 15_000 })
  const again = await backend.as(sick).get(`/uploads/${first}`)
  expect(again.body.status).toBe('failed')
})

test('a failed upload that is put on the queue again can still succeed', async () => {
  const user = randomUUID()
  const id = await send(user, [heart(1)])
  const { sqs } = backend.clients
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: backend.names.queueUrl }))
  const message = Messages?.[0]
  await backend.uploads.failed(JSON.parse(message?.Body ?? ''), 'after several attempts')
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: backend.names.queueUrl,
      MessageBody: message?.Body,
      MessageGroupId: 'redriven',
      MessageDeduplicationId: randomUUID(),
    }),
  )
  void backend.worker().start()
  await vi.waitFor(async () => {
    const { body } = await backend.as(user).get(`/uploads/${id}`)
    expect(body).toMatchObject({ status: 'processed', counts: { accepted: 1 } })
    expect(body.reason).toBeUndefined()
  })
})

test('stopping finishes what is in hand and takes nothing more', async () => {
  const user = randomUUID()
  const merging = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const samples: SampleStore = {
    ...backend.samples,
    merge: async (...args) => {
      merging.resolve()
      await goOn.promise
      return backend.samples.merge(...args)
    },
  }
  const ids = [await send(user, [heart(1)]), await send(user, [heart(2)])]
  const worker = backend.worker({ samples, waitSeconds: 20 })
  const running = worker.start()
  await merging.promise
  const stopped = worker.stop()
  goOn.resolve()
  await Promise.all([stopped, running])
  const statuses = await Promise.all(
    ids.map(async id => (await backend.as(user).get(`/uploads/${id}`)).body.status),
  )
  expect(statuses).toEqual(['processed', 'received'])
})

test('a user’s uploads are processed in order', async () => {
  const user = randomUUID()
  const order: string[] = []
  const samples: SampleStore = {
    ...backend.samples,
    merge: async (owner, upload, batch) => {
      order.push(upload)
      return backend.samples.merge(owner, upload, batch)
    },
  }
  const ids: string[] = []
  for (let i = 0; i < 6; i++) ids.push(await send(user, [heart(i)]))
  void backend.worker({ samples, concurrency: 4 }).start()
  await backend.as(user).finished(ids.at(-1) as string)
  expect(order).toEqual(ids)
})

test('a message outlives its visibility while work lasts', async () => {
  const user = randomUUID()
  let calls = 0
  const goOn = Promise.withResolvers<void>()
  const samples: SampleStore = {
    ...backend.samples,
    merge: async (...args) => {
      calls++
      await goOn.promise
      return backend.samples.merge(...args)
    },
  }
  const extended: number[] = []
  const queue = {
    ...backend.queue,
    extend: async (...args: Parameters<typeof backend.queue.extend>) => {
      await backend.queue.extend(...args)
      extended.push(args[1])
      if (extended.length === 4) goOn.resolve()
    },
  }
  const id = await send(user, [heart(1)])
  void backend.worker({ samples, queue, visibilitySeconds: 1, waitSeconds: 0 }).start()
  expect(await backend.as(user).finished(id)).toMatchObject({ status: 'processed' })
  expect(extended.length).toBeGreaterThanOrEqual(4)
  expect(calls).toBe(1)
})

test.each([
  ['s3', 'bucket'],
  ['dynamodb', 'table'],
  ['sqs', 'queue'],
])('when %s fails nothing is acknowledged, and sending again is safe', async (service, dependency) => {
  const user = randomUUID()
  const samples = [heart(1)]
  for (const kind of ['error', 'drop'] as const) {
    backend.cloud.faults.add({ service, kind, code: 'ServiceUnavailable', status: 503 })
    const refused = await backend.as(user).post('/health-data', { samples })
    expect(refused).toMatchObject({ status: 503, body: { type: 'service_unavailable' } })
    expect(refused.body.detail).toContain(dependency)
    expect(refused.headers['retry-after']).toBe('5')
    backend.cloud.faults.clear()
  }
  const id = await send(user, samples)
  void backend.worker().start()
  expect(await backend.as(user).finished(id)).toMatchObject({ counts: { accepted: 1, duplicate: 0 } })
})

test('what is on the queue and not a pointer goes to the dead-letter queue, and stops nobody', async () => {
  const { sqs } = backend.clients
  for (const MessageBody of ['{', '{"version":1}'])
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: backend.names.queueUrl,
        MessageBody,
        MessageGroupId: randomUUID(),
        MessageDeduplicationId: randomUUID(),
      }),
    )
  const user = randomUUID()
  const id = await send(user, [heart(1)])
  void backend.worker({ visibilitySeconds: 1 }).start()
  expect(await backend.as(user).finished(id)).toMatchObject({ status: 'processed' })
  await vi.waitFor(async () => expect(await depthOf(sqs, backend.names.deadUrl)).toBe(2), { timeout: 15_000 })
})
