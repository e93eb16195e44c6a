import type { Quantity } from '../units.ts'

/**
 * How a day of a metric becomes one figure: `sum` adds up (never across sources), `mean` averages, `last` takes the
 * newest, `duration` counts the minutes that its samples cover, overlaps once.
 */
export type Aggregation = 'sum' | 'mean' | 'last' | 'duration'

/** What all metrics have. */
interface Common {
  /** Canonical name: `heart_rate`. */
  name: string
  /** HealthKit's identifier: `HKQuantityTypeIdentifierHeartRate`. */
  healthkit: string
  aggregation: Aggregation
  /** LOINC code, only where HealthKitOnFHIR's `HKSampleMapping.json` gives one: https://loinc.org */
  loinc?: string
  /** Values outside it are kept and counted as flagged; the range is wide and physiological, not diagnostic. */
  plausible?: readonly [least: number, most: number]
}

/** A number with a unit. */
export interface QuantityMetric extends Common {
  kind: 'quantity'
  quantity: Quantity
}

/** A named state over an interval: a sleep stage, a symptom, an event. Its unit, if one is sent, means nothing. */
export interface CategoryMetric extends Common {
  kind: 'category'
  /** Unit of the figure that a day gives: `min` for durations, `count` for events. */
  unit: string
  /** What each value counts as, by its name in lower-case letters without HealthKit's prefix; absent: each sample is one event. */
  values?: Record<string, number>
}

/** One thing that can be measured. */
export type Metric = QuantityMetric | CategoryMetric

/** The unit in which a metric's summaries are given. */
export function unitOf(metric: Metric): string {
  return metric.kind === 'quantity' ? metric.quantity.unit : metric.unit
}
