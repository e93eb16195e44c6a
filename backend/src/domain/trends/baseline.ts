import { mad, median } from '../statistics.ts'

/** What is usual for a person. */
export interface Baseline {
  median: number
  /** Median absolute deviation from it, unscaled. */
  mad: number
  days: number
}

/** Days before a day that are its baseline, and fewest of them with data. */
export const BASELINE_DAYS = 28
export const BASELINE_LEAST = 14

/** Median and median absolute deviation; `undefined` of fewer than fourteen days. */
export function baselineOf(values: readonly number[]): Baseline | undefined {
  if (values.length < BASELINE_LEAST) return undefined
  return { median: median(values), mad: mad(values), days: values.length }
}

/**
 * How far a value is from what is usual for this person, in robust standard deviations (modified z-score): beyond 3.5
 * is unusual. Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers. NaN where the baseline does not vary.
 */
export function robustZ(value: number, { median: centre, mad: spread }: Baseline): number {
  return spread === 0 ? Number.NaN : (0.6745 * (value - centre)) / spread
}
