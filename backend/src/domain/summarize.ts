import type { DailySummary } from './daily-summary.ts'
import { addDays } from './instant.ts'
import { unionMs } from './intervals.ts'
import { bestSourcePerMinute, totalOf } from './merging/best-source.ts'
import { type Metric, unitOf } from './metrics/metric.ts'
import { asleepOf, sleepSessions, wakeDate } from './nights/sessions.ts'
import type { ParsedSample } from './sample.ts'

/** A daily summary with what the API says beyond the shared seam. */
export interface DaySummary extends DailySummary {
  /** The newest value of the day. */
  last: number
  /** Samples outside the plausible range; they are counted like any other. */
  flagged: number
  /** Names of the sources that measured it, the first {@link MOST_SOURCES} by name; absent in older summaries. */
  sources?: string[]
}

/** Most sources that a summary lists. */
const MOST_SOURCES = 20

/** What single samples show together, before anything is added up. */
export type Figures = Required<Omit<DaySummary, keyof DailySummary>> &
  Pick<DailySummary, 'count' | 'min' | 'max' | 'mean'>

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
 * - `sum` metrics are never added up across sources, which measure the same steps: for each minute the source with
 *   the largest amount counts ({@link bestSourcePerMinute}).
 * - `duration` metrics sum the minutes that their samples cover together, overlaps once; min, max and mean are of the
 *   single samples' minutes. Sleep counts what the best source of each session says ({@link sleepSessions}), and belongs
 *   to the date of waking.
 */
export function summarize(
  metric: Metric,
  date: string,
  samples: readonly ParsedSample[],
): DaySummary | undefined {
  const ofDate =
    metric.name === SLEEP_METRIC
      ? sleepSessions(samples).flatMap(session => (wakeDate(session) === date ? asleepOf(session) : []))
      : samples.filter(({ day }) => day === date)
  if (ofDate.length === 0) return undefined
  const sum =
    metric.aggregation === 'duration'
      ? unionMs(ofDate) / 60_000
      : metric.aggregation === 'sum'
        ? totalOf(bestSourcePerMinute(ofDate).amounts)
        : undefined
  const { last, flagged, sources, ...figures } = figuresOf(metric, ofDate)
  const known = { date, metric: metric.name, unit: unitOf(metric), ...figures }
  return { ...known, ...(sum !== undefined && { sum }), last, flagged, sources }
}

/** The figures of one or more samples, each counted as it is. */
export function figuresOf(metric: Metric, samples: readonly ParsedSample[]): Figures {
  const duration = metric.aggregation === 'duration'
  const [least, most] = metric.plausible ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const sources = new Set<string>()
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let total = 0
  let flagged = 0
  let newest = samples[0] as ParsedSample
  for (const sample of samples) {
    const value = figureOf(sample, duration)
    min = Math.min(min, value)
    max = Math.max(max, value)
    total += value
    if (sample.canonical < least || sample.canonical > most) flagged++
    if (sample.endMs >= newest.endMs) newest = sample
    sources.add(sample.sample.source.name)
  }
  return {
    count: samples.length,
    min,
    max,
    mean: total / samples.length,
    last: figureOf(newest, duration),
    flagged,
    sources: [...sources].sort().slice(0, MOST_SOURCES),
  }
}

const SLEEP_METRIC = 'sleep_analysis'

function figureOf(sample: ParsedSample, duration: boolean): number {
  return duration ? (sample.endMs - sample.startMs) / 60_000 : sample.canonical
}
