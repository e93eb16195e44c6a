import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { SampleStore } from '../../adapters/dynamodb/sample-store.ts'
import { isDate } from '../../domain/instant.ts'
import { unitOf } from '../../domain/metrics/metric.ts'
import type { Reads } from '../measures/read-cache.ts'
import { conditional } from '../measures/schema.ts'
import { metricNamed } from '../metrics/metric-named.ts'
import { validationProblem } from '../validation.ts'

/** `GET /summaries/daily`: one metric, one figure set a local day. */
export function summaryRoutes(deps: {
  samples: Pick<SampleStore, 'daily'>
  reads: Reads
}): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/summaries/daily',
      {
        schema: {
          tags: ['health data'],
          summary: 'Daily summaries',
          description:
            'Days without data are absent. Sums are never added up across sources: for each minute the source with the largest amount counts. A night belongs to the date of waking.',
          querystring: Query,
          response: conditional(Summaries),
        },
      },
      async (request, reply) => {
        const { from, to } = request.query
        const metric = metricNamed(request.query.metric)
        const bad = (['from', 'to'] as const).filter(field => !isDate(request.query[field]))
        if (bad.length > 0)
          throw validationProblem(
            bad.map(field => ({ field, message: 'must be a date, such as 2026-11-24', code: 'bad_date' })),
          )
        if (to < from)
          throw validationProblem([
            { field: 'to', message: 'must not be before from', code: 'end_before_start' },
          ])
        return deps.reads.answer(request, reply, 'summaries', { metric: metric.name, from, to }, async () => {
          const days = await deps.samples.daily(request.user.id, metric.name, from, to)
          return {
            metric: metric.name,
            unit: unitOf(metric),
            aggregation: metric.aggregation,
            days: days.map(({ metric: _, unit: __, ...figures }) => figures),
          }
        })
      },
    )
  }
}

const Query = Type.Object({
  metric: Type.String({ examples: ['steps'] }),
  from: Type.String({ description: 'First local date.', examples: ['2026-11-10'] }),
  to: Type.String({ description: 'Last local date, inclusive.', examples: ['2026-11-24'] }),
})

const Summaries = Type.Object({
  metric: Type.String(),
  unit: Type.String(),
  aggregation: Type.String({
    description: 'sum, mean, last or duration: which figure is the one of the day.',
  }),
  days: Type.Array(
    Type.Object({
      date: Type.String(),
      count: Type.Integer({ minimum: 1 }),
      min: Type.Number(),
      max: Type.Number(),
      mean: Type.Number(),
      sum: Type.Optional(Type.Number()),
      last: Type.Number(),
      flagged: Type.Integer({ description: 'Samples outside the plausible range.' }),
      sources: Type.Optional(Type.Array(Type.String(), { description: 'Names of the sources.' })),
    }),
  ),
})
