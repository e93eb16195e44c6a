import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { addDays } from '../../domain/instant.ts'
import { type Night, nightsOf } from '../../domain/nights/night.ts'
import { sleepMeasures } from '../../domain/nights/report.ts'
import type { MeasureDeps } from '../measures/deps.ts'
import { PeriodQuery, periodOf } from '../measures/period.ts'
import { conditional, MaybeNumber, MaybeText, MeasureView, measureView } from '../measures/schema.ts'

/** `GET /sleep`: nights by the date of waking, and what they show together. */
export function sleepRoutes(deps: MeasureDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/sleep',
      {
        schema: {
          tags: ['measures'],
          summary: 'Nights by wake date',
          description:
            'Samples less than three hours apart are one session; of it the source that knows stages counts, else the one with the most sleep. A session belongs to the local date on which it ends. Where nothing was recorded there is null and a reason.',
          querystring: Type.Object(PeriodQuery),
          response: conditional(Sleep),
        },
      },
      async (request, reply) => {
        const { from, to } = periodOf(request.query, deps.clock)
        return deps.reads.answer(request, reply, 'sleep', { from, to }, async () => {
          // A night begins up to two days before its date, and may go on after it.
          const around = [addDays(from, -2), addDays(to, 1)] as const
          const samples = await deps.samples.readDays(request.user.id, 'sleep_analysis', ...around)
          const nights = nightsOf(samples).filter(({ date }) => date >= from && date <= to)
          const found = sleepMeasures(nights, from, to)
          return {
            from,
            to,
            asleep: measureView(found.asleep),
            efficiency: measureView(found.efficiency),
            midpoint: measureView(found.midpoint),
            midpoint_deviation: measureView(found.midpointDeviation),
            regularity_index: measureView(found.regularity),
            social_jetlag: measureView(found.socialJetlag),
            corrected_midpoint: measureView(found.correctedMidpoint),
            nights: nights.map(nightView),
          }
        })
      },
    )
  }
}

function nightView(night: Night) {
  return {
    date: night.date,
    kind: night.kind,
    source: night.source,
    start: night.start,
    end: night.end,
    asleep_minutes: night.asleep,
    in_bed_minutes: night.inBed,
    efficiency: night.efficiency,
    latency_minutes: night.latency,
    awake_after_onset_minutes: night.awakeAfterOnset,
    awakenings: night.awakenings,
    stages: night.stages && {
      core_minutes: night.stages.core,
      deep_minutes: night.stages.deep,
      rem_minutes: night.stages.rem,
      awake_minutes: night.stages.awake,
    },
    midpoint: night.midpoint === null ? null : timeOfDay(night.midpoint),
    reasons: night.reasons,
  }
}

/** Minutes after midnight as `02:45`. */
function timeOfDay(minutes: number): string {
  const whole = Math.floor(minutes)
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`
}

const NightView = Type.Object({
  date: Type.String({ description: 'Local date of waking.' }),
  kind: Type.Enum(['night', 'nap'], { description: 'night: the longest sleep of its date.' }),
  source: Type.String(),
  start: Type.String(),
  end: Type.String(),
  asleep_minutes: MaybeNumber(),
  in_bed_minutes: Type.Number({ description: 'Recorded, else from the first to the last sample.' }),
  efficiency: MaybeNumber('Asleep of the time in bed, in per cent.'),
  latency_minutes: MaybeNumber('From going to bed to falling asleep.'),
  awake_after_onset_minutes: MaybeNumber('Awake between the first and the last sleep.'),
  awakenings: MaybeNumber('Wakes of a minute or more.'),
  stages: Type.Union([
    Type.Object({
      core_minutes: Type.Number(),
      deep_minutes: Type.Number(),
      rem_minutes: Type.Number(),
      awake_minutes: Type.Number(),
    }),
    Type.Null(),
  ]),
  midpoint: MaybeText('Halfway between falling asleep and waking, local time: 02:45.'),
  reasons: Type.Array(Type.String(), { description: 'Why something is null.' }),
})

const Sleep = Type.Object({
  from: Type.String(),
  to: Type.String(),
  asleep: MeasureView,
  efficiency: MeasureView,
  midpoint: MeasureView,
  midpoint_deviation: MeasureView,
  regularity_index: MeasureView,
  social_jetlag: MeasureView,
  corrected_midpoint: MeasureView,
  nights: Type.Array(NightView),
})
