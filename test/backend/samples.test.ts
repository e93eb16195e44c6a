import { createHash, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Backend, startBackend } from './harness.ts'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
  void backend.worker().start()
})
afterAll(() => backend.dispose())

const heart = (minute: number, more: object = {}) => {
  const at = new Date(Date.parse('2026-03-01T06:00:00Z') + minute * 60_000)
    .toISOString()
    .replace('.000Z', '+00:00')
  return {
    uuid: randomUUID().toUpperCase(),
    type: 'HKQuantityTypeIdentifierHeartRate',
    value: 60 + (minute % 30),
    unit: 'count/min',
    start: at,
    end: at,
    zone_offset: '+01:00',
    source: { name: 'Apple Watch', bundle_id: 'com.apple.health.1A2B', device: 'Watch7,5' },
    metadata: { HKMetadataKeyHeartRateMotionContext: 1 },
    ...more,
  }
}
const RANGE = 'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z'

test('takes samples in and gives them back as they were sent', async () => {
  const user = backend.as(randomUUID())
  const samples = Array.from({ length: 50 }, (_, minute) => heart(minute))
  const answer = await user.post('/health-data', { samples })
  expect(answer).toMatchObject({ status: 202, body: { status: 'received', sample_count: 50 } })
  expect(answer.headers.location).toBe(`/api/v1/uploads/${answer.body.upload_id}`)
  expect(await user.finished(answer.body.upload_id)).toMatchObject({
    kind: 'samples',
    status: 'processed',
    counts: { accepted: 50, duplicate: 0, rejected: 0 },
  })
  const read = await user.get(`/health-data?metric=heart_rate&${RANGE}`)
  expect(read.body.samples).toEqual(samples)
  expect(read.body.next_cursor).toBeNull()
  const { body } = await user.get('/summaries/daily?metric=heart_rate&from=2026-03-01&to=2026-03-01')
  expect(body).toMatchObject({
    unit: 'count/min',
    days: [{ date: '2026-03-01', count: 50, min: 60, max: 89 }],
  })
})

test('the same content again is the same upload, stored once', async () => {
  const id = randomUUID()
  const user = backend.as(id)
  const samples = [heart(1), heart(2)]
  const first = await user.upload(samples)
  const again = await user.post('/health-data', { samples })
  expect(again).toMatchObject({ status: 202, body: { upload_id: first.upload_id, status: 'processed' } })
  expect(await user.upload([...samples, heart(3)])).toMatchObject({ counts: { accepted: 1, duplicate: 2 } })
  const { Contents } = await backend.clients.s3.send(
    new ListObjectsV2Command({ Bucket: backend.names.bucket, Prefix: `raw/${id}/` }),
  )
  expect(Contents).toHaveLength(2)
  const hash = createHash('sha256').update(JSON.stringify(samples)).digest('hex')
  const { Body } = await backend.clients.s3.send(
    new GetObjectCommand({ Bucket: backend.names.bucket, Key: `raw/${id}/${hash}` }),
  )
  expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({ user_id: id, samples })
})

test('two users may send the same at the same moment', async () => {
  const samples = [heart(5)]
  const users = [backend.as(randomUUID()), backend.as(randomUUID())]
  const done = await Promise.all(users.map(user => user.upload(samples)))
  expect(done.map(upload => upload.counts.accepted)).toEqual([1, 1])
  expect(done[0]?.upload_id).not.toBe(done[1]?.upload_id)
})

test('pages through a range without loss or repetition', async () => {
  const user = backend.as(randomUUID())
  const samples = Array.from({ length: 40 }, (_, i) => heart(i * 240, { value: i + 50 }))
  await user.upload([...samples].reverse())
  const found: unknown[] = []
  let cursor = ''
  do {
    const { body } = await user.get(
      `/health-data?metric=heart_rate&from=2026-03-01T10:00:00Z&to=2026-03-07T00:00:00Z&limit=7${cursor}`,
    )
    expect(body.samples.length).toBeLessThanOrEqual(7)
    found.push(...body.samples)
    cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : ''
  } while (cursor)
  expect(found).toEqual(
    samples.filter(s => s.start >= '2026-03-01T10:00:00' && s.start < '2026-03-07T00:00:00'),
  )
})

