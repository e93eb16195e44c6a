import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import type { Fact } from '../../domain/insights/facts.ts'
import { createLog } from '../../logging.ts'
import type { GenerateRequest } from './wire.ts'
import { createGeminiWording, type GeminiWordingOptions } from './wording.ts'

const FACTS: Fact[] = [
  {
    id: 'F1',
    kind: 'average',
    metric: 'steps',
    text: 'Steps averaged 8,412 a day over 13 days with data.',
    value: 8412,
    unit: 'steps',
    figures: [{ role: 'days', value: 13, unit: 'days' }],
  },
]
const GOOD = {
  narrative: 'You averaged 8,412 steps a day.',
  claims: [{ text: 'You averaged 8,412 steps a day.', fact_ids: ['F1'], numbers: [8412] }],
}
const WRONG = { ...GOOD, narrative: 'You averaged 9,999 steps a day.' }

interface Call {
  url: string
  key: string
  body: GenerateRequest
}
type Behaviour = (response: ServerResponse, call: number) => void

let stop: (() => void) | undefined
afterEach(() => stop?.())

/** A stand-in for Gemini: a server that misbehaves as told, and remembers what it was asked. */
async function gemini(behave: Behaviour, options: Partial<GeminiWordingOptions> = {}) {
  const calls: Call[] = []
  const waits: number[] = []
  const lines: string[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    calls.push({
      url: request.url ?? '',
      key: String(request.headers['x-goog-api-key']),
      body: JSON.parse(Buffer.concat(chunks).toString()),
    })
    behave(response, calls.length)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stop = () => {
    server.close()
    server.closeAllConnections()
  }
  const log = createLog({
    level: 'debug',
    release: 'r',
    environment: 'test',
    service: 'api',
    destination: { write: line => void lines.push(line) },
  })
  const wording = createGeminiWording({
    skip: false,
    baa: false,
    apiKey: 'key-1',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    model: 'gemini-2.5-pro',
    fetch,
    random: () => 0.5,
    wait: async ms => waits.push(ms),
    budgetMs: 10_000,
    timeoutMs: 1000,
    log,
    ...options,
  })
  return { wording, calls, waits, lines }
}

function answer(response: ServerResponse, wording: unknown, finishReason = 'STOP'): void {
  const text = typeof wording === 'string' ? wording : JSON.stringify(wording)
  send(response, 200, { candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason }] })
}

function send(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

test('facts are worded; sent are facts with ids, the key in its header, and nothing else', async () => {
  const { wording, calls } = await gemini(response => answer(response, GOOD))
  expect(await wording.word(FACTS)).toMatchObject({ ok: true, narrative: GOOD.narrative })
  expect(calls).toHaveLength(1)
  const [{ url, key, body }] = calls as [Call]
  expect(url).toBe('/v1beta/models/gemini-2.5-pro:generateContent')
  expect(key).toBe('key-1')
  expect(body.generationConfig).toMatchObject({
    responseMimeType: 'application/json',
    responseJsonSchema: { type: 'object' },
  })
  const [fact] = FACTS
  const { id, text, value, unit } = fact!
  expect(JSON.parse(body.contents[0]!.parts[0]!.text!)).toEqual({ facts: [{ id, text, value, unit }] })
})

test('an ungrounded answer is sent back once, with what is wrong, and then taken', async () => {
  const { wording, calls } = await gemini((response, call) => answer(response, call === 1 ? WRONG : GOOD))
  expect(await wording.word(FACTS)).toMatchObject({ ok: true, narrative: GOOD.narrative })
  expect(calls[1]!.body.contents.map(content => content.role)).toEqual(['user', 'model', 'user'])
  expect(calls[1]!.body.contents[2]!.parts[0]!.text).toContain('9999')
})

test.each<[string, string, number, Behaviour]>([
  ['wrong numbers twice', 'ungrounded_answer', 2, response => answer(response, WRONG)],
  [
    'text that is not JSON, twice',
    'gemini_invalid_answer',
    2,
    response => answer(response, 'Well, 8,412 steps!'),
  ],
  [
    'JSON of another shape, twice',
    'gemini_invalid_answer',
    2,
    response => answer(response, { narrative: 7 }),
  ],
  ['cut off at the token limit', 'gemini_truncated', 1, response => answer(response, '{"narr', 'MAX_TOKENS')],
  ['stopped by a filter', 'gemini_blocked', 1, response => answer(response, GOOD, 'SAFETY')],
  ['a reason nobody knows yet', 'gemini_blocked', 1, response => answer(response, GOOD, 'NEW_REASON')],
  [
    'a blocked prompt',
    'gemini_blocked',
    1,
    response => send(response, 200, { promptFeedback: { blockReason: 'OTHER' } }),
  ],
  ['no candidate', 'gemini_invalid_answer', 1, response => send(response, 200, { candidates: [] })],
  ['a body that is not JSON', 'gemini_invalid_answer', 1, response => send(response, 200, '<html>')],
  ['a null body', 'gemini_invalid_answer', 1, response => send(response, 200, 'null')],
  ['an endless body', 'gemini_invalid_answer', 1, response => send(response, 200, 'x'.repeat(300_000))],
  ['a bad key', 'gemini_refused_request', 1, response => send(response, 403, { error: { code: 403 } })],
  ['429 all along', 'gemini_rate_limited', 3, response => send(response, 429, {}, { 'retry-after': '2' })],
  ['503 all along', 'gemini_unavailable', 3, response => send(response, 503, {})],
  ['a connection cut', 'gemini_unavailable', 3, response => response.destroy()],
  [
    'an answer cut in half',
    'gemini_unavailable',
    3,
    response => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('{"candidates": [')
      setImmediate(() => response.destroy())
    },
  ],
  ['no answer in time', 'gemini_timeout', 1, () => {}],
])('%s ends as %s after %i calls', async (_what, reason, calls, behave) => {
  const stand = await gemini(behave)
  expect(await stand.wording.word(FACTS)).toMatchObject({ ok: false, reason })
  expect(stand.calls).toHaveLength(calls)
  expect(JSON.parse(stand.lines[0]!)).toMatchObject({ level: 'warn', dependency: 'gemini', reason })
  expect(stand.lines.join()).not.toMatch(/8,?412|9,?999|key-1/)
})

