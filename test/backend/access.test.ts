import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountHash } from '../../backend/src/adapters/dynamodb/erasure-store.ts'
import { type Answer, type Backend, startBackend } from './harness.ts'

const OWNER = '11111111-1111-4111-8111-111111111111'
const OTHER = '22222222-2222-4222-8222-222222222222'
const CLINICIAN = '33333333-3333-4333-8333-333333333333'
/** What the owner's data can be known by, wherever it turns up. */
const MARK = '77123'
const HOUR = 3_600_000

let backend: Backend
let shift = 0
let uploadId: string
beforeAll(async () => {
  backend = await startBackend({ clock: { now: () => Date.now() + shift } })
  const worker = backend.worker()
  void worker.start()
  const start = new Date(Date.now() - HOUR).toISOString()
  const samples = ['heart_rate', 'steps'].map((type, i) => ({
    uuid: `aaaaaaaa-0000-4000-8000-00000000000${i}`,
    type,
    value: Number(MARK),
    unit: type === 'steps' ? 'count' : 'count/min',
    start,
    end: start,
    source: { name: `Watch ${MARK}` },
  }))
  uploadId = (await backend.as(OWNER).upload(samples)).upload_id
  await worker.stop()
})
afterAll(() => backend.dispose())

test('no route gives another person anything, whatever ids and keys they know', async () => {
  const grant = await share({ metrics: ['oxygen_saturation'], grantee: CLINICIAN })
  const document = (await backend.app.inject('/openapi.json')).json()
  const ids = [uploadId, grant.body.grant_id, OWNER]
  let asked = 0
  for (const [path, methods] of Object.entries<Record<string, object>>(document.paths)) {
    if (!path.startsWith('/api/v1/') || path.startsWith('/api/v1/auth/')) continue
    for (const method of Object.keys(methods)) {
      for (const id of ids) {
        const url = path.replace(/\{\w+\}/g, id)
        for (const subject of ['', OWNER]) {
          const query = new URLSearchParams({ metric: 'heart_rate', from: '2020-01-01', to: '2020-12-31' })
          if (subject) query.set('subject', subject)
          if (url.endsWith('/events') && !subject) continue
          if (path === '/api/v1/account') query.set('confirm', 'nothing')
          const answer = await backend.app.inject({
            method: method as 'GET',
            url: `${url}?${query}`,
            headers: { authorization: `Bearer ${OTHER}`, 'idempotency-key': 'the-owners-key' },
            ...(method !== 'get' && method !== 'delete' && { payload: {} }),
          })
          asked++
          const about = `${method} ${url} ${subject}: ${answer.statusCode} ${answer.body.slice(0, 200)}`
          expect(answer.statusCode, about).not.toBe(500)
          expect(answer.body, about).not.toContain(MARK)
          if (subject && !path.startsWith('/api/v1/erasures')) expect(answer.statusCode, about).toBe(404)
          // The earlier clients' paths say 403 to any user id but one's own, whether or not there is such a user.
          if (path.includes('{') && method === 'get') expect([403, 404], about).toContain(answer.statusCode)
        }
      }
    }
  }
  expect(asked).toBeGreaterThan(100)
  // And what the owner has is as it was.
  expect((await read(OWNER, 'heart_rate')).body.samples).toHaveLength(1)
  const [still] = (await backend.as(OWNER).get('/grants')).body.grants
  expect(still).toMatchObject({ status: 'active' })
})

test('a grant lets its grantee read its metrics alone, until it is taken back or has ended', async () => {
  const { status, body: grant, headers } = await share({ metrics: ['heart_rate'], grantee: CLINICIAN })
  expect(status).toBe(201)
  expect(headers.location).toBe(`/api/v1/grants/${grant.grant_id}`)
  const granted = await read(CLINICIAN, 'heart_rate', OWNER)
  expect(granted).toMatchObject({ status: 200, body: { samples: [{ value: Number(MARK) }] } })
  const period = 'from=2026-01-01&to=2026-01-02'
  const summaries = await backend
    .as(CLINICIAN)
    .get(`/summaries/daily?metric=heart_rate&${period}&subject=${OWNER}`)
  expect(summaries.status).toBe(200)

  const nothing = await read(CLINICIAN, 'steps', OWNER)
  for (const refused of [
    await read(OTHER, 'heart_rate', OWNER),
    await read(CLINICIAN, 'heart_rate', OTHER),
    await backend.as(CLINICIAN).get(`/health-data?metric=heart_rate&metric=steps&subject=${OWNER}`),
    await backend.as(CLINICIAN).get(`/heart?subject=${OWNER}`),
    await backend.as(CLINICIAN).get(`/insights?subject=${OWNER}`),
    await backend.as(CLINICIAN).get(`/audit?subject=${OWNER}`),
    await backend.as(CLINICIAN).post(`/exports?subject=${OWNER}`, {}),
    await backend.as(CLINICIAN).remove(`/grants/${grant.grant_id}`),
  ])
    expect(refused).toMatchObject({ status: 404, body: { type: 'not_found' } })
  expect(nothing.status).toBe(404)

  expect((await backend.as(OWNER).remove(`/grants/${grant.grant_id}`)).status).toBe(204)
  expect((await read(CLINICIAN, 'heart_rate', OWNER)).status).toBe(404)
  const listed = (await backend.as(OWNER).get('/grants')).body.grants
  expect(listed.find((each: { grant_id: string }) => each.grant_id === grant.grant_id).status).toBe('revoked')

  await share({ metrics: ['heart_rate'], grantee: CLINICIAN, hours: 2 })
  expect((await read(CLINICIAN, 'heart_rate', OWNER)).status).toBe(200)
  shift = 2 * HOUR
  expect((await read(CLINICIAN, 'heart_rate', OWNER)).status).toBe(404)
  shift = 0
})