test('another user sees neither samples nor uploads', async () => {
  const user = backend.as(randomUUID())
  const other = backend.as(randomUUID())
  const { upload_id } = await user.upload([heart(1)])
  const stolen = await other.get(`/uploads/${upload_id}`)
  const never = await other.get('/uploads/00000000-0000-8000-8000-000000000000')
  expect(stolen.status).toBe(404)
  expect({ ...stolen.body, instance: '' }).toEqual({ ...never.body, instance: '' })
  expect((await other.get(`/health-data?metric=heart_rate&${RANGE}`)).body.samples).toEqual([])
})

test('refuses a batch with bad samples, names each, stores nothing', async () => {
  const user = backend.as(randomUUID())
  const samples = [heart(1), heart(2, { type: 'mood_ring' }), heart(3), heart(4, { unit: 'kg', uuid: 'x' })]
  const { status, headers, body } = await user.post('/health-data', { samples })
  expect(status).toBe(422)
  expect(headers['content-type']).toContain('application/problem+json')
  expect(body.errors.map((e: { field: string; code: string }) => `${e.field} ${e.code}`)).toEqual([
    'samples/1/type unknown_metric',
    'samples/3/uuid bad_uuid',
  ])
  expect((await user.get(`/health-data?metric=heart_rate&${RANGE}`)).body.samples).toEqual([])
})

test.each([
  ['[]', 422, 'type'],
  ['{}', 422, 'required'],
  ['{"samples":[]}', 422, 'empty'],
  ['{"samples":{}}', 422, 'type'],
  ['{"samples":[1],"more":2}', 422, 'unknown_field'],
  [JSON.stringify({ samples: new Array(10_001).fill(0) }), 422, 'too_many'],
  ['{"samples":[', 400, undefined],
  [`{"samples":["${'x'.repeat(5 * 1024 * 1024)}"]}`, 413, undefined],
])('refuses the body %.30s', async (body, status, code) => {
  const answer = await backend.as(randomUUID()).post('/health-data', body)
  expect(answer.status).toBe(status)
  expect(answer.body.errors[0]?.code).toBe(code)
})

test('partial=true takes the good samples and lists the bad ones by index, and the status counts them', async () => {
  const user = backend.as(randomUUID())
  const samples = [heart(1), heart(2, { type: 'mood_ring' }), heart(3), heart(4, { value: 'fast' })]
  const { status, body } = await user.post('/health-data?partial=true', { samples })
  expect(status).toBe(202)
  expect(body).toMatchObject({ sample_count: 2 })
  expect(body.rejected.map((r: { index: number; code: string }) => [r.index, r.code])).toEqual([
    [1, 'unknown_metric'],
    [3, 'not_a_number'],
  ])
  expect(await user.finished(body.upload_id)).toMatchObject({
    counts: { accepted: 2, duplicate: 0, rejected: 2 },
    rejections: [
      { type: 'unknown', code: 'unknown_metric', count: 1 },
      { type: 'HKQuantityTypeIdentifierHeartRate', code: 'not_a_number', count: 1 },
    ],
  })
  expect((await user.post('/health-data?partial=true', { samples: [{}] })).status).toBe(422)
})

test('takes gzip, and holds the limit for what is unpacked', async () => {
  const user = backend.as(randomUUID())
  const gzip = { 'content-encoding': 'gzip' }
  const body = new Uint8Array(gzipSync(JSON.stringify({ samples: [heart(1), heart(2)] })))
  const answer = await user.post('/health-data', body, undefined, gzip)
  expect(answer).toMatchObject({ status: 202, body: { sample_count: 2 } })
  const bomb = new Uint8Array(gzipSync(Buffer.alloc(6 * 1024 * 1024, ' ')))
  expect((await user.post('/health-data', bomb, undefined, gzip)).status).toBe(413)
  expect(await user.post('/health-data', body.slice(0, -9), undefined, gzip)).toMatchObject({
    status: 400,
    body: { type: 'malformed_gzip' },
  })
  const brotli = await user.post('/health-data', body, undefined, { 'content-encoding': 'br' })
  expect(brotli).toMatchObject({ status: 415, headers: { 'accept-encoding': 'gzip' } })
})

