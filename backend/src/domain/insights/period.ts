import type { DailySummaries, DailySummary } from '../daily-summary.ts'
import { addDays } from './facts.ts'
import { INSIGHT_METRICS } from './metrics.ts'

/** Daily summaries of a period, by canonical metric name. */
export interface PeriodData {
  summaries: Map<string, DailySummary[]>
  /** First and last local date, inclusive. */
  from: string
  to: string
}

/**
 * Reads what insights speak of. Without an end the period ends today, by the clock of wherever the newest data is from;
 * without a beginning it is so many days.
 */
export async function readPeriod(
  deps: { summaries: DailySummaries; now: () => Date },
  userId: string,
  period: { from?: string; to?: string },
  defaultDays: number,
): Promise<PeriodData> {
  const today = deps.now().toISOString().slice(0, 10)
  // East of Greenwich it may be tomorrow already.
  const latest = period.to ?? addDays(today, 1)
  const earliest = period.from ?? addDays(period.to ?? today, 1 - defaultDays)
  const read = await Promise.all(
    INSIGHT_METRICS.map(
      async ({ name }) => [name, await deps.summaries.daily(userId, name, earliest, latest)] as const,
    ),
  )
  const isTomorrow = read.some(([, days]) => days.at(-1)?.date === latest)
  const to = period.to ?? (isTomorrow ? latest : today)
  const from = period.from ?? addDays(to, 1 - defaultDays)
  return { from, to, summaries: within(new Map(read), from, to) }
}

/** The days of a shorter period. */
export function within(
  summaries: ReadonlyMap<string, readonly DailySummary[]>,
  from: string,
  to: string,
): Map<string, DailySummary[]> {
  return new Map(
    [...summaries].map(([name, days]) => [name, days.filter(({ date }) => date >= from && date <= to)]),
  )
}
