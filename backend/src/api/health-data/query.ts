import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { SampleStore } from '../../adapters/dynamodb/sample-store.ts'
import type { Clock } from '../../domain/clock.ts'
import { type Instant, parseInstant } from '../../domain/instant.ts'
import { SAMPLE_LIMITS } from '../../domain/parse-sample.ts'
import { Sample } from '../../domain/sample.ts'
import type { Log } from '../../logging.ts'
import { metricNamed } from '../metrics/metric-named.ts'
import { dependency } from '../upload-intake.ts'
import { validationProblem } from '../validation.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

/** `GET /health-data`: the samples of a metric, exactly as they were sent. */
export function queryRoute(deps: {
  samples: SampleStore
  clock: Clock
  log: Log
}): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/health-data',
      {
        schema: {
          tags: ['health data'],
          summary: 'Read samples',
          description:
            'In order of local day, start and UUID. An answer with a next_cursor has more behind it.',
          querystring: Query,
          response: { 200: Page },
        },
      },
      async request => {
        const { limit, cursor } = request.query
        const metric = metricNamed(request.query.metric)
        const now = deps.clock.now()
        const from = request.query.from ?? new Date(SAMPLE_LIMITS.earliestMs).toISOString()
        const to = request.query.to ?? new Date(now + SAMPLE_LIMITS.futureMs + 1).toISOString()
        const fromMs = instantOf('from', from).ms
        const toMs = instantOf('to', to).ms
        if (toMs < fromMs)
          throw validationProblem([
            { field: 'to', message: 'must not be before from', code: 'end_before_start' },
          ])
        const after = cursor === undefined ? undefined : decodeCursor(cursor)
        const { samples, next } = await dependency(deps, 'table', () =>
          deps.samples.read({
            userId: request.user.id,
            metric,
            fromMs: Math.max(fromMs, SAMPLE_LIMITS.earliestMs),
            toMs: Math.min(toMs, now + SAMPLE_LIMITS.futureMs + 1),
            limit: limit ?? DEFAULT_LIMIT,
            ...(after && { after }),
          }),
        )
        return { metric: metric.name, from, to, samples, next_cursor: next ? encodeCursor(next) : null }
      },
    )
  }
}

const DEFAULT_LIMIT = 1000

const Query = Type.Object({
  metric: Type.String({ description: 'Canonical name or HealthKit identifier.', examples: ['heart_rate'] }),
  from: Type.Optional(
    Type.String({ description: 'RFC 3339 with offset: samples that start at or after it. Default: all.' }),
  ),
  to: Type.Optional(
    Type.String({
      description: 'RFC 3339 with offset: samples that start before it. Default: until now and tomorrow.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: DEFAULT_LIMIT })),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: 'next_cursor of the answer before.' })),
})

const Page = Type.Object({
  metric: Type.String(),
  from: Type.String(),
  to: Type.String(),
  samples: Type.Array(Sample),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})

function instantOf(field: string, text: string): Instant {
  // A plus sign that was not escaped in the query string arrives as a space.
  const instant = parseInstant(text.replace(/ (?=\d\d:\d\d$)/, '+'))
  if (typeof instant === 'object') return instant
  const message = 'must be an RFC 3339 time with offset, such as 2026-11-24T00:00:00+01:00 (escape + as %2B)'
  throw validationProblem([{ field, message, code: instant }])
}