test('an idempotency key gives the same answer for the same request, and refuses another', async () => {
  const user = backend.as(randomUUID())
  const key = { 'idempotency-key': randomUUID() }
  const samples = [heart(1)]
  const first = await user.post('/health-data', { samples }, undefined, key)
  await user.finished(first.body.upload_id)
  const again = await user.post('/health-data', { samples }, undefined, key)
  // Not the status of now: the very answer.
  expect(again).toMatchObject({
    status: 202,
    body: first.body,
    headers: { location: first.headers.location },
  })
  expect(await user.post('/health-data', { samples: [heart(2)] }, undefined, key)).toMatchObject({
    status: 422,
    body: { type: 'idempotency_key_reused' },
  })
  const deletion = { deletions: [{ uuid: randomUUID() }] }
  expect((await user.post('/health-data/deletions', deletion, undefined, key)).status).toBe(422)
  const other = backend.as(randomUUID())
  expect((await other.post('/health-data', { samples }, undefined, key)).status).toBe(202)
})

test.each([
  ['/health-data?metric=mood', 'metric unknown_metric'],
  ['/health-data', 'metric required'],
  ['/health-data?metric=steps&from=yesterday', 'from bad_time'],
  ['/health-data?metric=steps&from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'to end_before_start'],
  ['/health-data?metric=steps&limit=10001', 'limit maximum'],
  ['/health-data?metric=steps&cursor=abc', 'cursor bad_cursor'],
  ['/summaries/daily?metric=steps&from=2026-02-30&to=2026-03-01', 'from bad_date'],
])('refuses %s', async (path, expected) => {
  const { status, body } = await backend.as(randomUUID()).get(path)
  expect(status).toBe(422)
  expect(`${body.errors[0].field} ${body.errors[0].code}`).toBe(expected)
})

test('steps are not added up across sources, and sleep is on the date of waking', async () => {
  const user = backend.as(randomUUID())
  const sample = (type: string, value: number | string, start: string, end: string, name: string) => ({
    uuid: randomUUID(),
    type,
    value,
    ...(type === 'steps' && { unit: 'count' }),
    start: `2026-03-${start}:00+01:00`,
    end: `2026-03-${end}:00+01:00`,
    source: { name },
  })
  await user.upload([
    sample('steps', 1000, '01T08:00', '01T09:00', 'Watch'),
    sample('steps', 1200, '01T08:00', '01T09:00', 'iPhone'),
    sample('sleep_analysis', 'asleep_core', '01T22:30', '01T23:30', 'Watch'),
  ])
  // The night goes on in a later upload: its evening moves to the morning.
  await user.upload([sample('sleep_analysis', 'asleep_deep', '01T23:30', '02T06:00', 'Watch')])
  const sums = async (metric: string) =>
    (await user.get(`/summaries/daily?metric=${metric}&from=2026-02-20&to=2026-03-10`)).body.days.map(
      ({ date, sum }: { date: string; sum: number }) => [date, sum],
    )
  expect(await sums('steps')).toEqual([['2026-03-01', 1200]])
  expect(await sums('sleep_analysis')).toEqual([['2026-03-02', 450]])
})

test('lists the metrics', async () => {
  const { body } = await backend.as(randomUUID()).get('/metrics')
  expect(body.metrics.find((m: { name: string }) => m.name === 'heart_rate')).toMatchObject({
    healthkit_identifier: 'HKQuantityTypeIdentifierHeartRate',
    unit: 'count/min',
    loinc: '8867-4',
  })
})

test('what is logged holds no health data', () => {
  expect(backend.logged.length).toBeGreaterThan(10)
  expect(backend.logged.join('')).not.toMatch(/Apple Watch|asleep|mood_ring|iPhone/)
})
