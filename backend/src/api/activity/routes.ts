import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { ACTIVITY_SUMMARIES, type ActivityDay, activityReport } from '../../domain/activity/report.ts'
import { type MeasureDeps, summariesOf } from '../measures/deps.ts'
import { PeriodQuery, periodOf } from '../measures/period.ts'
import { conditional, MaybeNumber, MaybeText, MeasureView, measureView } from '../measures/schema.ts'

/** `GET /activity`: steps, energy, exercise and workouts by local day. */
export function activityRoutes(deps: MeasureDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/activity',
      {
        schema: {
          tags: ['measures'],
          summary: 'Movement by day',
          description:
            'Sources are never added up: in each minute the source with the largest amount counts. Days without data are absent; means are of the days that have it.',
          querystring: Type.Object(PeriodQuery),
          response: conditional(Activity),
        },
      },
      async (request, reply) => {
        const { from, to } = periodOf(request.query, deps.clock)
        return deps.reads.answer(request, reply, 'activity', { from, to }, async () => {
          const user = request.user.id
          const [summaries, steps, workouts] = await Promise.all([
            summariesOf(deps.samples, user, ACTIVITY_SUMMARIES, from, to),
            deps.samples.readDays(user, 'steps', from, to),
            deps.samples.readDays(user, 'workout', from, to),
          ])
          const found = activityReport({ summaries, steps, workouts }, from, to)
          return {
            from,
            to,
            steps: measureView(found.steps),
            brisk_minutes: measureView(found.briskMinutes),
            active_energy: measureView(found.activeEnergy),
            exercise_minutes: measureView(found.exerciseMinutes),
            days: found.days.map(dayView),
            workouts: found.workouts.map(({ activityType, ...workout }) => ({
              ...workout,
              activity_type: activityType,
            })),
          }
        })
      },
    )
  }
}

function dayView(day: ActivityDay) {
  return {
    date: day.date,
    steps: day.steps,
    brisk_minutes: day.briskMinutes,
    active_energy_kcal: day.activeEnergy,
    basal_energy_kcal: day.basalEnergy,
    exercise_minutes: day.exerciseMinutes,
    distance_m: day.distance,
    flights_climbed: day.flights,
    stand_hours: day.standHours,
    workouts: day.workouts,
    sources: day.sources,
  }
}

const Activity = Type.Object({
  from: Type.String(),
  to: Type.String(),
  steps: MeasureView,
  brisk_minutes: MeasureView,
  active_energy: MeasureView,
  exercise_minutes: MeasureView,
  days: Type.Array(
    Type.Object({
      date: Type.String(),
      steps: MaybeNumber(),
      brisk_minutes: MaybeNumber('Minutes of 100 steps or more; null where samples are too long to tell.'),
      active_energy_kcal: MaybeNumber(),
      basal_energy_kcal: MaybeNumber(),
      exercise_minutes: MaybeNumber(),
      distance_m: MaybeNumber('Walking and running.'),
      flights_climbed: MaybeNumber(),
      stand_hours: MaybeNumber(),
      workouts: Type.Integer(),
      sources: Type.Array(Type.String(), { description: 'Sources of the steps.' }),
    }),
  ),
  workouts: Type.Array(
    Type.Object({
      start: Type.String(),
      end: Type.String(),
      minutes: Type.Number(),
      activity_type: MaybeText('As HealthKit names it.'),
      source: Type.String(),
    }),
  ),
})
