import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { SaxesParser } from 'saxes'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Backend, startBackend } from './harness.ts'
import { zip } from './zip.ts'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend({ maxImportBytes: 12 * 1024 * 1024 })
  void backend.worker().start()
})
afterAll(() => backend.dispose())

const record = (minute: number, more = '') => {
  const time = `2020-05-01 ${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00 +0200`
  return `<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" unit="count/min" startDate="${time}" endDate="${time}" value="${50 + (minute % 50)}" ${more}/>`
}
const health = (inside: string) =>
  `<?xml version="1.0"?>\n<HealthData locale="en_US">\n${inside}\n</HealthData>`

async function importInto(user: string, body: string | Buffer, type = 'application/octet-stream') {
  const api = backend.as(user)
  const answer = await api.post('/imports', typeof body === 'string' ? body : new Uint8Array(body), type)
  expect(answer).toMatchObject({ status: 202, body: { status: 'received' } })
  return api.finished(answer.body.upload_id)
}

async function readAll(user: string, metric: string) {
  const { body } = await backend.as(user).get(`/health-data?metric=${metric}&limit=10000`)
  return body.samples
}

const REAL = ['export-small.xml', 'export-with-workout.xml'].map(
  name => new URL(`../../../shared/data/apple-health-export/${name}`, import.meta.url),
)

test.skipIf(!REAL.every(url => existsSync(url)))(
  'real exports import and read back record for record',
  async () => {
    for (const url of REAL)
      for (const packed of [false, true]) {
        const xml = readFileSync(url)
        const user = randomUUID()
        const body = packed ? zip({ 'apple_health_export/export.xml': xml }) : xml
        expect(await importInto(user, body)).toMatchObject({
          kind: 'import',
          status: 'processed',
          counts: { accepted: 5, duplicate: 0, rejected: 0 },
        })
        for (const element of elementsOf(xml.toString())) {
          const { name, attributes: a } = element
          const metric = { Record: a.type, Workout: 'workout', ActivitySummary: 'activity_summary' }[
            name
          ] as string
          const found = await readAll(user, metric)
          if (name === 'ActivitySummary') {
            expect(found).toContainEqual(
              expect.objectContaining({ value: Number(a.activeEnergyBurned), unit: 'kcal', metadata: a }),
            )
            continue
          }
          expect(found).toHaveLength(1)
          const [sample] = found
          expect(sample.source).toEqual({ name: a.sourceName, ...(a.device && { device: a.device }) })
          expect([sample.start, sample.end].map(exportTime)).toEqual([a.startDate, a.endDate])
          expect(sample.value).toBe(Number(name === 'Workout' ? a.duration : a.value))
          expect(sample.unit).toBe(name === 'Workout' ? a.durationUnit : a.unit)
          expect(sample.metadata).toMatchObject({
            creationDate: a.creationDate,
            sourceVersion: a.sourceVersion,
          })
          for (const { key = '', value } of element.entries) expect(sample.metadata[key]).toBe(value)
          if (name === 'Workout')
            expect(sample.metadata).toMatchObject({
              workoutActivityType: a.workoutActivityType,
              totalDistance: a.totalDistance,
              totalEnergyBurned: a.totalEnergyBurned,
            })
        }
      }
  },
)

/** `2016-04-18T08:25:32-07:00` → as the export writes it. */
function exportTime(text: string): string {
  return text.replace('T', ' ').replace(/([+-]\d\d):(\d\d)$/, ' $1$2')
}

/** The elements of an export that hold data, read apart from the code under test. */
function elementsOf(xml: string) {
  const found: { name: string; attributes: Record<string, string>; entries: Record<string, string>[] }[] = []
  const parser = new SaxesParser()
  parser.on('opentag', ({ name, attributes }) => {
    const plain = attributes as Record<string, string>
    if (['Record', 'Workout', 'ActivitySummary'].includes(name))
      found.push({ name, attributes: plain, entries: [] })
    if (name === 'MetadataEntry') found.at(-1)?.entries.push(plain)
  })
  parser.write(xml).close()
  return found
}

