import type { FastifyInstance } from 'fastify'
import type { DailySummaries, DailySummary } from '../../domain/daily-summary.ts'
import type { Insight, Wording } from '../../domain/insights/insight.ts'
import { createLog } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import { type AppDeps, createApp } from '../app.ts'
import type { Accounts } from '../auth/accounts.ts'
import { invalidToken } from '../request-user.ts'

export interface TestApp {
  app: FastifyInstance
  /** Every line logged so far. */
  lines: string[]
  insights: Map<string, Insight>
}

/** The token that the test application takes, and whose it is. */
export const TOKEN = 'good.access.token'
export const USER = '6f1c1c1e-0000-4000-8000-000000000001'

/**
 * The real application over fakes of what it depends on: a fixed token, summaries given by the test, insights kept in
 * memory, accounts that fail unless the test gives its own.
 */
export async function createTestApp(
  given: Partial<AppDeps> & {
    accounts?: Partial<Accounts>
    summaries?: DailySummary[] | DailySummaries
    wording?: Wording
  } = {},
): Promise<TestApp> {
  const lines: string[] = []
  const insights = new Map<string, Insight>()
  const same = new Map<string, Insight>()
  let ids = 0
  const { accounts = {}, summaries = [], wording, ...deps } = given
  const app = await createApp({
    release: 'test-1',
    log: createLog({
      level: 'debug',
      release: 'test-1',
      environment: 'test',
      service: 'api',
      destination: { write: line => void lines.push(line) },
    }),
    tokens: {
      verify: async token => {
        if (token === TOKEN) return { id: USER }
        throw invalidToken('the token was not issued for this service')
      },
    },
    auth: {
      accounts: new Proxy(accounts, {
        get: (own, name) => own[name as keyof Accounts] ?? unavailable,
      }) as Accounts,
    },
    insights: {
      summaries: Array.isArray(summaries)
        ? {
            daily: async (_user, metric, from, to) =>
              summaries.filter(day => day.metric === metric && day.date >= from && day.date <= to),
          }
        : summaries,
      wording: wording ?? {
        version: 'none',
        word: async () => SKIPPED,
        answer: async () => SKIPPED,
      },
      store: {
        put: async (user, insight, { contentKey }) => {
          insights.set(`${user} ${insight.id}`, insight)
          if (contentKey) same.set(`${user} ${contentKey}`, insight)
        },
        sameContent: async (user, key) => same.get(`${user} ${key}`),
        get: async (user, id) => insights.get(`${user} ${id}`),
        list: async (user, limit, before = '~') =>
          [...insights]
            .filter(([key, { id }]) => key.startsWith(user) && id < before)
            .map(([, insight]) => insight)
            .sort((a, b) => (a.id < b.id ? 1 : -1))
            .slice(0, limit),
      },
      now: () => new Date('2026-11-24T10:00:00.500Z'),
      newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
    },
    checks: [],
    routes: [],
    strictResponses: true,
    ...deps,
  })
  return { app, lines, insights }
}

const SKIPPED = { ok: false as const, reason: 'skip_external_services' as const, turns: [] }

async function unavailable(): Promise<never> {
  throw new Problem(503, 'identity_unavailable', 'Sign-in is unavailable', 'the test gave no accounts')
}
