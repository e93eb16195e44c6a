import { expect, test } from 'vitest'
import type { DailySummary } from '../../domain/daily-summary.ts'
import { addDays } from '../../domain/insights/facts.ts'
import { createTestApp, TOKEN } from '../testing/test-app.ts'

const headers = { authorization: `Bearer ${TOKEN}` }

function steps(last: string, days: number): DailySummary[] {
  return Array.from({ length: days }, (_, i) => ({
    date: addDays(last, i - days + 1),
    metric: 'steps',
    unit: 'count',
    count: 10,
    min: 1,
    max: 900,
    mean: 100,
    sum: 8000 + i,
  }))
}

test('an insight is computed, kept, and read back the same', async () => {
  const { app } = await createTestApp({ summaries: steps('2026-11-24', 20) })
  const made = await app.inject({ method: 'POST', url: '/api/v1/insights', headers, payload: {} })
  expect(made.statusCode).toBe(201)
  const insight = made.json()
  expect(insight).toMatchObject({
    from: '2026-11-11',
    to: '2026-11-24',
    generated_by: 'deterministic',
    reason: 'skip_external_services',
    confidence: 1,
    generated_at: '2026-11-24T10:00:00Z',
  })
  expect(insight.facts[0]).toMatchObject({ id: 'F1', value: 14, unit: 'days', metric: null })
  expect(insight.narrative).toContain('Steps averaged 8,013 a day over every day.')
  expect(made.headers.location).toBe(`/api/v1/insights/${insight.insight_id}`)
  const read = await app.inject({ url: made.headers.location as string, headers })
  expect(read.json()).toEqual(insight)
})

test('a body is not needed, and a user east of Greenwich may be a day ahead', async () => {
  const { app } = await createTestApp({ summaries: steps('2026-11-25', 20) })
  const made = await app.inject({ method: 'POST', url: '/api/v1/insights', headers })
  expect(made.json()).toMatchObject({ from: '2026-11-12', to: '2026-11-25', confidence: 1 })
})

test("a model's words are named as such", async () => {
  const { app } = await createTestApp({
    summaries: steps('2026-11-24', 3),
    wording: { word: async () => ({ ok: true, narrative: 'Well done.' }) },
  })
  const made = await app.inject({ method: 'POST', url: '/api/v1/insights', headers, payload: {} })
  expect(made.json()).toMatchObject({ narrative: 'Well done.', generated_by: 'gemini', confidence: 0.21 })
  expect(made.json()).not.toHaveProperty('reason')
})

test('no data is 422 no_data and says what to send', async () => {
  const { app } = await createTestApp()
  const made = await app.inject({
    method: 'POST',
    url: '/api/v1/insights',
    headers,
    payload: { from: '2026-01-01', to: '2026-01-31' },
  })
  expect(made.statusCode).toBe(422)
  expect(made.json()).toMatchObject({ type: 'no_data' })
  expect(made.json().detail).toContain('/api/v1/health-data')
})

test.each([
  [{ from: '2026-11-24', to: '2026-11-01' }, 'to'],
  [{ from: '2024-01-01', to: '2026-11-01' }, 'from'],
  [{ from: 'yesterday' }, 'from'],
  [{ to: '2026-02-30' }, 'to'],
])('the period %j is refused at %s', async (payload, field) => {
  const { app } = await createTestApp()
  const made = await app.inject({ method: 'POST', url: '/api/v1/insights', headers, payload })
  expect(made.statusCode).toBe(422)
  expect(made.json().errors[0].field).toBe(field)
})

test('insights are listed newest first, page by page', async () => {
  const { app } = await createTestApp({ summaries: steps('2026-11-24', 5) })
  for (let i = 0; i < 3; i++)
    await app.inject({ method: 'POST', url: '/api/v1/insights', headers, payload: {} })
  const first = (await app.inject({ url: '/api/v1/insights?limit=2', headers })).json()
  expect(first.insights.map((i: { insight_id: string }) => i.insight_id.at(-1))).toEqual(['3', '2'])
  const second = (
    await app.inject({ url: `/api/v1/insights?limit=2&cursor=${first.next_cursor}`, headers })
  ).json()
  expect(second.insights).toHaveLength(1)
  expect(second.next_cursor).toBeNull()
})

test('an unknown insight, or what is no id, is refused', async () => {
  const { app } = await createTestApp()
  const unknown = await app.inject({ url: '/api/v1/insights/00000000-0000-7000-8000-00000000ffff', headers })
  expect(unknown.statusCode).toBe(404)
  expect((await app.inject({ url: '/api/v1/insights/latest', headers })).statusCode).toBe(422)
})

test('a table that does not answer is 503, to be tried again', async () => {
  const { app } = await createTestApp({
    summaries: { daily: () => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' })) },
  })
  const made = await app.inject({ method: 'POST', url: '/api/v1/insights', headers, payload: {} })
  expect(made.statusCode).toBe(503)
  expect(made.json().type).toBe('service_unavailable')
  expect(made.headers['retry-after']).toBe('5')
})