test('repeated records are stored once, unknown and bad ones are counted by type', async () => {
  const user = randomUUID()
  const xml = health(
    [
      record(1),
      record(2),
      `<Correlation type="HKCorrelationTypeIdentifierBloodPressure">${record(2)}</Correlation>`,
      record(3).replaceAll('2020-05-01', '2099-05-01'),
      record(4).replace('value="54"', 'value="fast"'),
      record(5).replace('HeartRate', 'MoodRing'),
      record(6).replace('HeartRate', 'MoodRing'),
    ].join('\n'),
  )
  const upload = await importInto(user, xml, 'application/xml')
  expect(upload).toMatchObject({ status: 'processed', counts: { accepted: 2, duplicate: 1, rejected: 4 } })
  expect(upload.rejections).toEqual([
    { type: 'HKQuantityTypeIdentifierMoodRing', code: 'unknown_metric', count: 2 },
    { type: 'HKQuantityTypeIdentifierHeartRate', code: 'future', count: 1 },
    { type: 'HKQuantityTypeIdentifierHeartRate', code: 'not_a_number', count: 1 },
  ])
  expect(await readAll(user, 'heart_rate')).toHaveLength(2)
  // A newer export holds all of it again.
  expect(await importInto(user, xml.replace(record(1), record(1) + record(9)))).toMatchObject({
    counts: { accepted: 1, duplicate: 3, rejected: 4 },
  })
})

test('the same export again is the same upload, and its body is kept once', async () => {
  const user = randomUUID()
  const xml = health(record(7))
  const { upload_id } = await importInto(user, xml)
  const again = await backend.as(user).post('/imports', xml, 'text/xml')
  expect(again).toMatchObject({ status: 202, body: { upload_id, status: 'processed' } })
  const { Contents } = await backend.clients.s3.send(
    new ListObjectsV2Command({ Bucket: backend.names.bucket, Prefix: `raw/${user}/` }),
  )
  // The body, and the envelope that names it.
  expect(Contents).toHaveLength(2)
})

test('an export of many parts and days streams through', async () => {
  const user = randomUUID()
  const days = Array.from({ length: 25 }, (_, day) =>
    Array.from({ length: 1440 }, (_, minute) =>
      record(minute).replaceAll('2020-05-01', `2020-05-${String(day + 1).padStart(2, '0')}`),
    ).join('\n'),
  )
  const xml = health(days.join('\n'))
  expect(xml.length).toBeGreaterThan(5 * 1024 * 1024)
  const upload = await importInto(user, xml)
  expect(upload).toMatchObject({
    status: 'processed',
    counts: { accepted: 36_000, duplicate: 0, rejected: 0 },
  })
  const { body } = await backend
    .as(user)
    .get('/summaries/daily?metric=heart_rate&from=2020-05-01&to=2020-05-31')
  expect(body.days).toHaveLength(25)
  expect(body.days[7]).toMatchObject({ date: '2020-05-08', count: 1440, min: 50, max: 99 })
}, 60_000)

const whole = zip({
  'apple_health_export/export.xml': health(Array.from({ length: 500 }, (_, i) => record(i)).join('')),
})
test.each([
  ['malformed xml', health(record(1)).replace('/>', '>'), /^the XML is malformed or incomplete at line 4/, 0],
  ['xml cut short', health(record(1) + record(2)).slice(0, -8), /records before it are stored/, 2],
  ['other xml', '<svg xmlns="http://www.w3.org/2000/svg"/>', /^the XML is not an Apple Health export/, 0],
  ['a zip without export.xml', zip({ 'photos/cat.jpg': 'meow' }), /^the zip holds no export.xml; send/, 0],
  [
    'a zip cut short',
    whole.subarray(0, whole.length - 60),
    /^the zip is damaged or incomplete; export again/,
    0,
  ],
  ['a zip with a damaged entry', damage(whole), /^the zip is damaged|^the XML is malformed/, undefined],
])('%s fails with a reason', async (_, body, reason, accepted) => {
  const upload = await importInto(randomUUID(), body)
  expect(upload).toMatchObject({ status: 'failed', reason: expect.stringMatching(reason) })
  if (accepted !== undefined) expect(upload.counts.accepted).toBe(accepted)
  await vi.waitFor(async () => expect(await backend.depth()).toBe(0))
})

