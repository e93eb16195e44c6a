import { randomUUID } from 'node:crypto'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createOriginals } from '../../backend/src/adapters/s3/originals.ts'
import { decodeChunk } from '../../backend/src/domain/chunk/codec.ts'
import { openChunk } from '../../backend/src/domain/chunk/frame.ts'
import { markOf } from '../../backend/src/domain/chunk/uuid-bytes.ts'
import { uploadId } from '../../backend/src/domain/upload.ts'
import { processUpload } from '../../backend/src/worker/process-upload.ts'
import { createTally } from '../../backend/src/worker/tally.ts'
import { type Backend, startBackend } from './harness.ts'

let backend: Backend
/** Keys that were fetched from the bucket. */
let fetched: string[] = []
beforeAll(async () => {
  backend = await startBackend()
  backend.clients.s3.middlewareStack.add(
    (next, { commandName }) =>
      async args => {
        if (commandName === 'GetObjectCommand') fetched.push(String((args.input as { Key?: string }).Key))
        return next(args)
      },
    { step: 'initialize' },
  )
  void backend.worker().start()
})
afterAll(() => backend.dispose())

const T0 = Date.parse('2026-03-01T06:00:00Z')
const heart = (minute: number, more: object = {}) => {
  const at = new Date(T0 + minute * 60_000).toISOString()
  const rest = { type: 'heart_rate', value: 60 + (minute % 30), unit: 'bpm', source: { name: 'Watch' } }
  return { uuid: randomUUID(), ...rest, start: at, end: at, ...more }
}
const hearts = (count: number, from = 0) => Array.from({ length: count }, (_, i) => heart(from + i))
const read = async (user: string, query = '') =>
  (await backend.as(user).get(`/health-data?metric=heart_rate${query}`)).body.samples
const chunksOf = async (user: string) => Array.fromAsync(backend.partition.items(user, 'C#'))
const remove = async (user: string, ...uuids: string[]) => {
  const api = backend.as(user)
  const { body } = await api.post('/health-data/deletions', { deletions: uuids.map(uuid => ({ uuid })) })
  return api.finished(body.upload_id)
}

/** Another UUID that a chunk cannot tell from this one by its mark. */
function twin(uuid: string): string {
  for (;;) {
    const other = randomUUID()
    if (markOf(other) === markOf(uuid)) return other
  }
}

/** UUIDs of which no two have the same mark, so that what is fetched is known. */
function apart(count: number): string[] {
  const found = new Map<number, string>()
  while (found.size < count) {
    const uuid = randomUUID()
    found.set(markOf(uuid), uuid)
  }
  return [...found.values()]
}

test('a chunk refers to the UUIDs of an upload, and a read gives them back as they were sent', async () => {
  const user = randomUUID()
  const samples = hearts(30).map((sample, i) => {
    const uuid = [sample.uuid, sample.uuid.toUpperCase(), `aB${sample.uuid.slice(2)}`][i % 3]
    return { ...sample, uuid }
  })
  await backend.as(user).upload(samples)
  const [chunk] = await chunksOf(user)
  const { uuids, marks } = openChunk(chunk?.data as Uint8Array)
  expect([uuids.length, marks.length]).toEqual([0, 60])
  expect(await read(user)).toEqual(samples)
  fetched = []
  expect(
    (await backend.as(user).get('/summaries/daily?metric=heart_rate&from=2026-03-01&to=2026-03-01')).status,
  ).toBe(200)
  for (const path of ['/health-data?by=hour&metric=heart_rate&from=2026-03-01&to=2026-03-02', '/rhythm'])
    expect((await backend.as(user).get(path)).status).toBe(200)
  expect(fetched).toEqual([])
})

