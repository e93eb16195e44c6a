import { datesOf } from '../dates.ts'
import { addDays } from '../instant.ts'
import { type Measure, type Method, measure } from '../measure.ts'
import type { Metric } from '../metrics/metric.ts'
import type { DaySummary } from '../summarize.ts'
import { BASELINE_DAYS, BASELINE_LEAST, baselineOf, robustZ } from './baseline.ts'
import { changePoints } from './change-points.ts'

/** How one metric of a person moves, against what is usual for that person. */
export interface Trend {
  /** Median and MAD of the 28 days before the latest one. */
  baseline: Measure
  deviation: Measure
  /** The newest day with data in the period, and how far it is from the baseline. */
  latest: { date: string; value: number } | null
  robustZ: Measure
  /** Dates from which on the level is another, in order. */
  changePoints: { date: string; before: number; after: number; p: number }[]
  changeMethod: Method
  /** A day's figure, and its distance from the 28 days before it; null where those hold fewer than fourteen with data. */
  days: { date: string; value: number; robustZ: number | null }[]
}

/**
 * The trend of a metric's daily figures.
 * @param summaries of the period and of the 28 days before it
 */
export function trendOf(metric: Metric, summaries: readonly DaySummary[], from: string, to: string): Trend {
  const values = new Map(summaries.map(day => [day.date, figureOf(metric, day)]))
  const before = (date: string): number[] =>
    datesOf(addDays(date, -BASELINE_DAYS), addDays(date, -1)).flatMap(day => values.get(day) ?? [])
  const days = datesOf(from, to).flatMap(date => {
    const value = values.get(date)
    if (value === undefined) return []
    const baseline = baselineOf(before(date))
    const z = baseline ? robustZ(value, baseline) : Number.NaN
    return [{ date, value, robustZ: Number.isFinite(z) ? z : null }]
  })
  const latest = days.at(-1)
  const usual = latest ? before(latest.date) : []
  const baseline = baselineOf(usual)
  const coverage = { have: usual.length, of: BASELINE_DAYS, need: BASELINE_LEAST, unit: 'days' as const }
  const unit = metric.kind === 'quantity' ? metric.quantity.unit : metric.unit
  return {
    baseline: measure(MEDIAN, unit, coverage, () => baseline?.median ?? null),
    deviation: measure(MAD, unit, coverage, () => baseline?.mad ?? null),
    latest: latest ? { date: latest.date, value: latest.value } : null,
    robustZ: measure(Z, '', coverage, () => latest?.robustZ ?? null),
    changePoints: changePoints(days.map(({ value }) => value)).map(({ index, ...change }) => ({
      date: days[index]?.date ?? to,
      ...change,
    })),
    changeMethod: PETTITT,
    days,
  }
}

/** The figure that a day of a metric gives: what adds up, else the newest or the mean value. */
export function figureOf(metric: Metric, { sum, last, mean }: DaySummary): number {
  return sum ?? (metric.aggregation === 'last' ? last : mean)
}

const MEDIAN = {
  name: 'median-of-28-days',
  source: 'Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers; the 28 days before the latest one',
}
const MAD = { ...MEDIAN, name: 'median-absolute-deviation' }
const Z = { ...MEDIAN, name: 'modified-z-score' }
const PETTITT = {
  name: 'pettitt-binary-segmentation',
  source:
    'Pettitt 1979, https://doi.org/10.2307/2346729; Scott & Knott 1974, https://doi.org/10.2307/2529204; p < 0.001, a week at least on each side, to within a day or two',
}