test('a grant that makes no sense is refused with its field', async () => {
  const refused = async (given: object, field: string) => {
    const body = { grantee_id: OTHER, metrics: ['steps'], expires_at: later(24), ...given }
    const answer = await backend.as(OWNER).post('/grants', body)
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field }] } })
  }
  await refused({ grantee_id: OWNER }, 'grantee_id')
  await refused({ metrics: ['everything'] }, 'metric')
  await refused({ expires_at: later(-1) }, 'expires_at')
  await refused({ expires_at: later(24 * 400) }, 'expires_at')
  await refused({ expires_at: 'tomorrow' }, 'expires_at')
})

test('every read and write is in the trail of whose data it is, by whom and by what right', async () => {
  const person = '44444444-4444-4444-8444-444444444444'
  const written = await backend.as(person).post('/health-data', { samples: [] })
  expect(written.status).toBe(422)
  const mine = await read(person, 'steps')
  const { body: grant } = await share({ metrics: ['steps'], grantee: CLINICIAN, owner: person })
  const theirs = await read(CLINICIAN, 'steps', person)
  expect((await read(CLINICIAN, 'heart_rate', person)).status).toBe(404)

  const first = await backend.as(person).get('/audit?limit=1')
  expect(first.body.records[0]).toEqual({
    at: expect.any(String),
    request_id: theirs.headers['x-request-id'],
    by: CLINICIAN,
    action: 'read',
    what: 'GET /api/v1/health-data',
    metrics: ['steps'],
    grant_id: grant.grant_id,
  })
  const rest = await backend.as(person).get(`/audit?cursor=${first.body.next_cursor}`)
  expect(rest.body.next_cursor).toBeNull()
  expect(rest.body.records.map((each: { what: string }) => each.what)).toEqual([
    'POST /api/v1/grants',
    'GET /api/v1/health-data',
    'POST /api/v1/health-data',
  ])
  expect(rest.body.records[1]).toMatchObject({ by: 'self', request_id: mine.headers['x-request-id'] })
  expect((await backend.as(person).get('/audit?cursor=%00')).status).toBe(422)
})

test('many requests at once are each recorded, in fewer items', async () => {
  const person = '55555555-5555-4555-8555-555555555555'
  await Promise.all(Array.from({ length: 30 }, () => read(person, 'steps')))
  const { records, next } = await backend.audit.page(person, 500)
  expect(next).toBeUndefined()
  expect(new Set(records.map(({ requestId }) => requestId)).size).toBe(30)
  // A record that is there already is not written over.
  const changed = { userId: person, records: [{ ...records.at(-1)!, what: 'nothing' }] }
  const fresh = { userId: person, records: [{ ...records.at(-1)!, requestId: 'another' }] }
  expect(await backend.audit.append([changed, fresh])).toEqual([undefined, undefined])
  const after = await backend.audit.page(person, 500)
  expect(after.records.map(({ requestId }) => requestId)).toContain('another')
  expect(after.records.filter(({ what }) => what === 'nothing')).toEqual([])
})

test('records that an earlier release wrote, as a list, are read with those of this one', async () => {
  const person = '66666666-6666-4666-8666-666666666666'
  await read(person, 'steps')
  const old = { at: '2026-01-02T03:04:05.000Z', requestId: 'old', by: 'self', action: 'read', what: 'GET /x' }
  await DynamoDBDocumentClient.from(backend.clients.dynamodb).send(
    new PutCommand({
      TableName: backend.names.tableName,
      Item: { pk: `AUDIT#${accountHash(person)}`, sk: `${old.at}#old`, records: [old] },
    }),
  )
  const { body } = await backend.as(person).get('/audit')
  expect(body.records.map((each: { what: string }) => each.what)).toEqual([
    'GET /api/v1/health-data',
    'GET /x',
  ])
})

async function read(token: string, metric: string, subject?: string): Promise<Answer> {
  return backend.as(token).get(`/health-data?metric=${metric}${subject ? `&subject=${subject}` : ''}`)
}

async function share(given: {
  metrics: string[]
  grantee: string
  hours?: number
  owner?: string
}): Promise<Answer> {
  const { metrics, grantee, hours = 24, owner = OWNER } = given
  return backend.as(owner).post('/grants', { grantee_id: grantee, metrics, expires_at: later(hours) })
}

function later(hours: number): string {
  return new Date(Date.now() + hours * HOUR).toISOString()
}
