import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { SampleStore } from '../adapters/dynamodb/sample-store.ts'
import type { UploadStore } from '../adapters/dynamodb/upload-store.ts'
import type { RawStore } from '../adapters/s3/raw-store.ts'
import type { UploadQueue } from '../adapters/sqs/upload-queue.ts'
import { createLog } from '../logging.ts'
import { healthDataRoutes } from './health-data/routes.ts'
import { importRoutes } from './imports/routes.ts'
import { createReads } from './measures/read-cache.ts'
import { metricRoutes } from './metrics/routes.ts'
import { summaryRoutes } from './summaries/routes.ts'
import { createTestApp, TOKEN, USER } from './testing/test-app.ts'
import { uploadRoutes } from './uploads/routes.ts'

/** Values that are found again wherever they end up. */
const MARKS = {
  email: 'marked-person@clinic.example',
  password: 'Marked-Password-77123',
  value: 77123.25,
  note: 'marked-note-in-metadata',
  source: 'Marked Watch',
  code: '771234',
  token: 'marked.refresh.token',
  query: 'marked-query-value',
  inside: 'marked-message-of-an-error',
}

test('nothing of what people send is in the log, whether it succeeds, is refused or breaks', async () => {
  const lines: string[] = []
  const log = createLog({
    level: 'debug',
    release: 'r',
    environment: 'test',
    service: 'api',
    destination: { write: line => void lines.push(line) },
  })
  const failing = new Proxy({}, { get: () => () => Promise.reject(broken()) })
  const clock = { now: () => Date.now() }
  const stores = {
    samples: failing as SampleStore,
    uploads: failing as UploadStore,
    raw: { putOnce: async () => {}, putStream: () => Promise.reject(broken()) } as unknown as RawStore,
    queue: failing as UploadQueue,
    idempotency: failing as never,
    erasures: { isErased: async () => false },
    imports: failing as never,
    multipart: failing as never,
    clock,
    log,
  }
  const reads = createReads({ revisions: { of: () => Promise.reject(broken()) }, clock, log })
  const { app } = await createTestApp({
    log,
    accounts: {
      login: async () => ({
        kind: 'tokens',
        tokens: { accessToken: 'a', refreshToken: MARKS.token, expiresIn: 9 },
      }),
      refresh: () => Promise.reject(broken()),
      register: () => Promise.reject(broken()),
    },
    checks: [{ name: 'table', ask: () => Promise.reject(broken()) }],
    routes: [
      healthDataRoutes({ ...stores, reads }),
      importRoutes(stores),
      uploadRoutes(stores),
      summaryRoutes({ ...stores, reads }),
      metricRoutes(),
      async api => {
        api.get('/breaks', () => Promise.reject(broken()))
      },
    ],
  })
  const statuses = new Set<number>()
  const send = async (
    method: 'GET' | 'POST',
    url: string,
    payload?: object | string,
    type = 'application/json',
  ) => {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'x-note': MARKS.note,
      ...(payload && { 'content-type': type }),
    }
    const { statusCode } = await app.inject({ method, url, headers, payload })
    statuses.add(statusCode)
  }
  const { email, password, code, token, query, note, source, value } = MARKS
  const sample = (more: object) => ({
    uuid: randomUUID(),
    type: 'steps',
    value,
    unit: 'count',
    start: new Date(Date.now() - 60_000).toISOString(),
    end: new Date(Date.now() - 30_000).toISOString(),
    source: { name: source },
    metadata: { note },
    ...more,
  })

  await send('POST', '/api/v1/auth/login', { email, password })
  await send('POST', '/api/v1/auth/login', { email: `${email} `, password })
  await send('POST', '/api/v1/auth/register', { email, password })
  await send('POST', '/api/v1/auth/confirm', { email, code })
  await send('POST', '/api/v1/auth/refresh', { refresh_token: token })
  await send('POST', '/api/v1/health-data', { samples: [sample({})] })
  await send('POST', '/api/v1/health-data', { samples: [sample({ type: note, value: query, start: email })] })
  await send('POST', '/api/v1/health-data', `{"samples": [{"value": ${value}, "note": "${note}" ]}`)
  await send(
    'POST',
    '/api/v1/imports',
    `<HealthData><Record value="${value}"/></HealthData>`,
    'application/xml',
  )
  await send('POST', '/api/v1/imports', note, 'application/zip')
  await send('GET', `/api/v1/health-data?metric=${query}&from=${email}&to=${note}`)
  await send('GET', `/api/v1/summaries/daily?metric=steps&from=2026-11-01&to=2026-11-02&note=${query}`)
  await send('GET', `/api/v1/uploads/${query}`)
  await send('GET', `/api/v1/${query}?email=${email}`)
  await send('GET', `/api/v1/breaks?value=${value}&email=${email}`)
  await send('POST', '/api/v1/insights', { from: query })
  await send('POST', '/api/v1/insights', {})
  await send('GET', '/health/ready')

  // The requests did take their different ways.
  expect([...statuses].sort()).toEqual([200, 400, 404, 422, 500, 503])
  const logged = lines.join('\n')
  expect(lines.length).toBeGreaterThan(18)
  for (const [name, mark] of Object.entries(MARKS)) expect(logged.includes(String(mark)), name).toBe(false)
  expect(logged).not.toMatch(/marked|Marked/)
  expect(logged).not.toContain(USER)
  expect(logged).not.toContain(TOKEN)
})

function broken(): Error {
  return new Error(MARKS.inside, { cause: new Error(`${MARKS.email} ${MARKS.value}`) })
}
