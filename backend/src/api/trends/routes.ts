import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { addDays } from '../../domain/instant.ts'
import { findMetric } from '../../domain/metrics/catalogue.ts'
import type { Metric } from '../../domain/metrics/metric.ts'
import { BASELINE_DAYS } from '../../domain/trends/baseline.ts'
import { trendOf } from '../../domain/trends/report.ts'
import type { MeasureDeps } from '../measures/deps.ts'
import { PeriodQuery, periodOf } from '../measures/period.ts'
import { conditional, MaybeNumber, MeasureView, MethodView, measureView } from '../measures/schema.ts'
import { metricNamed } from '../metrics/metric-named.ts'

/** `GET /trends`: daily figures against what is usual for this person, and the dates on which their level changed. */
export function trendRoutes(deps: MeasureDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/trends',
      {
        schema: {
          tags: ['measures'],
          summary: 'Personal baseline and changes',
          description:
            "Each day is held against the 28 days before it, not against other people. Without a metric: those that most people's devices measure, where there is data.",
          querystring: Type.Object({
            metric: Type.Optional(Type.String({ maxLength: 128, examples: ['resting_heart_rate'] })),
            ...PeriodQuery,
          }),
          response: conditional(Trends),
        },
      },
      async (request, reply) => {
        const { metric: name } = request.query
        const metrics = name === undefined ? USUAL : [metricNamed(name)]
        const { from, to } = periodOf(request.query, deps.clock)
        const question = { metric: name === undefined ? null : metrics[0]?.name, from, to }
        return deps.reads.answer(request, reply, 'trends', question, async () => {
          const trends = await Promise.all(
            metrics.map(metric => trendView(request.user.id, metric, from, to)),
          )
          return { from, to, trends: trends.filter(({ days }) => name !== undefined || days.length > 0) }
        })
      },
    )
  }

  async function trendView(user: string, metric: Metric, from: string, to: string) {
    const summaries = await deps.samples.daily(user, metric.name, addDays(from, -BASELINE_DAYS), to)
    const found = trendOf(metric, summaries, from, to)
    return {
      metric: metric.name,
      baseline_median: measureView(found.baseline),
      baseline_mad: measureView(found.deviation),
      latest: found.latest,
      latest_robust_z: measureView(found.robustZ),
      change_points: found.changePoints,
      change_point_method: found.changeMethod,
      days: found.days.map(({ date, value, robustZ }) => ({ date, value, robust_z: robustZ })),
    }
  }
}

const USUAL = [
  'steps',
  'active_energy',
  'exercise_time',
  'sleep_analysis',
  'resting_heart_rate',
  'heart_rate_variability_sdnn',
  'respiratory_rate',
  'body_mass',
].flatMap(name => findMetric(name) ?? [])

const Trends = Type.Object({
  from: Type.String(),
  to: Type.String(),
  trends: Type.Array(
    Type.Object({
      metric: Type.String(),
      baseline_median: MeasureView,
      baseline_mad: MeasureView,
      latest: Type.Union([Type.Object({ date: Type.String(), value: Type.Number() }), Type.Null()]),
      latest_robust_z: MeasureView,
      change_points: Type.Array(
        Type.Object({
          date: Type.String({ description: 'First day of the new level.' }),
          before: Type.Number({ description: 'Median of the stretch before.' }),
          after: Type.Number({ description: 'Median of the stretch after.' }),
          p: Type.Number({ description: 'Approximate probability of such a change by chance.' }),
        }),
      ),
      change_point_method: MethodView,
      days: Type.Array(
        Type.Object({
          date: Type.String(),
          value: Type.Number(),
          robust_z: MaybeNumber('Distance from the 28 days before; beyond 3.5 is unusual.'),
        }),
      ),
    }),
  ),
})
