import { createHash, randomUUID } from 'node:crypto'
import { ListObjectVersionsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { uploadId } from '../../backend/src/domain/upload.ts'
import { type Backend, startBackend } from './harness.ts'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
  await backend.clients.s3.send(
    new PutBucketVersioningCommand({
      Bucket: backend.names.bucket,
      VersioningConfiguration: { Status: 'Enabled' },
    }),
  )
  void backend.worker().start()
})
afterAll(() => backend.dispose())

const sample = (minute: number, more: object = {}) => {
  const at = new Date(Date.parse('2026-03-01T06:00:00Z') + minute * 60_000).toISOString()
  const common = { uuid: randomUUID(), start: at, end: at, source: { name: 'Watch', bundle_id: 'com.apple' } }
  return { ...common, type: 'heart_rate', value: 60 + (minute % 30), unit: 'bpm', ...more }
}
const night = { start: '2026-03-01T22:00:00+01:00', end: '2026-03-02T06:00:00+01:00', unit: undefined }
const record = (minute: number) =>
  `<Record type="HKQuantityTypeIdentifierStepCount" sourceName="iPhone" unit="count" startDate="2020-05-01 08:${String(minute).padStart(2, '0')}:00 +0200" endDate="2020-05-01 08:59:00 +0200" value="${minute}"/>`

/** A user with samples of several kinds, a deletion, and an import. */
async function someone() {
  const user = randomUUID()
  const api = backend.as(user)
  const gone = sample(3)
  const samples = [
    sample(1, { start: '2026-03-01T06:01:00.250+01:00', end: '2026-03-01T06:01:00.250+01:00' }),
    sample(2, { type: 'body_temperature', value: 98.6, unit: 'degF' }),
    sample(2, { type: 'HKQuantityTypeIdentifierOxygenSaturation', value: 0.97, unit: '%' }),
    sample(4, { type: 'sleep_analysis', value: 'HKCategoryValueSleepAnalysisAsleepREM', ...night }),
  ]
  await api.upload([...samples, gone])
  const { body } = await api.post('/health-data/deletions', { deletions: [{ uuid: gone.uuid }] })
  await api.finished(body.upload_id)
  const xml = `<HealthData>${[1, 2, 3].map(record).join('\n')}</HealthData>`
  const sent = await api.post('/imports', xml, 'application/xml')
  await api.finished(sent.body.upload_id)
  return { user, api, samples, gone }
}

async function exported(api: ReturnType<Backend['as']>, format: string) {
  const asked = await api.post('/exports', { format })
  expect(asked).toMatchObject({ status: 202, body: { format, status: 'received' } })
  const done = await vi.waitFor(async () => {
    const { body } = await api.get(`/exports/${asked.body.export_id}`)
    expect(body.status).toBe('processed')
    return body
  }, 10_000)
  const answer = await fetch(done.download.url)
  const text = await answer.text()
  expect(answer.headers.get('content-type')).toBe(done.download.content_type)
  expect(createHash('sha256').update(text).digest('hex')).toBe(done.sha256)
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines).toHaveLength(done.lines)
  return { lines, done }
}

test('an NDJSON export holds everything: samples as they were sent, summaries, deletions, uploads', async () => {
  const { user, api, samples, gone } = await someone()
  const { lines, done } = await exported(api, 'ndjson')
  expect(done.samples).toBe(7)
  const ofKind = (kind: string) => lines.filter(line => line.kind === kind)
  const sent = ofKind('sample').map(line => line.sample)
  for (const { unit, ...fields } of samples)
    expect(sent).toContainEqual({ ...fields, ...(unit !== undefined && { unit }) })
  expect(ofKind('sample').filter(line => line.metric === 'steps')).toHaveLength(3)
  expect(ofKind('deletion')).toEqual([{ kind: 'deletion', uuid: gone.uuid }])
  expect(ofKind('summary').map(line => line.metric)).toEqual(
    expect.arrayContaining(['heart_rate', 'steps', 'sleep_analysis']),
  )
  expect(ofKind('upload').map(line => line.record.status)).toEqual(['processed', 'processed', 'processed'])
  expect(lines[0]).toMatchObject({ kind: 'export', user_id: user })
  expect(lines.at(-1)).toEqual({ kind: 'end', lines: lines.length })
  expect((await backend.as(randomUUID()).get(`/exports/${done.export_id}`)).status).toBe(404)
})

