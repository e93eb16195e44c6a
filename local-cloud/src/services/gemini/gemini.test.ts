import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSecretsManager } from '../secretsmanager/secretsmanager.ts'
import type { Behaviour } from './behaviours.ts'
import { createGemini } from './gemini.ts'

const KEY = 'a-key-of-the-test'
const FACTS = [
  { id: 'F1', text: 'There is data for 13 days of a period of 14 days.', value: 13, unit: 'days' },
  { id: 'F2', text: 'Steps averaged 8,412 a day over 13 days with data.', value: 8412, unit: 'steps' },
  {
    id: 'F3',
    text: 'Steps in the later half: 12 % lower than in the earlier half.',
    value: -12,
    unit: '%',
  },
]
const SCHEMA = {
  type: 'object',
  required: ['narrative', 'claims'],
  properties: {
    narrative: { type: 'string' },
    claims: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          text: { type: 'string' },
          fact_ids: { type: 'array', items: { type: 'string' } },
          numbers: { type: 'array', items: { type: 'number' } },
        },
      },
    },
  },
}
const said = (value: unknown) => ({ role: 'user', parts: [{ text: JSON.stringify(value) }] })
const ASK = {
  contents: [said({ facts: FACTS })],
  generationConfig: { responseMimeType: 'application/json', responseJsonSchema: SCHEMA },
}

let cloud: TestCloud
let base: string
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSecretsManager, createGemini] })
  base = `${cloud.endpoint}/_gemini`
  const secrets = new SecretsManagerClient(cloud.client)
  await secrets.send(new CreateSecretCommand({ Name: 'clarity/gemini-api-key', SecretString: KEY }))
  return () => cloud.dispose()
})
afterEach(() => fetch(`${base}/behaviours`, { method: 'DELETE' }))

const DEVELOPER = '/v1beta/models/gemini-2.5-pro'
const VERTEX = '/v1/projects/p-1/locations/europe-west4/publishers/google/models/gemini-2.5-pro'

async function ask(
  body: unknown = ASK,
  path = `${DEVELOPER}:generateContent`,
  headers: Record<string, string> = { 'x-goog-api-key': KEY },
) {
  const response = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await response.text()
  // biome-ignore lint/suspicious/noExplicitAny: the wire format is what is tested
  const json = (): any => JSON.parse(text)
  return { status: response.status, text, json, type: response.headers.get('content-type') }
}

const textOf = (answer: { json(): { candidates: { content: { parts: { text: string }[] } }[] } }) =>
  answer.json().candidates[0]?.content.parts[0]?.text ?? ''

async function behave(behaviour: Behaviour) {
  const body = JSON.stringify(behaviour)
  expect((await fetch(`${base}/behaviours`, { method: 'POST', body })).status).toBe(200)
}

describe('an honest answer', () => {
  test('words the facts of the request by the schema of the request, and says what it is', async () => {
    const answer = await ask()
    expect(answer.status).toBe(200)
    expect(JSON.parse(textOf(answer))).toEqual({
      narrative:
        'Here is what your data shows. There is data for 13 days of a period of 14 days. Your steps averaged 8,412 a day over 13 days with data. Your steps in the later half: 12 % lower than in the earlier half.',
      claims: [
        { text: FACTS[0]?.text, fact_ids: ['F1'], numbers: [13, 14] },
        {
          text: 'Your steps averaged 8,412 a day over 13 days with data.',
          fact_ids: ['F2'],
          numbers: [8412, 13],
        },
        {
          text: 'Your steps in the later half: 12 % lower than in the earlier half.',
          fact_ids: ['F3'],
          numbers: [12],
        },
      ],
    })
    const { candidates, usageMetadata, modelVersion, responseId } = answer.json()
    expect(candidates).toMatchObject([{ finishReason: 'STOP', index: 0, content: { role: 'model' } }])
    expect(usageMetadata.totalTokenCount).toBe(
      usageMetadata.promptTokenCount + usageMetadata.candidatesTokenCount,
    )
    expect(modelVersion).toBe('clarity-stand-in-for-gemini-2.5-pro')
    expect(responseId).toMatch(/^\w{22}$/)
  })

  test('is the same for the same request, another for other facts', async () => {
    const [one, two] = await Promise.all([ask(), ask()])
    expect(textOf(one)).toBe(textOf(two))
    const other = await ask({ ...ASK, contents: [said({ facts: FACTS.slice(0, 1) })] })
    expect(textOf(other)).not.toContain('8,412')
  })

  test("also follows Vertex AI's path, a bearer token and upper-case schema types", async () => {
    const schema = {
      type: 'OBJECT',
      required: ['summary', 'tone'],
      properties: {
        summary: { type: 'STRING', maxLength: '60' },
        tone: { type: 'STRING', enum: ['warm', 'plain'] },
        steps: { type: 'INTEGER', maximum: 10 },
      },
    }
    const generationConfig = { responseMimeType: 'application/json', responseSchema: schema }
    const answer = await ask({ ...ASK, generationConfig }, `${VERTEX}:generateContent`, {
      authorization: `Bearer ${KEY}`,
    })
    expect(JSON.parse(textOf(answer))).toEqual({ summary: FACTS[0]?.text, tone: 'warm', steps: 10 })
  })

  test('streams: chunks of text, the finish reason and the counts on the last', async () => {
    const { type, text } = await ask(ASK, `${DEVELOPER}:streamGenerateContent?alt=sse`)
    expect(type).toBe('text/event-stream')
    const chunks = text
      .split('\r\n\r\n')
      .filter(Boolean)
      .map(event => JSON.parse(event.replace(/^data: /, '')))
    expect(chunks.length).toBeGreaterThan(3)
    const whole = chunks.map(chunk => chunk.candidates[0].content.parts[0].text).join('')
    expect(whole).toBe(textOf(await ask()))
    expect(chunks.map(chunk => chunk.candidates[0].finishReason).filter(Boolean)).toEqual(['STOP'])
    expect(chunks.at(-1).usageMetadata.candidatesTokenCount).toBeGreaterThan(20)
    const array = await ask(ASK, `${DEVELOPER}:streamGenerateContent`)
    expect(array.json()).toHaveLength(chunks.length)
  })

  test('ends where the limit of the request ends it', async () => {
    const generationConfig = { ...ASK.generationConfig, maxOutputTokens: 10 }
    const answer = await ask({ ...ASK, generationConfig })
    expect(answer.json().candidates[0].finishReason).toBe('MAX_TOKENS')
    expect(textOf(answer)).toHaveLength(40)
  })
})