test('what cannot be told apart by its mark is told apart by its UUID, and only that is fetched', async () => {
  const user = randomUUID()
  const api = backend.as(user)
  const ids = apart(60)
  const samples = hearts(60).map((sample, i) => ({ ...sample, uuid: ids[i] as string }))
  await api.upload(samples.slice(0, 20))
  await api.upload(samples.slice(20, 40))
  fetched = []
  await api.upload(samples.slice(40))
  const envelopes = () => new Set(fetched.filter(key => key.startsWith('raw/')))
  // Its own, by the worker.
  expect(envelopes().size).toBe(1)
  const [first] = samples
  const other = heart(100, { uuid: twin(first?.uuid ?? '') })
  expect(await api.upload([first as object, other, ...hearts(8, 200)])).toMatchObject({
    counts: { accepted: 9, duplicate: 1 },
  })
  expect(await read(user)).toEqual(expect.arrayContaining([...samples, other]))
  // The same once more: in the other case, a repetition in the batch, and a mark that only looks so.
  const again = samples.slice(0, 20).map(sample => ({ ...sample, uuid: sample.uuid.toUpperCase(), value: 1 }))
  const lone = heart(300)
  expect(await api.upload([...again, lone, lone, ...samples.slice(30, 45)])).toMatchObject({
    counts: { accepted: 1, duplicate: 36 },
  })
  await remove(user, other.uuid.toUpperCase())
  const left = (await read(user)).map(({ uuid }: { uuid: string }) => uuid)
  expect(left).toContain(first?.uuid)
  expect(left).not.toContain(other.uuid)
  await remove(user, first?.uuid ?? '')
  expect(await api.upload([...samples.slice(0, 20), other, heart(301)])).toMatchObject({
    counts: { accepted: 1, duplicate: 19, rejected: 2 },
  })
  expect(await read(user)).toHaveLength(59 + 8 + 1 + 1)
})

test('an upload that is started over finds its own samples without fetching what brought them', async () => {
  const user = randomUUID()
  const { upload_id } = await backend.as(user).upload(hearts(20))
  const found = await backend.uploads.get(user, upload_id)
  const pointer = { version: 1, user_id: user, upload_id, kind: 'samples', key: found?.key ?? '' } as const
  const before = await chunksOf(user)
  const tally = createTally()
  fetched = []
  const samples = { ...backend.samples, tombstones: backend.samples.tombstones }
  await processUpload(
    { raw: backend.raw, samples, uploads: backend.uploads },
    {},
    { ...pointer, received_at: found?.receivedAt ?? '' },
    tally,
  )
  expect(tally.counts()).toEqual({ accepted: 20, duplicate: 0, rejected: 0 })
  expect(fetched).toEqual([pointer.key])
  expect(await chunksOf(user)).toEqual(before)
})

test('pages neither lose nor double samples of one start, whatever brought them, and old cursors go on', async () => {
  const user = randomUUID()
  const api = backend.as(user)
  const at = { start: '2026-03-01T07:00:00Z', end: '2026-03-01T07:00:00Z' }
  const batches = [hearts(9), hearts(3), hearts(12)].map(batch => batch.map(one => ({ ...one, ...at })))
  for (const batch of batches) await api.upload(batch)
  const whole = await read(user)
  expect(whole).toHaveLength(24)
  const found: object[] = []
  let cursor = ''
  do {
    const { body } = await api.get(`/health-data?metric=heart_rate&limit=5${cursor}`)
    found.push(...body.samples)
    cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : ''
  } while (cursor)
  expect(found).toEqual(whole)
  // As it was before there were places in envelopes: the embedded ones come first, in the order of their UUIDs.
  const old = Buffer.from(`2026-03-01 ${Date.parse(at.start)} ${whole[1].uuid}`).toString('base64url')
  expect(await read(user, `&cursor=${old}`)).toEqual(whole.slice(2))
})

