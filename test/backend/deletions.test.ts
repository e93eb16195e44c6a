import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Backend, startBackend } from './harness.ts'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
  void backend.worker().start()
})
afterAll(() => backend.dispose())

const sample = (minute: number, more: object = {}) => {
  const at = new Date(Date.parse('2026-03-01T06:00:00Z') + minute * 60_000).toISOString()
  const common = { uuid: randomUUID().toUpperCase(), start: at, end: at, source: { name: 'Watch' } }
  return { ...common, type: 'heart_rate', value: 60 + (minute % 30), unit: 'bpm', ...more }
}

async function uuids(user: string, metric = 'heart_rate'): Promise<string[]> {
  const { body } = await backend.as(user).get(`/health-data?metric=${metric}`)
  return body.samples.map(({ uuid }: { uuid: string }) => uuid)
}

async function remove(user: string, deletions: object[]) {
  const api = backend.as(user)
  const { status, body } = await api.post('/health-data/deletions', { deletions })
  expect(status).toBe(202)
  return api.finished(body.upload_id)
}

test('deleted samples leave their chunks and summaries, whatever case and with or without a type', async () => {
  const user = randomUUID()
  const api = backend.as(user)
  const hearts = Array.from({ length: 6 }, (_, i) => sample(i * 600))
  const asleep = { type: 'sleep_analysis', value: 'asleep_core', unit: undefined }
  const nights = [1, 2].map(hour =>
    sample(0, { ...asleep, start: `2026-03-02T0${hour}:00:00Z`, end: `2026-03-02T0${hour + 1}:00:00Z` }),
  )
  await api.upload([...hearts, ...nights])
  const [first, second, third] = hearts
  const deletions = [
    { uuid: first?.uuid.toLowerCase() },
    { uuid: second?.uuid, type: 'HKQuantityTypeIdentifierHeartRate' },
    { uuid: second?.uuid, type: 'heart_rate' },
    { uuid: nights[1]?.uuid, type: 'sleep_analysis' },
    // Never sent yet.
    { uuid: randomUUID() },
  ]
  expect(await remove(user, deletions)).toMatchObject({
    kind: 'deletions',
    status: 'processed',
    counts: { accepted: 4, duplicate: 1, rejected: 0 },
  })
  expect(await uuids(user)).toEqual(hearts.slice(2).map(({ uuid }) => uuid))
  expect(await uuids(user, 'sleep_analysis')).toEqual([nights[0]?.uuid])
  const days = async (metric: string) =>
    (await api.get(`/summaries/daily?metric=${metric}&from=2026-03-01&to=2026-03-05`)).body.days
  expect(
    (await days('heart_rate')).map((day: { date: string; count: number }) => [day.date, day.count]),
  ).toEqual([
    ['2026-03-02', 3],
    ['2026-03-03', 1],
  ])
  expect(await days('sleep_analysis')).toMatchObject([{ date: '2026-03-02', sum: 60 }])
  await remove(user, [{ uuid: third?.uuid }, ...hearts.slice(3).map(({ uuid }) => ({ uuid }))])
  expect(await days('heart_rate')).toEqual([])
})

test('a deletion wins over a late upload, and over one that came before its sample', async () => {
  const user = randomUUID()
  const [kept, gone, never] = [sample(1), sample(2), sample(3)]
  await backend.as(user).upload([kept, gone])
  await remove(user, [{ uuid: gone.uuid }, { uuid: never.uuid.toLowerCase() }])
  expect(await backend.as(user).upload([kept, gone, never, sample(9)])).toMatchObject({
    counts: { accepted: 1, duplicate: 1, rejected: 2 },
    rejections: [{ code: 'deleted', count: 2 }],
  })
  expect(await uuids(user)).not.toContain(gone.uuid)
  expect(await uuids(user)).toHaveLength(2)
})

test('deletions and uploads that are sent one after another are worked off in that order', async () => {
  const user = randomUUID()
  const api = backend.as(user)
  const one = sample(1)
  const ids: string[] = []
  for (const [path, body] of [
    ['/health-data', { samples: [one, sample(2)] }],
    ['/health-data/deletions', { deletions: [{ uuid: one.uuid }] }],
    ['/health-data', { samples: [one, sample(3)] }],
  ] as const)
    ids.push((await api.post(path, body)).body.upload_id)
  const done = await Promise.all(ids.map(id => api.finished(id)))
  expect(done.map(({ counts }) => [counts.accepted, counts.rejected])).toEqual([
    [2, 0],
    [1, 0],
    [1, 1],
  ])
  expect(await uuids(user)).toHaveLength(2)
})

test('tombstones go on in further parts, each once, and many cost one look', async () => {
  const user = randomUUID()
  const many = Array.from({ length: 4500 }, () => randomUUID())
  await backend.samples.entomb(user, many.slice(0, 3000))
  await Promise.all([
    backend.samples.entomb(user, many.slice(2000)),
    backend.samples.entomb(user, many.slice(0, 100)),
  ])
  const found = await backend.samples.tombstones(user)
  expect(found.size).toBe(4500)
  expect(many.every(uuid => found.has(uuid.toUpperCase()))).toBe(true)
  expect(found.has(randomUUID())).toBe(false)
})

test('a worker that was taken for dead cannot bring a deleted sample back', async () => {
  const user = randomUUID()
  const late = sample(5)
  const { body } = await backend.as(user).post('/health-data', { samples: [late] })
  await backend.as(user).finished(body.upload_id)
  // It had read the tombstones before, and writes after the deletion was worked off.
  const { createTally } = await import('../../backend/src/worker/tally.ts')
  const { processUpload } = await import('../../backend/src/worker/process-upload.ts')
  const upload = await backend.uploads.get(user, body.upload_id)
  const pointer = { version: 1, user_id: user, upload_id: body.upload_id, kind: 'samples' } as const
  const samples = {
    ...backend.samples,
    merge: async (...args: Parameters<typeof backend.samples.merge>) => {
      await remove(user, [{ uuid: late.uuid }])
      return backend.samples.merge(...args)
    },
  }
  await processUpload(
    { raw: backend.raw, samples, uploads: backend.uploads },
    {},
    { ...pointer, key: upload?.key ?? '', received_at: upload?.receivedAt ?? '' },
    createTally(),
  )
  expect(await uuids(user)).toEqual([])
})

test.each([
  [{ deletions: [] }, 'deletions empty'],
  [{ deletions: [{ uuid: 'x' }] }, 'deletions/0 bad_deletion'],
  [{ deletions: [{ uuid: randomUUID(), type: 'mood_ring' }] }, 'deletions/0/type unknown_metric'],
  [{ uuids: [] }, 'uuids unknown_field'],
])('refuses %j', async (body, expected) => {
  const answer = await backend.as(randomUUID()).post('/health-data/deletions', body)
  expect(answer.status).toBe(422)
  expect(`${answer.body.errors[0].field} ${answer.body.errors[0].code}`).toBe(expected)
})