function damage(bytes: Buffer): Buffer {
  const broken = Buffer.from(bytes)
  broken.fill(0xff, 200, 260)
  return broken
}

test.each([
  ['nothing', '', 'text/plain', 422, 'not_an_export'],
  ['json without a size', '{"samples":[]}', 'application/json', 422, 'validation_error'],
  ['an image', '\u0089PNG\r\n\u001a\n'.padEnd(100), 'image/png', 422, 'not_an_export'],
  [
    'too much',
    `<HealthData>${' '.repeat(12 * 1024 * 1024)}</HealthData>`,
    'application/xml',
    413,
    'too_large',
  ],
])('refuses %s', async (_, body, type, status, problem) => {
  const user = randomUUID()
  const answer = await backend.as(user).post('/imports', body, type)
  expect(answer).toMatchObject({ status, body: { type: problem } })
  const { Contents = [] } = await backend.clients.s3.send(
    new ListObjectsV2Command({ Bucket: backend.names.bucket, Prefix: `raw/${user}/` }),
  )
  expect(Contents).toEqual([])
})

/** Sends the parts that an import in parts offers. */
async function putParts(
  body: Buffer,
  offer: { part_size: number; parts: { number: number; url: string }[] },
) {
  for (const { number, url } of offer.parts) {
    const part = body.subarray((number - 1) * offer.part_size, number * offer.part_size)
    const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(part) })
    expect(answer.status, await answer.text()).toBe(200)
  }
}

test('an import in parts goes to S3 without us, can be taken up again, and is completed once', async () => {
  const user = randomUUID()
  const api = backend.as(user)
  const days = Array.from({ length: 2 }, (_, day) =>
    Array.from({ length: 1440 }, (_, minute) => record(minute).replaceAll('05-01', `05-0${day + 1}`)).join(
      '\n',
    ),
  )
  const body = Buffer.concat([Buffer.from(health(days.join('\n'))), Buffer.alloc(9 * 1024 * 1024, ' ')])
  const begun = await api.post('/imports', { size: body.length }, undefined, { 'idempotency-key': 'k1' })
  expect(begun).toMatchObject({ status: 201, body: { status: 'open', part_count: 2, received_parts: 0 } })
  expect(
    (await api.post('/imports', { size: body.length }, undefined, { 'idempotency-key': 'k1' })).body,
  ).toEqual(begun.body)
  const { import_id: id } = begun.body
  await putParts(body, { ...begun.body, parts: begun.body.parts.slice(1) })
  const early = await api.post(`/imports/${id}/complete`, {})
  expect(early).toMatchObject({ status: 409, body: { type: 'import_incomplete' } })
  expect(early.body.errors).toEqual([expect.objectContaining({ field: 'parts/1', code: 'missing' })])
  const again = await api.get(`/imports/${id}`)
  expect(again.body).toMatchObject({ received_parts: 1, parts: [{ number: 1 }] })
  await putParts(body, again.body)
  expect((await backend.as(randomUUID()).post(`/imports/${id}/complete`, {})).status).toBe(404)
  const done = await api.post(`/imports/${id}/complete`, {})
  expect(done.status).toBe(202)
  expect(await api.finished(done.body.upload_id)).toMatchObject({
    status: 'processed',
    counts: { accepted: 2880 },
  })
  expect((await api.post(`/imports/${id}/complete`, {})).body).toEqual({
    upload_id: done.body.upload_id,
    status: 'processed',
  })
})

test('an import in parts that is no export is refused and removed; one that is given up is gone', async () => {
  const api = backend.as(randomUUID())
  const { body: other } = await api.post('/imports', { size: 300 })
  await putParts(Buffer.alloc(300, 'x'), other)
  expect(await api.post(`/imports/${other.import_id}/complete`, {})).toMatchObject({
    status: 422,
    body: { type: 'not_an_export' },
  })
  const { body: given } = await api.post('/imports', { size: 300 })
  expect((await api.remove(`/imports/${given.import_id}`)).status).toBe(204)
  expect((await api.get(`/imports/${given.import_id}`)).status).toBe(404)
  expect((await api.post('/imports', { size: 9 * 1024 ** 3 })).status).toBe(422)
})