test('while the bucket does not answer reads say so and sums go on; an original that is gone is named', async () => {
  const user = randomUUID()
  const api = backend.as(user)
  const samples = hearts(12)
  const { upload_id } = await api.upload(samples)
  backend.cloud.faults.add({ service: 's3', kind: 'error', code: 'ServiceUnavailable', status: 503 })
  expect(await api.get('/health-data?metric=heart_rate')).toMatchObject({
    status: 503,
    body: { type: 'service_unavailable', detail: expect.stringContaining('bucket') },
    headers: { 'retry-after': '5' },
  })
  expect((await api.get('/summaries/daily?metric=heart_rate&from=2026-03-01&to=2026-03-01')).status).toBe(200)
  backend.cloud.faults.clear()
  expect(await read(user)).toEqual(samples)

  const other = randomUUID()
  const lost = await backend.as(other).upload(hearts(12))
  const { Bucket, Key } = {
    Bucket: backend.names.bucket,
    Key: (await backend.uploads.get(other, lost.upload_id))?.key,
  }
  await backend.clients.s3.send(new DeleteObjectCommand({ Bucket, Key }))
  expect(await backend.as(other).get('/health-data?metric=heart_rate')).toMatchObject({
    status: 500,
    body: { type: 'original_missing', detail: expect.stringContaining(lost.upload_id) },
  })
  expect(backend.logged.join('')).toContain(`"upload_id":"${lost.upload_id}"`)
  expect(lost.upload_id).not.toBe(upload_id)
})

/** Chunks of the two formats before, of the same four samples: one UUID in lower, one in upper, one in mixed case, one derived. */
const OLD = [
  'AdgBVY4xTsNAFET/ty0hXFHQQRF9pQsrze46xrFEgwNXoEAIrTdrBUECspYKcQwajsI5coD0XAItokHTvGL0Zor9Lv/8/jjNsmy/y4mI+AAz6Bbgf5hSroMb4/3oYmDi4qJ/2TDx0Zts3SZIKzcu+rW8M/HUDvC1mxtV9TqoZgDUwuuVgja2mtfnzcL1yZm0X4dlWfLxrTzKmfgxuPjwvF26GOSOqWDNhi1XRJzlfCIGplawCnqCugVaYDKDBiSVn/h1iqHx+lJfKdulA4ma63Sg08u//Y5Xv74fD4wbHjxSSx6PAJwdASNFag+MGx48UksejwCcHQEjRWsPjBsePFJLHo8AnB0BI0Vs',
  'AtMBVY4xTsNAEEXnr41QXKWgpFqlCyvN2E5wItHgwBUoEIrWm7UShQRkLaJAHIOGo3CO9KSjoOAKaBFN9JtXvffT/S55/347VUrtdwkREY55yDJlxgHGZUtvuzDvbPAgpBfN4waE/ove2o3XU31jg1vqVxAGRctubEe5KRvxpmqZzcTJwrDkRTkan1cT20Rn1H70sizDya1e6zPtOm/D6mE7s8HrOxClEOQoUBJBJcDRkCU+oucffKnPJMU9ngbcVk4u5coUdYxGqq5jtJbZf7PG4k/xCw+MGx48UksejwCcHQEjRWoPjBsePFJLHo8AnB0BI0VrD4wbHjxSSx6PAJwdASNFbA==',
]

test.each([1, 2])('a chunk of format %i goes on, and keeps its UUIDs', async n => {
  const user = randomUUID()
  const api = backend.as(user)
  const data = Buffer.from(OLD[n - 1] as string, 'base64')
  const stored = decodeChunk(data, user).map(({ sample }) => sample)
  expect(stored.map(({ uuid }) => uuid).slice(0, 3)).toEqual([
    '0f8c1b1e-3c52-4b1e-8f00-9c1d0123456a',
    '0F8C1B1E-3C52-4B1E-8F00-9C1D0123456B',
    '0f8c1B1E-3C52-4B1E-8F00-9C1D0123456C',
  ])
  const { item } = {
    item: { pk: `U#${user}`, sk: 'C#heart_rate#2026-03-01#0000', version: 1, count: 4, data },
  }
  await backend.partition.put(item)
  const more = hearts(20)
  expect(await api.upload([...more, ...stored])).toMatchObject({ counts: { accepted: 20, duplicate: 4 } })
  expect(await read(user)).toEqual([...stored, ...more])
  const [chunk] = await chunksOf(user)
  expect(openChunk(chunk?.data as Uint8Array).uuids).toHaveLength(3 * 16)
  await remove(user, stored[1]?.uuid.toLowerCase() ?? '')
  expect(await read(user)).toEqual([...stored.filter((_, i) => i !== 1), ...more])
})

