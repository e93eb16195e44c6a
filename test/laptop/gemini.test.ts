import { randomBytes } from 'node:crypto'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { createGeminiWording } from '../../backend/src/adapters/gemini/wording.ts'
import type { DailySummary } from '../../backend/src/domain/daily-summary.ts'
import { computeFacts } from '../../backend/src/domain/insights/facts.ts'
import { createLog } from '../../backend/src/logging.ts'
import type { Behaviour } from '../../local-cloud/src/services/gemini/behaviours.ts'
import { createGemini } from '../../local-cloud/src/services/gemini/gemini.ts'
import { createSecretsManager } from '../../local-cloud/src/services/secretsmanager/secretsmanager.ts'

/** The backend's own adapter against the laptop's Gemini: what is honest is taken, whatever is wrong is not. */
const apiKey = randomBytes(16).toString('base64url')
const lines: string[] = []
let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSecretsManager, createGemini] })
  await new SecretsManagerClient(cloud.client).send(
    new CreateSecretCommand({ Name: 'clarity/gemini-api-key', SecretString: apiKey }),
  )
  return () => cloud.dispose()
})
afterEach(() => fetch(`${cloud.endpoint}/_gemini/behaviours`, { method: 'DELETE' }))

const wordingWith = (key: string) =>
  createGeminiWording({
    skip: false,
    baa: false,
    apiKey: key,
    baseUrl: `${cloud.endpoint}/_gemini`,
    model: 'gemini-2.5-pro',
    fetch,
    random: () => 0.5,
    wait: async () => {},
    timeoutMs: 500,
    budgetMs: 20_000,
    log: createLog({
      level: 'debug',
      release: 'r',
      environment: 'test',
      service: 'api',
      destination: { write: line => void lines.push(line) },
    }),
  })

const { facts } = computeFacts(
  new Map([
    ['steps', days(date => 6000 + 311 * date)],
    ['heart_rate', days(date => 71.4 - date / 3)],
    ['sleep_analysis', days(date => 25_000 + 173 * date)],
  ]),
  '2026-11-01',
  '2026-11-14',
)

function days(value: (day: number) => number): DailySummary[] {
  return Array.from({ length: 14 }, (_, at) => {
    const figure = value(at)
    const date = `2026-11-${String(at + 1).padStart(2, '0')}`
    return { date, count: 1, min: figure, max: figure, mean: figure, sum: figure } as DailySummary
  })
}

test('its honest wording is grounded, and says that a stand-in wrote it', async () => {
  expect(facts.length).toBeGreaterThan(8)
  const outcome = await wordingWith(apiKey).word(facts)
  expect(outcome).toMatchObject({ ok: true, model: 'clarity-stand-in-for-gemini-2.5-pro' })
  expect(outcome.ok && outcome.narrative).toMatch(/^Here is what your data shows\. /)
})

test('a wrong key is refused', async () => {
  expect(await wordingWith('another').word(facts)).toMatchObject({
    ok: false,
    reason: 'gemini_refused_request',
  })
})

test.each<[Behaviour['kind'], string]>([
  ['wrong-numbers', 'ungrounded_answer'],
  ['invented-metrics', 'ungrounded_answer'],
  ['reversed', 'ungrounded_answer'],
  ['wrong-shape', 'gemini_invalid_answer'],
  ['prose', 'gemini_invalid_answer'],
  ['cut-json', 'gemini_invalid_answer'],
  ['empty-content', 'gemini_invalid_answer'],
  ['no-candidates', 'gemini_invalid_answer'],
  ['malformed', 'gemini_invalid_answer'],
  ['html', 'gemini_invalid_answer'],
  ['endless', 'gemini_invalid_answer'],
  ['unknown-function', 'gemini_invalid_answer'],
  ['injected', 'ungrounded_answer'],
  ['truncated', 'gemini_truncated'],
  ['blocked', 'gemini_blocked'],
  ['blocked-prompt', 'gemini_blocked'],
  ['stopped', 'gemini_blocked'],
  ['malformed-function-call', 'gemini_blocked'],
  ['rate-limited', 'gemini_rate_limited'],
  ['unavailable', 'gemini_unavailable'],
  ['internal', 'gemini_unavailable'],
  ['dropped', 'gemini_unavailable'],
  ['cut-connection', 'gemini_unavailable'],
  ['invalid-argument', 'gemini_refused_request'],
  ['forbidden', 'gemini_refused_request'],
  ['slow', 'gemini_timeout'],
])('%s ends as %s', async (kind, reason) => {
  const behaviour: Behaviour = { kind, delayMs: 5000 }
  await fetch(`${cloud.endpoint}/_gemini/behaviours`, { method: 'POST', body: JSON.stringify(behaviour) })
  expect(await wordingWith(apiKey).word(facts)).toMatchObject({ ok: false, reason })
  expect(lines.join()).not.toContain(apiKey)
})

test.each<Behaviour['kind']>(['wrong-numbers', 'rate-limited', 'cut-connection', 'prose'])(
  'after one %s the next answer is taken',
  async kind => {
    const body = JSON.stringify({ kind, times: 1 })
    await fetch(`${cloud.endpoint}/_gemini/behaviours`, { method: 'POST', body })
    expect(await wordingWith(apiKey).word(facts)).toMatchObject({ ok: true })
  },
)
