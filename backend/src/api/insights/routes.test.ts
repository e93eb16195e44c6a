import { expect, test } from 'vitest'
import type { DailySummary } from '../../domain/daily-summary.ts'
import { addDays } from '../../domain/insights/facts.ts'
import type { Wording } from '../../domain/insights/insight.ts'
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

const worded = (narrative: string): Wording & { asked: number } => ({
  version: 'test/1',
  asked: 0,
  async word() {
    this.asked++
    return { ok: true, narrative, turns: [] }
  },
  async answer(question, tools) {
    this.asked++
    tools.call('get_metric_summary', { metric: 'steps', days: 7 })
    return { ok: true, narrative: `${narrative} ${question}`, turns: [] }
  },
})

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
    wording: worded('Well done.'),
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
  for (const from of ['2026-11-20', '2026-11-21', '2026-11-22'])
    await app.inject({ method: 'POST', url: '/api/v1/insights', headers, payload: { from } })
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

test('the same facts, worded by the same model, are the same insight', async () => {
  const wording = worded('Well done.')
  const { app } = await createTestApp({ summaries: steps('2026-11-24', 5), wording })
  const post = (payload = {}) => app.inject({ method: 'POST', url: '/api/v1/insights', headers, payload })
  const first = await post()
  const second = await post()
  expect([first.statusCode, second.statusCode, wording.asked]).toEqual([201, 200, 1])
  expect(second.json()).toEqual(first.json())
  expect((await post({ from: '2026-11-22' })).statusCode).toBe(201)
})

test('a fallback that may pass is not taken for the same again', async () => {
  const failing: Wording = {
    ...worded(''),
    word: async () => ({ ok: false, reason: 'gemini_timeout', turns: [] }),
  }
  const { app } = await createTestApp({ summaries: steps('2026-11-24', 5), wording: failing })
  const post = () => app.inject({ method: 'POST', url: '/api/v1/insights', headers, payload: {} })
  expect([(await post()).statusCode, (await post()).statusCode]).toEqual([201, 201])
})

test.each([
  ['/api/v1/insights?stream=true', {}],
  ['/api/v1/insights', { accept: 'text/event-stream' }],
])(
  '%s with %j tells the facts first, then words that have been checked, then the whole',
  async (url, more) => {
    const { app } = await createTestApp({
      summaries: steps('2026-11-24', 5),
      wording: worded('One sentence. And another, of 7.5 h.'),
    })
    const told = await app.inject({ method: 'POST', url, headers: { ...headers, ...more }, payload: {} })
    expect(told.statusCode).toBe(200)
    expect(told.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    const events = told.body.split('\n\n').filter(Boolean)
    expect(events.map(event => /^event: (\w+)/.exec(event)?.[1])).toEqual([
      'facts',
      'words',
      'words',
      'insight',
    ])
    const [facts, first, , insight] = events.map(event => JSON.parse(event.split('data: ')[1]!))
    expect(facts.facts[0]).toEqual({
      id: 'F1',
      text: expect.any(String),
      value: 5,
      unit: 'days',
      metric: null,
    })
    expect(first).toEqual({ text: 'One sentence.' })
    expect(insight).toMatchObject({ facts: facts.facts, generated_by: 'gemini' })
  },
)

test('a stream without data is 422, and one that breaks says so', async () => {
  const none = await createTestApp()
  const post = { method: 'POST', url: '/api/v1/insights?stream=true', headers, payload: {} } as const
  expect((await none.app.inject(post)).json()).toMatchObject({ type: 'no_data' })
  const broken = await createTestApp({
    summaries: steps('2026-11-24', 5),
    wording: { ...worded(''), word: () => Promise.reject(new Error('a marked value')) },
  })
  const told = await broken.app.inject(post)
  expect(told.body).toMatch(/event: error\ndata: \{"type":"internal_error"/)
  expect(told.body + broken.lines.join()).not.toContain('marked')
})

test('a question is answered from the facts that were fetched, and can be read again', async () => {
  const { app } = await createTestApp({ summaries: steps('2026-11-24', 40), wording: worded('Yes.') })
  const url = '/api/v1/insights/questions'
  const question = 'Did I walk more, me@example.com?'
  const made = await app.inject({ method: 'POST', url, headers, payload: { question } })
  expect(made.statusCode).toBe(201)
  expect(made.json()).toMatchObject({
    question,
    narrative: 'Yes. Did I walk more, [removed]?',
    generated_by: 'gemini',
    confidence: 1,
    facts: [{ id: 'F1', value: 7 }, {}, {}, {}, {}],
  })
  const read = await app.inject({ url: made.headers.location as string, headers })
  expect(read.json()).toEqual(made.json())
})

test('a question that finds no answer is told facts about what it mentions, and that they are no answer', async () => {
  const { app } = await createTestApp({ summaries: steps('2026-11-24', 40) })
  const url = '/api/v1/insights/questions'
  const made = await app.inject({ method: 'POST', url, headers, payload: { question: 'How many steps?' } })
  expect(made.json()).toMatchObject({ generated_by: 'deterministic', reason: 'skip_external_services' })
  expect(made.json().narrative).toMatch(/^Your question could not be answered as such; .*Steps averaged/)
})

test.each([
  {},
  { question: 'x' },
  { question: 'a'.repeat(301) },
  { question: '     ' },
  { question: 'Hm?', x: 1 },
])('%j is no question', async payload => {
  const { app } = await createTestApp({ summaries: steps('2026-11-24', 5) })
  const made = await app.inject({ method: 'POST', url: '/api/v1/insights/questions', headers, payload })
  expect(made.statusCode).toBe(422)
})
