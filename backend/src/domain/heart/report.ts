import { beatIntervals, HEARTBEAT_SERIES } from '../beats.ts'
import { datesOf } from '../dates.ts'
import { type Measure, type Method, measure } from '../measure.ts'
import { nightsOf } from '../nights/night.ts'
import type { ParsedSample } from '../sample.ts'
import { median } from '../statistics.ts'
import type { DaySummary } from '../summarize.ts'
import { type Variability, variabilityOf } from './hrv.ts'
import { lowestInSleep } from './resting.ts'

/** What is known of a heart in a period. */
export interface HeartData {
  /** Daily summaries by canonical metric name. */
  summaries: ReadonlyMap<string, readonly DaySummary[]>
  /** Samples of heartbeat series, and HRV samples, which may carry beats. */
  beats: readonly ParsedSample[]
  /** Sleep, and heart rates on days without a resting heart rate; for the stand-in. */
  sleep: readonly ParsedSample[]
  rates: readonly ParsedSample[]
}

/** One day; null where nothing was measured. Rates are beats a minute, variability is milliseconds. */
export interface HeartDay {
  date: string
  restingHeartRate: number | null
  /** `samples`: computed by the watch; `sleep`: the stand-in of {@link lowestInSleep}. */
  restingFrom: 'samples' | 'sleep' | null
  sdnn: number | null
  rmssd: number | null
  /** Recordings of beats that went into `rmssd`. */
  recordings: number
  heartRate: { min: number; mean: number; max: number; count: number } | null
}

export interface HeartReport {
  restingHeartRate: Measure
  sdnn: Measure
  rmssd: Measure
  days: HeartDay[]
}

/** Fewest days for a period's median. */
const LEAST_DAYS = 3

/** Medians of the days of a period, and the days themselves; those on which nothing was measured are left out. */
export function heartReport(data: HeartData, from: string, to: string): HeartReport {
  const dates = datesOf(from, to)
  const standIns = restingInSleep(data)
  const beats = variabilityByDay(data.beats)
  const of = (metric: string) => new Map((data.summaries.get(metric) ?? []).map(day => [day.date, day]))
  const [resting, sdnn, rate] = ['resting_heart_rate', 'heart_rate_variability_sdnn', 'heart_rate'].map(of)
  const days = dates.flatMap((date): HeartDay[] => {
    const measured = resting?.get(date)
    const standIn = standIns.get(date)
    const heartRate = rate?.get(date)
    const variability = beats.get(date)
    const rmssd = variability && Number.isFinite(variability.rmssd) ? variability.rmssd : null
    const day: HeartDay = {
      date,
      restingHeartRate: measured?.mean ?? standIn ?? null,
      restingFrom: measured ? 'samples' : standIn === undefined ? null : 'sleep',
      sdnn: sdnn?.get(date)?.mean ?? null,
      rmssd,
      recordings: variability?.recordings ?? 0,
      heartRate: heartRate
        ? { min: heartRate.min, mean: heartRate.mean, max: heartRate.max, count: heartRate.count }
        : null,
    }
    return day.restingHeartRate === null && day.sdnn === null && rmssd === null && !heartRate ? [] : [day]
  })
  const over = (method: Method, unit: string, pick: (day: HeartDay) => number | null): Measure => {
    const values = days.map(pick).filter(value => value !== null)
    const coverage = { have: values.length, of: dates.length, need: LEAST_DAYS, unit: 'days' as const }
    return measure(method, unit, coverage, () => median(values))
  }
  const fromSleep = days.filter(({ restingFrom }) => restingFrom === 'sleep').length
  return {
    restingHeartRate: over(
      fromSleep > 0 ? METHODS.restingWithSleep : METHODS.resting,
      'count/min',
      day => day.restingHeartRate,
    ),
    sdnn: over(METHODS.sdnn, 'ms', day => day.sdnn),
    rmssd: over(METHODS.rmssd, 'ms', day => day.rmssd),
    days,
  }
}

const METHODS = {
  resting: {
    name: 'median-of-days',
    source: 'https://developer.apple.com/documentation/healthkit/hkquantitytypeidentifier/restingheartrate',
  },
  restingWithSleep: {
    name: 'median-of-days-with-sleep-stand-in',
    source:
      'https://developer.apple.com/documentation/healthkit/hkquantitytypeidentifier/restingheartrate; on days without one, the lowest mean of 30 min asleep',
  },
  sdnn: {
    name: 'median-of-days',
    source:
      'https://developer.apple.com/documentation/healthkit/hkquantitytypeidentifier/heartratevariabilitysdnn (short recordings, not 24 h)',
  },
  rmssd: {
    name: 'rmssd-from-beats',
    source:
      "Task Force 1996, https://doi.org/10.1161/01.CIR.93.5.1043; pooled over a day's recordings, median of days; never converted from SDNN",
  },
} as const satisfies Record<string, Method>

/**
 * Variability of a day's beats, pooled over its recordings. An HRV sample of an export lists the beats that a heartbeat
 * series of the day holds too, and rounds them, so it counts only on days without a series.
 */
export function variabilityByDay(
  samples: readonly ParsedSample[],
): Map<string, Variability & { recordings: number }> {
  const found = new Map<string, Variability & { recordings: number }>()
  for (const [day, ofDay] of Map.groupBy(samples, sample => sample.day)) {
    const series = ofDay.filter(({ metric }) => metric.name === HEARTBEAT_SERIES)
    const recordings = (series.length > 0 ? series : ofDay).map(beatIntervals).filter(runs => runs.length > 0)
    if (recordings.length > 0)
      found.set(day, { ...variabilityOf(recordings.flat()), recordings: recordings.length })
  }
  return found
}

function restingInSleep({ sleep, rates }: HeartData): Map<string, number> {
  if (rates.length === 0) return new Map()
  return new Map(
    nightsOf(sleep).flatMap((night): [string, number][] => {
      const lowest = night.kind === 'night' ? lowestInSleep(rates, night.sleep) : undefined
      return lowest === undefined ? [] : [[night.date, lowest]]
    }),
  )
}