describe('questions', () => {
  const tools = [
    {
      functionDeclarations: [
        {
          name: 'get_daily_summary',
          description: 'Daily figures of one metric between two dates',
          parameters: {
            type: 'OBJECT',
            required: ['metric'],
            properties: {
              metric: { type: 'STRING', enum: ['steps', 'heart_rate', 'sleep_analysis'] },
              from: { type: 'STRING', description: 'First date' },
              to: { type: 'STRING' },
              limit: { type: 'INTEGER' },
            },
          },
        },
        { name: 'delete_account', description: 'Deletes everything' },
      ],
    },
  ]
  const question = (text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }], tools })
  const callsOf = (answer: Awaited<ReturnType<typeof ask>>) =>
    // biome-ignore lint/suspicious/noExplicitAny: the wire format is what is tested
    answer.json().candidates[0].content.parts.map((part: any) => part.functionCall)

  test('are answered by calling the function that fits, with arguments from the question', async () => {
    const answer = await ask(
      question('How did my heart rate and my steps change from 2026-11-01 to 2026-11-14?'),
    )
    const period = { from: '2026-11-01', to: '2026-11-14' }
    expect(callsOf(answer)).toEqual([
      { name: 'get_daily_summary', args: { metric: 'steps', ...period } },
      { name: 'get_daily_summary', args: { metric: 'heart_rate', ...period } },
    ])
  })

  test('are answered from what the functions gave back, and from nothing else', async () => {
    const asked = question('How many steps did I take?')
    const [call] = callsOf(await ask(asked))
    const contents = [
      ...asked.contents,
      { role: 'model', parts: [{ functionCall: call }] },
      {
        role: 'user',
        parts: [{ functionResponse: { name: call.name, response: { steps: { mean_per_day: 8123 } } } }],
      },
    ]
    expect(textOf(await ask({ ...asked, contents }))).toBe('steps mean per day: 8123.')
  })

  test('are not guessed at: nothing is called that does not fit, or when calls are forbidden', async () => {
    expect(textOf(await ask(question('What is the weather?')))).toContain('no facts')
    const toolConfig = { functionCallingConfig: { mode: 'NONE' } }
    expect(textOf(await ask({ ...question('How many steps?'), toolConfig }))).toContain('no facts')
  })
})

