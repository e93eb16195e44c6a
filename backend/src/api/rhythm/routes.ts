import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { addDays } from '../../domain/instant.ts'
import { rhythmReport } from '../../domain/rhythm/report.ts'
import type { MeasureDeps } from '../measures/deps.ts'
import { PeriodQuery, periodOf } from '../measures/period.ts'
import { conditional, MeasureView, measureView } from '../measures/schema.ts'

/** `GET /rhythm`: how regular and how marked a person's days and nights are, from steps. */
export function rhythmRoutes(deps: MeasureDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/rhythm',
      {
        schema: {
          tags: ['measures'],
          summary: 'Rhythm of rest and activity',
          description:
            'Nonparametric measures of steps by the minute, which is not actigraphy: a minute without steps is taken for rest. Days without any step are left out.',
          querystring: Type.Object(PeriodQuery),
          response: conditional(RhythmView),
        },
      },
      async (request, reply) => {
        const { from, to } = periodOf(request.query, deps.clock)
        return deps.reads.answer(request, reply, 'rhythm', { from, to }, async () => {
          // A walk past midnight is stored under the day before.
          const steps = await deps.samples.readDays(request.user.id, 'steps', addDays(from, -1), to)
          return { from, to, ...rhythmView(rhythmReport(steps, from, to)) }
        })
      },
    )
  }
}

function rhythmView(found: ReturnType<typeof rhythmReport>) {
  return {
    interdaily_stability: measureView(found.interdailyStability),
    intradaily_variability: measureView(found.intradailyVariability),
    least_active_5h: measureView(found.leastActive5h),
    least_active_5h_onset: measureView(found.leastActive5hOnset),
    most_active_10h: measureView(found.mostActive10h),
    most_active_10h_onset: measureView(found.mostActive10hOnset),
    relative_amplitude: measureView(found.relativeAmplitude),
  }
}

const RhythmView = Type.Object({
  from: Type.String(),
  to: Type.String(),
  interdaily_stability: MeasureView,
  intradaily_variability: MeasureView,
  least_active_5h: MeasureView,
  least_active_5h_onset: MeasureView,
  most_active_10h: MeasureView,
  most_active_10h_onset: MeasureView,
  relative_amplitude: MeasureView,
})
