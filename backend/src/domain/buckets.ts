import { addDays } from './instant.ts'
import { unionMs } from './intervals.ts'
import { bestSourcePerMinute, totalOf } from './merging/best-source.ts'
import type { Metric } from './metrics/metric.ts'
import { asleepOf, sleepSessions } from './nights/sessions.ts'
import type { ParsedSample } from './sample.ts'
import { type DaySummary, figuresOf } from './summarize.ts'

/** How long a bucket is; a week begins on Monday (ISO 8601). */
export type BucketSize = 'hour' | 'day' | 'week' | 'month'

/** One bucket's figures. */
export interface Bucket {
  /** First local date, or local hour `2026-11-24T07:00`. */
  start: string
  count: number
  min: number
  max: number
  mean: number
  sum?: number
  last: number
  flagged: number
  sources: string[]
}

/** The bucket in which a local date lies, by its first date. */
export function bucketOf(date: string, size: 'day' | 'week' | 'month'): string {
  if (size === 'day') return date
  if (size === 'month') return `${date.slice(0, 7)}-01`
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return addDays(date, -((weekday + 6) % 7))
}

/** Days together: sums add up, the mean is that of all samples, the last is the newest. @param days in date order */
export function bucketsOfDays(days: readonly DaySummary[], size: 'day' | 'week' | 'month'): Bucket[] {
  return [...Map.groupBy(days, ({ date }) => bucketOf(date, size))].map(([start, group]) => {
    const count = group.reduce((total, day) => total + day.count, 0)
    const sums = group.flatMap(({ sum }) => sum ?? [])
    return {
      start,
      count,
      min: Math.min(...group.map(({ min }) => min)),
      max: Math.max(...group.map(({ max }) => max)),
      mean: group.reduce((total, day) => total + day.mean * day.count, 0) / count,
      ...(sums.length > 0 && { sum: Number(sums.reduce((total, sum) => total + sum, 0).toPrecision(12)) }),
      last: group.at(-1)?.last ?? Number.NaN,
      flagged: group.reduce((total, day) => total + day.flagged, 0),
      sources: [...new Set(group.flatMap(day => day.sources ?? []))].sort(),
    }
  })
}

/**
 * Samples by the hour of the local clock in which they start. Of what adds up or lasts, a sample is in every hour in which
 * it lies, so that the hours add up to the day: an hour's sum is that of the best source of each of its minutes.
 */
export function bucketsOfHours(metric: Metric, samples: readonly ParsedSample[]): Bucket[] {
  const counted = metric.name === 'sleep_analysis' ? sleepSessions(samples).flatMap(asleepOf) : samples
  const sums = metric.aggregation === 'sum' ? hourlySums(counted) : undefined
  const durations = metric.aggregation === 'duration' ? hourlyMinutes(counted) : undefined
  const groups = new Map<number, ParsedSample[]>()
  for (const sample of counted) {
    const start = sample.startMs + sample.offset * 60_000
    const lasts = sums || durations ? Math.min(sample.endMs - sample.startMs, LONGEST_MS) : 0
    for (let hour = Math.floor(start / HOUR_MS); hour * HOUR_MS < start + Math.max(lasts, 1); hour++) {
      const group = groups.get(hour)
      if (group) group.push(sample)
      else groups.set(hour, [sample])
    }
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([hour, group]) => {
      const sum = (sums ?? durations)?.get(hour)
      return { start: localHour(hour), ...figuresOf(metric, group), ...(sum !== undefined && { sum }) }
    })
}

const HOUR_MS = 3_600_000
/** What lasts longer is in the hours of its first week only. */
const LONGEST_MS = 7 * 24 * HOUR_MS

function localHour(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString().slice(0, 16)
}

function hourlySums(samples: readonly ParsedSample[]): Map<number, number> {
  const { first, amounts } = bestSourcePerMinute(samples)
  const sums = new Map<number, number>()
  for (let at = 0; at < amounts.length; ) {
    const hour = Math.floor((first + at) / 60)
    const until = Math.min(amounts.length, (hour + 1) * 60 - first)
    sums.set(hour, totalOf(amounts.subarray(at, until)))
    at = until
  }
  return sums
}

function hourlyMinutes(samples: readonly ParsedSample[]): Map<number, number> {
  const parts = new Map<number, { startMs: number; endMs: number }[]>()
  for (const { startMs, endMs, offset } of samples) {
    const start = startMs + offset * 60_000
    const end = start + Math.min(endMs - startMs, LONGEST_MS)
    for (let hour = Math.floor(start / HOUR_MS); hour * HOUR_MS < end; hour++) {
      const part = { startMs: Math.max(start, hour * HOUR_MS), endMs: Math.min(end, (hour + 1) * HOUR_MS) }
      const known = parts.get(hour)
      if (known) known.push(part)
      else parts.set(hour, [part])
    }
  }
  return new Map([...parts].map(([hour, list]) => [hour, unionMs(list) / 60_000]))
}