describe('refusals are worded as by Google', () => {
  test.each([
    ['no key', {}, 403, 'PERMISSION_DENIED', undefined],
    ['a key that nobody issued', { 'x-goog-api-key': 'wrong' }, 400, 'INVALID_ARGUMENT', 'API_KEY_INVALID'],
  ])('%s', async (_what, headers, status, code, reason) => {
    const answer = await ask(ASK, undefined, headers as Record<string, string>)
    expect(answer.json().error).toMatchObject({ code: status, status: code })
    expect(answer.status).toBe(status)
    expect(answer.json().error.details?.[0].reason).toBe(reason)
  })

  test('a bearer token that nobody issued', async () => {
    const path = `${VERTEX}:generateContent`
    expect((await ask(ASK, path, { 'x-goog-api-key': KEY })).json().error).toMatchObject({ code: 401 })
    const wrong = await ask(ASK, path, { authorization: 'Bearer wrong' })
    expect(wrong.json().error).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' })
  })

  test.each<[string, unknown, RegExp]>([
    ['no contents', { contents: [] }, /contents is not specified/],
    ['another role', { contents: [{ role: 'system', parts: [{ text: 'x' }] }] }, /valid role: user, model/],
    ['an unknown field', { ...ASK, prompt: 'x' }, /Unknown name "prompt": Cannot find field/],
    ['a schema without JSON', { ...ASK, generationConfig: { responseJsonSchema: SCHEMA } }, /mimetype/],
    [
      'a keyword that the OpenAPI subset lacks',
      {
        ...ASK,
        generationConfig: {
          responseMimeType: 'application/json',
          responseSchema: { additionalProperties: false },
        },
      },
      /Unknown name "additionalProperties" at 'generation_config.response_schema'/,
    ],
  ])('%s: 400', async (_what, body, message) => {
    const answer = await ask(body)
    expect(answer.json().error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' })
    expect(answer.json().error.message).toMatch(message)
  })

  test('an unknown model: 404; what the stand-in does not do: 501', async () => {
    expect((await ask(ASK, '/v1beta/models/gpt-4:generateContent')).json().error.status).toBe('NOT_FOUND')
    expect((await ask(ASK, `${DEVELOPER}:countTokens`)).status).toBe(501)
    expect((await ask({ ...ASK, tools: [{ googleSearch: {} }] })).status).toBe(501)
  })
})

describe('misbehaviour', () => {
  test('429 says how long to wait, strikes as often as told, and then passes', async () => {
    await behave({ kind: 'rate-limited', times: 2, retrySeconds: 7 })
    const [one, two, three] = [await ask(), await ask(), await ask()]
    expect([one.status, two.status, three.status]).toEqual([429, 429, 200])
    expect(one.json().error.status).toBe('RESOURCE_EXHAUSTED')
    expect(one.json().error.details).toContainEqual({
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: '7s',
    })
    const { calls } = (await (await fetch(`${base}/behaviours`)).json()) as { calls: { status: number }[] }
    expect(calls.map(call => call.status)).toEqual([429, 429, 200])
    expect(JSON.stringify(calls)).not.toContain('8,412')
  })

  test.each<[Behaviour['kind'], number, string]>([
    ['unavailable', 503, 'UNAVAILABLE'],
    ['internal', 500, 'INTERNAL'],
    ['deadline-exceeded', 504, 'DEADLINE_EXCEEDED'],
    ['invalid-argument', 400, 'INVALID_ARGUMENT'],
    ['forbidden', 403, 'PERMISSION_DENIED'],
  ])('%s is %i', async (kind, status, code) => {
    await behave({ kind, times: 1 })
    expect((await ask()).json().error).toMatchObject({ code: status, status: code })
  })

  test.each<[Behaviour, (candidate: { finishReason: string }, text: string) => void]>([
    [{ kind: 'truncated' }, c => expect(c.finishReason).toBe('MAX_TOKENS')],
    [{ kind: 'cut-json' }, (_c, text) => expect(() => JSON.parse(text)).toThrow()],
    [{ kind: 'wrong-numbers' }, (_c, text) => expect(text).not.toMatch(/8,?412/)],
    [{ kind: 'invented-metrics' }, (_c, text) => expect(text).toContain('blood pressure')],
    [{ kind: 'reversed' }, (_c, text) => expect(text).toContain('higher')],
    [{ kind: 'injected', text: 'EVIL' }, (_c, text) => expect(text).toContain('EVIL')],
    [{ kind: 'blocked' }, c => expect(c).toMatchObject({ finishReason: 'SAFETY' })],
    [{ kind: 'stopped', finishReason: 'SPII' }, c => expect(c.finishReason).toBe('SPII')],
  ])('$kind', async (behaviour, check) => {
    await behave(behaviour)
    const [candidate] = (await ask()).json().candidates
    check(candidate, candidate.content?.parts[0].text ?? '')
  })

  test('a blocked prompt has no candidates', async () => {
    await behave({ kind: 'blocked-prompt' })
    expect((await ask()).json()).toMatchObject({ promptFeedback: { blockReason: 'SAFETY' } })
  })

  test('on the wire: dropped, cut off, half a document', async () => {
    await behave({ kind: 'dropped', times: 1 })
    await expect(ask()).rejects.toThrow()
    await behave({ kind: 'cut-connection', times: 1 })
    await expect(ask()).rejects.toThrow()
    await behave({ kind: 'malformed', times: 1 })
    expect((await ask()).json).toThrow()
  })

  test('slow: answers when the clock says so', async () => {
    await behave({ kind: 'slow', delayMs: 3_600_000 })
    let answered = false
    const waiting = ask().then(answer => {
      answered = true
      return answer
    })
    while ((await calls()) === 0 && !answered) cloud.clock.advance(3_600_000)
    expect((await waiting).status).toBe(200)
  })

  async function calls(): Promise<number> {
    return ((await (await fetch(`${base}/behaviours`)).json()) as { calls: unknown[] }).calls.length
  }

  test('what is no behaviour is refused', async () => {
    const response = await fetch(`${base}/behaviours`, { method: 'POST', body: '{"kind":"rude"}' })
    expect(response.status).toBe(400)
  })
})
