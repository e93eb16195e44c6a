import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { SampleStore } from '../../adapters/dynamodb/sample-store.ts'
import type { Clock } from '../../domain/clock.ts'
import { type Instant, parseInstant } from '../../domain/instant.ts'
import { Sample } from '../../domain/sample.ts'
import { SAMPLE_LIMITS } from '../../domain/sample-limits.ts'
import type { Reads } from '../measures/read-cache.ts'
import { conditional } from '../measures/schema.ts'
import { metricNamed } from '../metrics/metric-named.ts'
import { validationProblem } from '../validation.ts'
import { BucketPage, bucketPage } from './buckets.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

export interface QueryDeps {
  samples: Pick<SampleStore, 'read' | 'readDays' | 'daily'>
  reads: Reads
  clock: Clock
}

/** `GET /health-data`: the samples of a metric, exactly as they were sent, or their figures by hour, day, week or month. */
export function queryRoute(deps: QueryDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/health-data',
      {
        schema: {
          tags: ['health data'],
          summary: 'Read samples, or their figures by time',
          description:
            'Without `by`, samples in order of local day and start, those of one start always in the same order, exactly as they were sent. With `by`, figures by local hour, day, week (from Monday) or month, sources merged: sums take the best source of each minute, never a sum of sources. An answer with a next_cursor has more behind it.',
          querystring: Query,
          response: conditional(Type.Union([SamplePage, BucketPage])),
        },
      },
      async (request, reply) => {
        const { limit = DEFAULT_LIMIT, cursor, by = 'raw' } = request.query
        const metric = metricNamed(request.query.metric)
        const userId = request.user.id
        if (by !== 'raw') {
          const { question, compute } = bucketPage(deps, { ...request.query, userId, metric, by, limit })
          return deps.reads.answer(request, reply, 'health-data', question, compute)
        }
        const { from, to, fromMs, toMs } = rangeOf(request.query, deps.clock)
        const after = cursor === undefined ? undefined : decodeCursor(cursor)
        const question = { metric: metric.name, from, to, limit, cursor }
        return deps.reads.answer(request, reply, 'health-data', question, async () => {
          const { samples, next } = await deps.samples.read({
            userId,
            metric,
            fromMs,
            toMs,
            limit,
            ...(after && { after }),
          })
          const sources = [...new Set(samples.map(({ source }) => source.name))].sort()
          const next_cursor = next ? encodeCursor(next) : null
          return { metric: metric.name, from, to, samples, sources, next_cursor }
        })
      },
    )
  }
}

const DEFAULT_LIMIT = 1000
const MINUTE_MS = 60_000

/** The range that a query asks for; until a whole minute, where it does not say, so that the question can be repeated. */
function rangeOf(query: { from?: string; to?: string }, clock: Clock) {
  const latest = (Math.floor((clock.now() + SAMPLE_LIMITS.futureMs) / MINUTE_MS) + 1) * MINUTE_MS
  const from = query.from ?? new Date(SAMPLE_LIMITS.earliestMs).toISOString()
  const to = query.to ?? new Date(latest).toISOString()
  const fromMs = instantOf('from', from).ms
  const toMs = instantOf('to', to).ms
  if (toMs < fromMs)
    throw validationProblem([{ field: 'to', message: 'must not be before from', code: 'end_before_start' }])
  return { from, to, fromMs: Math.max(fromMs, SAMPLE_LIMITS.earliestMs), toMs: Math.min(toMs, latest) }
}

const Query = Type.Object({
  metric: Type.String({ description: 'Canonical name or HealthKit identifier.', examples: ['heart_rate'] }),
  by: Type.Optional(
    Type.Enum(['raw', 'hour', 'day', 'week', 'month'], { description: 'Samples, or figures. Default raw' }),
  ),
  from: Type.Optional(
    Type.String({
      description:
        'RFC 3339 with offset: samples that start at or after it. With `by` also a local date, and the date counts. Default: all; with `by`, four weeks.',
    }),
  ),
  to: Type.Optional(
    Type.String({
      description:
        'RFC 3339 with offset: samples that start before it; with `by`, the last local date, inclusive. Default: until now and tomorrow.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: DEFAULT_LIMIT })),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: 'next_cursor of the answer before.' })),
})

const SamplePage = Type.Object({
  metric: Type.String(),
  from: Type.String(),
  to: Type.String(),
  samples: Type.Array(Sample),
  sources: Type.Array(Type.String(), { description: 'Names of the sources on this page.' }),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})

function instantOf(field: string, text: string): Instant {
  // A plus sign that was not escaped in the query string arrives as a space.
  const instant = parseInstant(text.replace(/ (?=\d\d:\d\d$)/, '+'))
  if (typeof instant === 'object') return instant
  const message = 'must be an RFC 3339 time with offset, such as 2026-11-24T00:00:00+01:00 (escape + as %2B)'
  throw validationProblem([{ field, message, code: instant }])
}