test('a FHIR export holds each sample as an R4 Observation with LOINC and UCUM', async () => {
  const { user, api, samples } = await someone()
  const { lines } = await exported(api, 'fhir')
  expect(lines[0]).toEqual({ resourceType: 'Patient', id: user })
  const observations = lines.slice(1)
  expect(observations).toHaveLength(7)
  for (const observation of observations) {
    expect(observation).toMatchObject({
      resourceType: 'Observation',
      status: 'final',
      subject: { reference: `Patient/${user}` },
    })
    // https://hl7.org/fhir/R4/datatypes.html#dateTime
    for (const time of [observation.effectiveDateTime, ...Object.values(observation.effectivePeriod ?? {})])
      if (time) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$/)
    expect(JSON.stringify(observation)).not.toContain('null')
  }
  const of = (index: number) => observations.find(({ id }) => id === samples[index]?.uuid)
  expect(of(0)).toMatchObject({
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${samples[0]?.uuid}` }],
    category: [{ coding: [{ code: 'vital-signs' }] }],
    code: {
      coding: [{ system: 'http://loinc.org', code: '8867-4' }, { code: 'HKQuantityTypeIdentifierHeartRate' }],
    },
    effectiveDateTime: '2026-03-01T06:01:00.250+01:00',
    valueQuantity: { value: 61, unit: 'count/min', system: 'http://unitsofmeasure.org', code: '/min' },
  })
  expect(of(1)).toMatchObject({
    valueQuantity: { value: expect.closeTo(37, 10), code: 'Cel' },
    extension: [{ valueQuantity: { value: 98.6, unit: 'degF' } }],
  })
  expect(of(2).code.coding.map(({ code }: { code: string }) => code)).toContain('2708-6')
  expect(of(2).valueQuantity).toMatchObject({ value: 97, code: '%' })
  expect(of(3)).toMatchObject({
    effectivePeriod: { start: '2026-03-01T22:00:00+01:00', end: '2026-03-02T06:00:00+01:00' },
    valueCodeableConcept: { text: 'HKCategoryValueSleepAnalysisAsleepREM' },
  })
})

test('erasing leaves nothing, gives a receipt, and what still comes for the account is not stored', async () => {
  const { user, api } = await someone()
  await exported(api, 'ndjson')
  expect((await api.remove('/account')).status).toBe(422)
  const asked = await api.remove('/account?confirm=erase')
  expect(asked.status).toBe(202)
  // Twice is once.
  expect((await api.remove('/account?confirm=erase')).body).toEqual(asked.body)
  const receipt = await vi.waitFor(async () => {
    const answer = await fetch(`${backend.app.listeningOrigin}${asked.headers.location}`)
    const body = (await answer.json()) as Record<string, unknown>
    expect(body.status).toBe('erased')
    return body
  }, 10_000)
  expect(receipt).toMatchObject({
    erasure_id: asked.body.erasure_id,
    account_hash: createHash('sha256').update(`account\n${user}`).digest('hex'),
    removed: { object_versions: expect.any(Number), identity: true },
    verified: { table_items: 0, object_versions: 0 },
  })
  expect(JSON.stringify(receipt)).not.toContain(user)
  expect(backend.signInsRemoved).toContain(user)
  expect((await api.post('/health-data', { samples: [sample(1)] })).body.type).toBe('account_erased')
  // A message that was on its way, and its envelope.
  const pointer = { version: 1, user_id: user, kind: 'samples', key: `raw/${user}/late` }
  await backend.raw.putOnce(
    pointer.key,
    Buffer.from(JSON.stringify({ user_id: user, samples: [sample(1)] })),
    'x',
  )
  await backend.clients.sqs.send(
    new SendMessageCommand({
      QueueUrl: backend.names.queueUrl,
      MessageBody: JSON.stringify({
        ...pointer,
        upload_id: randomUUID(),
        received_at: '2026-03-01T00:00:00Z',
      }),
      MessageGroupId: user,
      MessageDeduplicationId: randomUUID(),
    }),
  )
  await vi.waitFor(async () => expect(await backend.depth()).toBe(0), 10_000)
  expect(await Array.fromAsync(backend.partition.items(user))).toEqual([])
  for (const Prefix of [`raw/${user}/`, `exports/${user}/`]) {
    const { Versions = [], DeleteMarkers = [] } = await backend.clients.s3.send(
      new ListObjectVersionsCommand({ Bucket: backend.names.bucket, Prefix }),
    )
    expect([...Versions, ...DeleteMarkers]).toEqual([])
  }
})

test('a rebuild from the raw envelopes makes the same table, item by item, and mends what differs', async () => {
  const [{ user, api, samples }, other] = [await someone(), await someone()]
  await api.upload([...samples.slice(0, 2), sample(5), sample(3000)])
  const stored = async () => {
    const items = await Array.fromAsync(backend.partition.items(user))
    return items.filter(({ sk }) => /^[CST]#/.test(sk))
  }
  const before = await stored()
  expect(before.length).toBeGreaterThan(10)
  const [first, second] = before
  await backend.partition.removeItem(user, first?.sk ?? '')
  await backend.partition.put({ ...(second as (typeof before)[0]), count: 999 })
  await backend.partition.put({ ...(second as (typeof before)[0]), sk: 'C#heart_rate#1999-01-01#0000' })

  const run = async (userId: string, key: 'mend' | 'check') => {
    const name = `${key} ${randomUUID()}`
    const pointer = { version: 1, user_id: userId, kind: 'rebuild', key: name } as const
    const received_at = new Date().toISOString()
    await backend.queue.send({ ...pointer, upload_id: uploadId(userId, name), received_at })
    return vi.waitFor(async () => {
      const found = await backend.uploads.get(user, uploadId(user, name))
      expect(found?.status).toBe('processed')
      return found?.result
    }, 15_000)
  }
  const wrong = { uploads: 4, same: before.length - 2, changed: 2, removed: 1 }
  expect(await run(user, 'check')).toEqual(wrong)
  expect(await run('*', 'mend')).toEqual(wrong)
  expect(await stored()).toEqual(before)
  expect(await run(user, 'check')).toEqual({ uploads: 4, same: before.length, changed: 0, removed: 0 })
  expect(await Array.fromAsync(backend.partition.items(`${user}#rebuild`))).toEqual([])
  expect((await other.api.get('/health-data?metric=heart_rate')).body.samples).toHaveLength(1)
})
