import { notHere } from './monitoring-errors.ts'

/** What is known of the samples of one metric in one span of time. */
export interface Aggregate {
  count: number
  sum: number
  min: number
  max: number
  /** Each value with how often it came; absent where only a statistic set arrived, which has no percentiles. */
  values?: [value: number, times: number][]
}

/** Distinct values that are kept exactly in one span; beyond it they are rounded to three digits. */
const EXACT_VALUES = 1000

/** Adds one aggregate to another; neither is changed. */
export function merge(a: Aggregate, b: Aggregate): Aggregate {
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    values: a.values && b.values && mergeValues(a.values, b.values),
  }
}

/** The aggregate of values and how often each came. */
export function aggregateOf(values: [value: number, times: number][]): Aggregate {
  const distinct = mergeValues([], values)
  return {
    count: distinct.reduce((sum, [, times]) => sum + times, 0),
    sum: distinct.reduce((sum, [value, times]) => sum + value * times, 0),
    min: Math.min(...distinct.map(([value]) => value)),
    max: Math.max(...distinct.map(([value]) => value)),
    values: distinct,
  }
}

function mergeValues(a: [number, number][], b: [number, number][]): [number, number][] {
  const times = new Map(a)
  for (const [value, count] of b) times.set(value, (times.get(value) ?? 0) + count)
  if (times.size <= EXACT_VALUES) return [...times]
  const rounded = new Map<number, number>()
  for (const [value, count] of times) {
    const near = Number(value.toPrecision(3))
    rounded.set(near, (rounded.get(near) ?? 0) + count)
  }
  return [...rounded]
}

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/

/** Whether a name is one of the statistics that are here. @throws AwsError 501 for the others that AWS has */
export function isStatistic(name: string): boolean {
  if (/^(tm|wm|tc|ts|pr|iqm)/i.test(name)) throw notHere(`the statistic ${name}`)
  return name in STATISTICS || PERCENTILE.test(name)
}

export function isPercentile(name: string): boolean {
  return PERCENTILE.test(name)
}

const STATISTICS: Record<string, (of: Aggregate) => number> = {
  SampleCount: of => of.count,
  Sum: of => of.sum,
  Average: of => of.sum / of.count,
  Minimum: of => of.min,
  Maximum: of => of.max,
}

/** A statistic's value; undefined for a percentile of samples whose distribution is not known. */
export function statistic(name: string, of: Aggregate): number | undefined {
  const plain = STATISTICS[name]
  if (plain) return of.count > 0 ? plain(of) : undefined
  const share = Number(PERCENTILE.exec(name)?.[1]) / 100
  if (!of.values || of.count <= 0) return undefined
  // nearest rank: AWS does not say how it interpolates
  let seen = 0
  const sorted = [...of.values].sort(([a], [b]) => a - b)
  for (const [value, times] of sorted) {
    seen += times
    if (seen >= share * of.count) return value
  }
  return sorted.at(-1)?.[0]
}