async function rebuilt(user: string, mode: 'check' | 'mend') {
  const name = `${mode} ${randomUUID()}`
  const pointer = { version: 1, user_id: user, kind: 'rebuild', key: name } as const
  const upload_id = uploadId(user, name)
  await backend.queue.send({ ...pointer, upload_id, received_at: new Date().toISOString() })
  return vi.waitFor(async () => {
    const found = await backend.uploads.get(user, upload_id)
    expect(found?.status).toBe('processed')
    return found?.result
  }, 15_000)
}

test('a rebuild makes the same of uploads that overlap, repeat and are deleted, and an export gives all UUIDs', async () => {
  const user = randomUUID()
  const api = backend.as(user)
  const pool = hearts(90)
  const wanted = new Map<string, object>()
  // Later days come first, and each upload repeats some of others.
  for (const [from, to] of [
    [60, 90],
    [10, 40],
    [0, 12],
    [30, 70],
    [0, 90],
  ] as const) {
    const batch = pool.slice(from, to)
    if (to % 20) batch.reverse()
    await api.upload(batch)
    for (const sample of batch) wanted.set(sample.uuid, sample)
    const gone = pool[from + 3]?.uuid ?? ''
    await remove(user, gone)
  }
  for (const from of [60, 10, 0, 30]) wanted.delete(pool[from + 3]?.uuid ?? '')
  const before = await Array.fromAsync(backend.partition.items(user, 'C#'))
  const clean = await rebuilt(user, 'check')
  expect(clean).toMatchObject({ changed: 0, removed: 0 })
  for (const { sk } of before) await backend.partition.removeItem(user, sk)
  await rebuilt(user, 'mend')
  expect(await Array.fromAsync(backend.partition.items(user, 'C#'))).toEqual(before)
  const all = [...wanted.values()].sort((a, b) =>
    (a as { start: string }).start < (b as { start: string }).start ? -1 : 1,
  )
  expect(await read(user)).toEqual(all)

  for (const format of ['ndjson', 'fhir']) {
    const asked = await api.post('/exports', { format })
    const done = await vi.waitFor(async () => {
      const { body } = await api.get(`/exports/${asked.body.export_id}`)
      expect(body.status).toBe('processed')
      return body
    }, 10_000)
    const lines = (await (await fetch(done.download.url)).text())
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    const uuids = lines.flatMap(line =>
      line.kind === 'sample' ? [line.sample.uuid] : line.resourceType === 'Observation' ? [line.id] : [],
    )
    expect(uuids).toEqual(all.map(sample => (sample as { uuid: string }).uuid))
  }
})

test('keeps what was used last within its bounds, and fetches what is asked for twice at once only once', async () => {
  const users = Array.from({ length: 4 }, () => randomUUID())
  for (const user of users) await backend.as(user).upload(hearts(10))
  const chunks = await Promise.all(users.map(async user => (await chunksOf(user))[0]?.data as Uint8Array))
  // 10 UUIDs take 370 bytes.
  const originals = createOriginals({ raw: backend.raw, mostBytes: 800 })
  const lookUp = async (index: number) => {
    const samples = decodeChunk(chunks[index] as Uint8Array, users[index] as string)
    await originals.lookUp(users[index] as string, samples)
    expect(samples.every(({ sample }) => sample.uuid.length === 36)).toBe(true)
  }
  const asked = async (...indexes: number[]) => {
    fetched = []
    await Promise.all(indexes.map(lookUp))
    return fetched.length
  }
  expect(await asked(0, 0, 0)).toBe(1)
  expect(await asked(1)).toBe(1)
  expect(await asked(0)).toBe(0)
  expect(await asked(2)).toBe(1)
  expect(await asked(0, 2)).toBe(0)
  expect(await asked(1)).toBe(1)
  const [mine] = decodeChunk(chunks[0] as Uint8Array, users[0] as string)
  const damaged = { ...mine, original: { ...mine?.original, ordinal: 99 } } as typeof mine
  await expect(originals.lookUp(users[0] as string, [damaged as NonNullable<typeof mine>])).rejects.toThrow(
    'does not hold',
  )
})
