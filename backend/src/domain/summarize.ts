import type { DailySummary } from './daily-summary.ts'
import { addDays } from './instant.ts'
import { unionMs } from './intervals.ts'
import { type Metric, unitOf } from './metrics/metric.ts'
import type { ParsedSample } from './sample.ts'
import { byWakeDate, isAsleep } from './sleep.ts'

/** A daily summary with what the API says beyond the shared seam. */
export interface DaySummary extends DailySummary {
  /** The newest value of the day. */
  last: number
  /** Samples outside the plausible range; they are counted like any other. */
  flagged: number
}

/** Which days' samples the summary of a date depends on, as days before and after it. */
export interface Window {
  before: number
  after: number
}

/**
 * A night starts before its wake date and may be continued after it, so its summary needs the neighbours' samples:
 * two days back cover a night that began as a long one the day before, one ahead what starts after midnight.
 */
export function windowOf(metric: Metric): Window {
  return metric.name === SLEEP_METRIC ? { before: 2, after: 1 } : { before: 0, after: 0 }
}

/** The dates whose summaries samples stored under `day` can change. */
export function datesTouchedBy(metric: Metric, day: string): string[] {
  const { before, after } = windowOf(metric)
  return Array.from({ length: before + after + 1 }, (_, i) => addDays(day, i - after))
}

/**
 * The summary of one metric on one date, from the samples of its {@link windowOf window}; `undefined` without any.
 *
 * - `sum` metrics are never added up across sources, which measure the same steps: for each local hour the source with
 *   the largest amount counts, a sample that spans hours in proportion.
 * - `duration` metrics sum the minutes that their samples cover together, overlaps once; min, max and mean are of the
 *   single samples' minutes. Sleep counts asleep samples only, and belongs to the date of waking.
 */
export function summarize(
  metric: Metric,
  date: string,
  samples: readonly ParsedSample[],
): DaySummary | undefined {
  const ofDate =
    metric.name === SLEEP_METRIC
      ? (byWakeDate(samples).get(date) ?? []).filter(isAsleep)
      : samples.filter(({ day }) => day === date)
  const [first] = ofDate
  if (!first) return undefined
  const duration = metric.aggregation === 'duration'
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let total = 0
  let flagged = 0
  let newest = first
  for (const sample of ofDate) {
    const value = figureOf(sample, duration)
    min = Math.min(min, value)
    max = Math.max(max, value)
    total += value
    const [least, most] = metric.plausible ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    if (sample.canonical < least || sample.canonical > most) flagged++
    if (sample.endMs >= newest.endMs) newest = sample
  }
  const sum = duration
    ? unionMs(ofDate) / 60_000
    : metric.aggregation === 'sum'
      ? bestSourceSum(ofDate)
      : undefined
  return {
    date,
    metric: metric.name,
    unit: unitOf(metric),
    count: ofDate.length,
    min,
    max,
    mean: total / ofDate.length,
    ...(sum !== undefined && { sum }),
    last: figureOf(newest, duration),
    flagged,
  }
}

const SLEEP_METRIC = 'sleep_analysis'
const HOUR_MS = 3_600_000
/** What lasts longer counts in the hour of its start. */
const LONGEST_SPREAD_MS = 7 * 24 * HOUR_MS

function figureOf(sample: ParsedSample, duration: boolean): number {
  return duration ? (sample.endMs - sample.startMs) / 60_000 : sample.canonical
}

function bestSourceSum(samples: readonly ParsedSample[]): number {
  const hours = new Map<number, Map<string, number>>()
  for (const { sample, startMs, endMs, canonical, offset } of samples) {
    const source = `${sample.source.name}\n${sample.source.bundle_id ?? ''}`
    const localStart = startMs + offset * 60_000
    const length = endMs - startMs <= LONGEST_SPREAD_MS ? endMs - startMs : 0
    const last = Math.floor((localStart + Math.max(length - 1, 0)) / HOUR_MS)
    for (let hour = Math.floor(localStart / HOUR_MS); hour <= last; hour++) {
      const from = Math.max(localStart, hour * HOUR_MS)
      const until = Math.min(localStart + length, (hour + 1) * HOUR_MS)
      const share = length > 0 ? (canonical * (until - from)) / length : canonical
      const sources = hours.get(hour) ?? new Map<string, number>()
      hours.set(hour, sources.set(source, (sources.get(source) ?? 0) + share))
    }
  }
  let sum = 0
  for (const sources of hours.values()) sum += Math.max(...sources.values())
  // Shares of hours do not add up to the last bit; a count of steps must not end in .0000000001.
  return Number(sum.toPrecision(12))
}
