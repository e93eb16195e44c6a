import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { answerQuestion } from '../../domain/insights/answer-question.ts'
import { type CreateInsightDeps, createInsight } from '../../domain/insights/create-insight.ts'
import { dayNumber, type Fact } from '../../domain/insights/facts.ts'
import type { Insight } from '../../domain/insights/insight.ts'
import type { Log } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import { dependency } from '../upload-intake.ts'
import { validationProblem } from '../validation.ts'
import * as s from './schemas.ts'
import { streamOf, type Tell, wantsStream } from './stream.ts'

export interface InsightDeps extends CreateInsightDeps {
  log: Log
}

/** Longest period that one insight may cover, in days. */
const MAX_DAYS = 366

/** `POST /insights`, `POST /insights/questions`, `GET /insights` and `GET /insights/{id}`, below `/api/v1`. */
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
          querystring: s.Streaming,
          body: s.Period,
          response: { 200: s.InsightOrStream, 201: s.Insight },
        },
        config: { problems: s.ASKING },
        // A request without a body asks for the default period.
        preValidation: async request => {
          request.body ??= {}
        },
      },
      async (request, reply) => {
        const period = request.body
        checkPeriod(period)
        if (wantsStream(request)) {
          const context = { path: '/api/v1/insights', log: deps.log, requestId: request.id }
          const stream = await streamOf(async tell => {
            const made = await createInsight(deps, request.user.id, period, found =>
              tell('facts', { ...found, facts: found.facts.map(factBody) }),
            )
            if (!made.ok) throw noData()
            tellWords(tell, made.insight)
          }, context)
          // The type of an answer is that of its schema, which says what the stream holds.
          return reply
            .type('text/event-stream; charset=utf-8')
            .header('x-accel-buffering', 'no')
            .send(stream as never)
        }
        const made = await createInsight(deps, request.user.id, period)
        if (!made.ok) throw noData()
        reply
          .code(made.reused ? 200 : 201)
          .type('application/json; charset=utf-8')
          .header('location', `/api/v1/insights/${made.insight.id}`)
        return body(made.insight)
      },
    )

    app.post(
      '/insights/questions',
      {
        schema: {
          ...DOC,
          summary: 'Answer a question about your data',
          description: ABOUT_QUESTIONS,
          body: s.Question,
          response: { 201: s.Insight },
        },
        config: { problems: s.ASKING },
      },
      async (request, reply) => {
        const made = await answerQuestion(deps, request.user.id, request.body.question)
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
        config: { problems: s.READING },
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
      {
        schema: { ...DOC, summary: 'One insight', params: s.Id, response: { 200: s.Insight } },
        config: { problems: { ...s.READING, 404: 'not_found' } },
      },
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
      sameContent: (...key) => table(() => store.sameContent(...key)),
      list: (...page) => table(() => store.list(...page)),
    },
  }
}

const DOC = { tags: ['insights'] }

const ABOUT =
  'Facts are computed from daily summaries, and a text is worded from them: by Gemini, whose every statement is held ' +
  'against the facts, or, where it is not available or not trusted, by plain rules (`generated_by`, `reason`). The same ' +
  'facts worded by the same model are the same insight. As a stream: `facts` at once; then, once the whole text has been ' +
  'checked, `words` sentence by sentence, and `insight`. Nothing is shown while the model writes, for a sentence that ' +
  'turns out to be wrong cannot be taken back. `error` holds a problem document.'

const ABOUT_QUESTIONS =
  'The model fetches facts by calls of functions over your own data, and words them; every statement is held against ' +
  'what was fetched. Where that fails, facts about what the question mentions are told by plain rules, and the text says ' +
  'that it is no answer.'

/** What has been verified, a sentence at a time, and then the whole. */
function tellWords(tell: Tell, insight: Insight): void {
  for (const text of insight.narrative.split(/(?<=[.!?])\s+/)) tell('words', { text })
  tell('insight', body(insight))
}

function body(insight: Insight) {
  return {
    insight_id: insight.id,
    from: insight.from,
    to: insight.to,
    ...(insight.question && { question: insight.question }),
    narrative: insight.narrative,
    facts: insight.facts.map(factBody),
    generated_by: insight.generatedBy,
    ...(insight.model && { model: insight.model }),
    ...(insight.reason && { reason: insight.reason }),
    confidence: insight.confidence,
    generated_at: insight.generatedAt,
  }
}

function factBody({ id, text, value, unit, metric }: Fact) {
  return { id, text, value, unit, metric: metric ?? null }
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
