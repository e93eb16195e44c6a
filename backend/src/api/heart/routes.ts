import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { HEARTBEAT_SERIES } from '../../domain/beats.ts'
import { datesOf } from '../../domain/dates.ts'
import { type HeartDay, heartReport } from '../../domain/heart/report.ts'
import { addDays } from '../../domain/instant.ts'
import type { ParsedSample } from '../../domain/sample.ts'
import { type MeasureDeps, summariesOf } from '../measures/deps.ts'
import { PeriodQuery, periodOf } from '../measures/period.ts'
import { conditional, MaybeNumber, MeasureView, measureView } from '../measures/schema.ts'

/** `GET /heart`: resting heart rate and variability by local day. */
export function heartRoutes(deps: MeasureDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/heart',
      {
        schema: {
          tags: ['measures'],
          summary: 'Resting heart rate and variability',
          description:
            'RMSSD only where single beats were recorded; it is never converted from SDNN. On days without a resting heart rate the lowest mean of half an hour asleep stands in, and says so.',
          querystring: Type.Object(PeriodQuery),
          response: conditional(Heart),
        },
      },
      async (request, reply) => {
        const { from, to } = periodOf(request.query, deps.clock)
        return deps.reads.answer(request, reply, 'heart', { from, to }, async () => {
          const user = request.user.id
          const [summaries, series, variability] = await Promise.all([
            summariesOf(deps.samples, user, SUMMARIES, from, to),
            deps.samples.readDays(user, HEARTBEAT_SERIES, from, to),
            deps.samples.readDays(user, 'heart_rate_variability_sdnn', from, to),
          ])
          const known = new Set(summaries.get('resting_heart_rate')?.map(({ date }) => date))
          const standIn = await forStandIn(
            user,
            datesOf(from, to).filter(date => !known.has(date)),
          )
          const found = heartReport({ summaries, beats: [...series, ...variability], ...standIn }, from, to)
          return {
            from,
            to,
            resting_heart_rate: measureView(found.restingHeartRate),
            sdnn: measureView(found.sdnn),
            rmssd: measureView(found.rmssd),
            days: found.days.map(dayView),
          }
        })
      },
    )
  }

  /** Sleep and heart rates around the dates without a resting heart rate; nothing where nobody slept. */
  async function forStandIn(user: string, dates: readonly string[]) {
    const none: { sleep: ParsedSample[]; rates: ParsedSample[] } = { sleep: [], rates: [] }
    const [first, last] = [dates[0], dates.at(-1)]
    if (first === undefined || last === undefined) return none
    const sleep = await deps.samples.readDays(user, 'sleep_analysis', addDays(first, -2), addDays(last, 1))
    if (sleep.length === 0) return none
    return { sleep, rates: await deps.samples.readDays(user, 'heart_rate', addDays(first, -1), last) }
  }
}

const SUMMARIES = ['resting_heart_rate', 'heart_rate_variability_sdnn', 'heart_rate']

function dayView(day: HeartDay) {
  return {
    date: day.date,
    resting_heart_rate: day.restingHeartRate,
    resting_from: day.restingFrom,
    sdnn_ms: day.sdnn,
    rmssd_ms: day.rmssd,
    beat_recordings: day.recordings,
    heart_rate: day.heartRate,
  }
}

const Heart = Type.Object({
  from: Type.String(),
  to: Type.String(),
  resting_heart_rate: MeasureView,
  sdnn: MeasureView,
  rmssd: MeasureView,
  days: Type.Array(
    Type.Object({
      date: Type.String(),
      resting_heart_rate: MaybeNumber('Beats a minute.'),
      resting_from: Type.Union([Type.Literal('samples'), Type.Literal('sleep'), Type.Null()], {
        description: 'samples: as the watch computed it; sleep: the stand-in.',
      }),
      sdnn_ms: MaybeNumber('Mean of the recordings of the day.'),
      rmssd_ms: MaybeNumber('Pooled over the recordings of the day that have beats.'),
      beat_recordings: Type.Integer(),
      heart_rate: Type.Union([
        Type.Object({
          min: Type.Number(),
          mean: Type.Number(),
          max: Type.Number(),
          count: Type.Integer(),
        }),
        Type.Null(),
      ]),
    }),
  ),
})
