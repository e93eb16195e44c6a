import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type CreateInsightDeps, createInsight } from '../../domain/insights/create-insight.ts'
import { dayNumber } from '../../domain/insights/facts.ts'
import type { Insight } from '../../domain/insights/insight.ts'
import type { Log } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import { dependency } from '../upload-intake.ts'
import { validationProblem } from '../validation.ts'
import * as s from './schemas.ts'

export interface InsightDeps extends CreateInsightDeps {
  log: Log
}

/** Longest period that one insight may cover, in days. */
const MAX_DAYS = 366

/** `POST /insights`, `GET /insights` and `GET /insights/{id}`, below `/api/v1`. */
export function insightRoutes(given: InsightDeps): FastifyPluginAsyncTypebox {
  const deps = { ...given, ...guarded(given) }
  return async app => {
    app.post(
      '/insights',
      {
        schema: {
          ...DOC,
          summary: 'Say what a period shows',
          description: ABOUT,
          body: s.Period,
          response: { 201: s.Insight },
        },
        // A request without a body asks for the default period.
        preValidation: async request => {
          request.body ??= {}
        },
      },
      async (request, reply) => {
        const period = request.body
        checkPeriod(period)
        const made = await createInsight(deps, request.user.id, period)
        if (!made.ok) throw noData()
        reply.code(201).header('location', `/api/v1/insights/${made.insight.id}`)
        return body(made.insight)
      },
    )

    app.get(
      '/insights',
      {
        schema: {
          ...DOC,
          summary: 'Earlier insights, the newest first',
          querystring: s.Page,
          response: { 200: s.Insights },
        },
      },
      async request => {
        const { limit, cursor } = request.query
        const insights = await deps.store.list(request.user.id, limit, cursor)
        const last = insights.at(-1)
        return {
          insights: insights.map(body),
          next_cursor: last && insights.length === limit ? last.id : null,
        }
      },
    )

    app.get(
      '/insights/:id',
      { schema: { ...DOC, summary: 'One insight', params: s.Id, response: { 200: s.Insight } } },
      async request => {
        const insight = await deps.store.get(request.user.id, request.params.id)
        if (!insight) throw new Problem(404, 'not_found', 'Not found', 'you have no insight with this id')
        return body(insight)
      },
    )
  }
}

/** Reads and writes that answer 503 when the table does not. */
function guarded(deps: InsightDeps): Pick<CreateInsightDeps, 'summaries' | 'store'> {
  const table = <T>(call: () => Promise<T>): Promise<T> => dependency(deps, 'table', call)
  const { summaries, store } = deps
  return {
    summaries: { daily: (...range) => table(() => summaries.daily(...range)) },
    store: {
      put: (...entry) => table(() => store.put(...entry)),
      get: (...key) => table(() => store.get(...key)),
      list: (...page) => table(() => store.list(...page)),
    },
  }
}

const DOC = { tags: ['insights'] }

const ABOUT =
  'Facts are computed from daily summaries, and a text is worded from them: by Gemini, whose every number is held ' +
  'against the facts, or, where it is not available or not trusted, by plain rules (`generated_by`, `reason`).'

function body(insight: Insight) {
  return {
    insight_id: insight.id,
    from: insight.from,
    to: insight.to,
    narrative: insight.narrative,
    facts: insight.facts.map(({ id, text, value, unit, metric }) => ({
      id,
      text,
      value,
      unit,
      metric: metric ?? null,
    })),
    generated_by: insight.generatedBy,
    ...(insight.model && { model: insight.model }),
    ...(insight.reason && { reason: insight.reason }),
    confidence: insight.confidence,
    generated_at: insight.generatedAt,
  }
}

function checkPeriod({ from, to }: { from?: string; to?: string }): void {
  if (!from || !to) return
  const days = dayNumber(to) - dayNumber(from) + 1
  if (days < 1) throw validationProblem([{ field: 'to', message: 'is before from', code: 'period' }])
  if (days > MAX_DAYS) {
    throw validationProblem([
      { field: 'from', message: `is more than ${MAX_DAYS} days before to`, code: 'period' },
    ])
  }
}

function noData(): Problem {
  return new Problem(
    422,
    'no_data',
    'No data to speak of',
    'there is no data in this period; send samples such as steps, heart_rate or sleep_analysis to POST /api/v1/health-data, or name another period',
  )
}
