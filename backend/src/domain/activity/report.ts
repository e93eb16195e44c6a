import { datesOf } from '../dates.ts'
import { type Measure, type Method, measure } from '../measure.ts'
import { bestSourcePerMinute, totalOf } from '../merging/best-source.ts'
import { withOffset } from '../nights/night.ts'
import type { ParsedSample } from '../sample.ts'
import { mean, median } from '../statistics.ts'
import type { DaySummary } from '../summarize.ts'

/** What is known of a person's movement in a period. */
export interface ActivityData {
  /** Daily summaries by canonical metric name. */
  summaries: ReadonlyMap<string, readonly DaySummary[]>
  steps: readonly ParsedSample[]
  workouts: readonly ParsedSample[]
}

/** One day; null where nothing was measured. */
export interface ActivityDay {
  date: string
  steps: number | null
  /** Minutes of 100 steps or more: null also where samples are too long to tell single minutes. */
  briskMinutes: number | null
  activeEnergy: number | null
  basalEnergy: number | null
  exerciseMinutes: number | null
  distance: number | null
  flights: number | null
  standHours: number | null
  workouts: number
  /** Sources of the steps. */
  sources: string[]
}

/** One workout as a source recorded it. */
export interface Workout {
  start: string
  end: string
  minutes: number
  /** As HealthKit names it, `HKWorkoutActivityTypeRunning`; null where the source does not say. */
  activityType: string | null
  source: string
}

export interface ActivityReport {
  steps: Measure
  briskMinutes: Measure
  activeEnergy: Measure
  exerciseMinutes: Measure
  days: ActivityDay[]
  workouts: Workout[]
}

/** Canonical names of the metrics whose daily summaries are needed. */
export const ACTIVITY_SUMMARIES = [
  'active_energy',
  'basal_energy',
  'exercise_time',
  'distance_walking_running',
  'flights_climbed',
  'stand_hour',
] as const

/** Steps a minute at which walking is of moderate intensity. */
const BRISK = 100
/** A median sample longer than this says nothing about single minutes. */
const LONGEST_SAMPLE_MS = 5 * 60_000
/** Fewest days for a mean of days. */
const LEAST_DAYS = 3

/** Means of the days of a period, and the days themselves; those on which nothing was measured are left out. */
export function activityReport(data: ActivityData, from: string, to: string): ActivityReport {
  const dates = datesOf(from, to)
  const sums = new Map(
    [...data.summaries].map(([metric, days]) => [metric, new Map(days.map(({ date, sum }) => [date, sum]))]),
  )
  const steps = Map.groupBy(data.steps, ({ day }) => day)
  const workouts = Map.groupBy(data.workouts, ({ day }) => day)
  const days = dates.flatMap((date): ActivityDay[] => {
    const sum = (metric: (typeof ACTIVITY_SUMMARIES)[number]) => sums.get(metric)?.get(date) ?? null
    const day: ActivityDay = {
      date,
      ...stepsOf(steps.get(date)),
      activeEnergy: sum('active_energy'),
      basalEnergy: sum('basal_energy'),
      exerciseMinutes: sum('exercise_time'),
      distance: sum('distance_walking_running'),
      flights: sum('flights_climbed'),
      standHours: sum('stand_hour'),
      workouts: workouts.get(date)?.length ?? 0,
    }
    const { date: _, workouts: count, sources: __, ...figures } = day
    return count > 0 || Object.values(figures).some(value => value !== null) ? [day] : []
  })
  const over = (method: Method, unit: string, pick: (day: ActivityDay) => number | null): Measure => {
    const values = days.map(pick).filter(value => value !== null)
    const coverage = { have: values.length, of: dates.length, need: LEAST_DAYS, unit: 'days' as const }
    return measure(method, unit, coverage, () => mean(values))
  }
  return {
    steps: over(METHODS.steps, 'count', day => day.steps),
    briskMinutes: over(METHODS.brisk, 'min', day => day.briskMinutes),
    activeEnergy: over(METHODS.energy, 'kcal', day => day.activeEnergy),
    exerciseMinutes: over(METHODS.exercise, 'min', day => day.exerciseMinutes),
    days,
    workouts: data.workouts.filter(({ day }) => day >= from && day <= to).map(toWorkout),
  }
}

const MERGED = 'best source of each minute, never a sum of sources'
const METHODS = {
  steps: {
    name: 'mean-of-days',
    source: `https://developer.apple.com/documentation/healthkit/hkquantitytypeidentifier/stepcount; ${MERGED}`,
  },
  brisk: {
    name: 'minutes-of-100-steps',
    source: `Tudor-Locke et al. 2018, https://doi.org/10.1136/bjsports-2017-097628; ${MERGED}`,
  },
  energy: {
    name: 'mean-of-days',
    source: `https://developer.apple.com/documentation/healthkit/hkquantitytypeidentifier/activeenergyburned; ${MERGED}`,
  },
  exercise: {
    name: 'mean-of-days',
    source: `https://developer.apple.com/documentation/healthkit/hkquantitytypeidentifier/appleexercisetime; ${MERGED}`,
  },
} as const satisfies Record<string, Method>

function stepsOf(samples: readonly ParsedSample[] | undefined) {
  if (!samples || samples.length === 0) return { steps: null, briskMinutes: null, sources: [] }
  const { amounts } = bestSourcePerMinute(samples)
  const typical = median(samples.map(({ startMs, endMs }) => endMs - startMs))
  const tells = typical > 0 && typical <= LONGEST_SAMPLE_MS
  return {
    steps: totalOf(amounts),
    // A hundred steps spread over a minute may come to 99.999… of it.
    briskMinutes: tells ? amounts.filter(amount => amount >= BRISK - 1e-6).length : null,
    sources: [...new Set(samples.map(({ sample }) => sample.source.name))].sort(),
  }
}

function toWorkout({ sample, startMs, endMs, offset, canonical }: ParsedSample): Workout {
  const type = sample.metadata?.workoutActivityType ?? sample.metadata?.activity_type
  return {
    start: withOffset(startMs, offset),
    end: withOffset(endMs, offset),
    minutes: canonical,
    activityType: typeof type === 'string' ? type : null,
    source: sample.source.name,
  }
}