test('a passing 429 is waited out, with jitter and at least as long as it says', async () => {
  const { wording, waits } = await gemini((response, call) =>
    call < 3 ? send(response, 429, {}, call === 1 ? { 'retry-after': '2' } : {}) : answer(response, GOOD),
  )
  expect(await wording.word(FACTS)).toMatchObject({ ok: true })
  expect(waits).toEqual([2000, 500])
})

test.each<[string, Partial<GeminiWordingOptions>]>([
  ['skip_external_services', { skip: true }],
  ['no_api_key', { apiKey: undefined }],
  ['phi_not_permitted', { baseUrl: undefined }],
])('%s: nothing is sent', async (reason, options) => {
  const never: typeof fetch = () => Promise.reject(new Error('was called'))
  const { wording, calls } = await gemini(response => answer(response, GOOD), { ...options, fetch: never })
  expect(await wording.word(FACTS)).toEqual({ ok: false, reason, turns: [] })
  expect(calls).toHaveLength(0)
})

const VERTEX = { project: 'p-1', location: 'europe-west4' }
const tokens = { token: async () => 'token-1' }

test('with an agreement Vertex AI is asked, with a token of its own', async () => {
  const asked: [string, unknown][] = []
  const spy: typeof fetch = async (url, init) => {
    asked.push([String(url), init?.headers])
    return Response.json({}, { status: 403 })
  }
  const options = { baseUrl: undefined, baa: true, vertex: VERTEX, tokens, fetch: spy }
  const { wording } = await gemini(() => {}, options)
  expect(await wording.word(FACTS)).toMatchObject({ ok: false, reason: 'gemini_refused_request' })
  expect(asked).toEqual([
    [
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west4/publishers/google/models/gemini-2.5-pro:generateContent',
      { 'content-type': 'application/json', authorization: 'Bearer token-1' },
    ],
  ])
})

test.each<[string, Partial<GeminiWordingOptions>]>([
  ['the Developer API, whatever is agreed', { baseUrl: undefined, baa: true }],
  ['another host with a key', { baseUrl: 'https://gateway.example', baa: true }],
  ['Vertex AI without an agreement', { baseUrl: undefined, vertex: VERTEX, tokens }],
  ['Vertex AI in the clear', { baseUrl: 'http://gateway.example', vertex: VERTEX, tokens, baa: true }],
  ['a name that only looks local', { baseUrl: 'http://127.0.0.1.example' }],
])('%s gets nothing', async (_what, options) => {
  const never: typeof fetch = () => Promise.reject(new Error('was called'))
  const { wording } = await gemini(response => answer(response, GOOD), { ...options, fetch: never })
  expect(await wording.word(FACTS)).toEqual({ ok: false, reason: 'phi_not_permitted', turns: [] })
  expect(wording.version).toBe('none/phi_not_permitted')
})

test('all attempts together have a budget, and a wait beyond it is not begun', async () => {
  const delay = {
    error: { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }] },
  }
  const { wording, calls, waits } = await gemini(response => send(response, 429, delay), { budgetMs: 2000 })
  expect(await wording.word(FACTS)).toMatchObject({ ok: false, reason: 'gemini_rate_limited' })
  expect([calls.length, waits]).toEqual([1, []])
  // and nobody asks before the seven seconds are over
  expect(await wording.word(FACTS)).toMatchObject({ ok: false, reason: 'gemini_circuit_open' })
  expect(calls).toHaveLength(1)
})

test('after five failures in a row nobody asks for half a minute, then one does', async () => {
  let time = 0
  let well = false
  const { wording, calls } = await gemini(
    response => (well ? answer(response, GOOD) : send(response, 503, {})),
    { now: () => time, attempts: 1 },
  )
  for (let at = 0; at < 5; at++)
    expect(await wording.word(FACTS)).toMatchObject({ reason: 'gemini_unavailable' })
  expect(await wording.word(FACTS)).toMatchObject({ reason: 'gemini_circuit_open' })
  time = 30_000
  well = true
  const [first, second] = await Promise.all([wording.word(FACTS), wording.word(FACTS)])
  expect(first).toMatchObject({ ok: true })
  expect(second).toMatchObject({ reason: 'gemini_circuit_open' })
  expect(await wording.word(FACTS)).toMatchObject({ ok: true })
  expect(calls).toHaveLength(7)
})

test('what was sent and said is kept, and what it cost is told', async () => {
  const observe = vi.fn()
  const { wording } = await gemini((response, call) => answer(response, call === 1 ? WRONG : GOOD), {
    observe,
  })
  const { turns } = await wording.word(FACTS)
  expect(turns).toHaveLength(2)
  expect(turns[0]?.sent).toContain('Steps averaged 8,412')
  expect(turns[0]?.received).toContain('9,999')
  expect(observe.mock.calls).toEqual([
    [{ kind: 'insight', calls: 2, tokens: { prompt: 0, answer: 0 }, durationMs: expect.any(Number) }],
  ])
})
