import { ACTIVITY } from './activity.ts'
import { CATEGORIES } from './categories.ts'
import type { Metric } from './metric.ts'
import { NUTRITION } from './nutrition.ts'
import { VITALS } from './vitals.ts'

/** Everything that can be sent, stored and asked for, by canonical name. */
export const METRICS: readonly Metric[] = [...VITALS, ...ACTIVITY, ...NUTRITION, ...CATEGORIES].sort(
  (a, b) => (a.name < b.name ? -1 : 1),
)

const BY_NAME = new Map(
  METRICS.flatMap(metric => [[metric.name, metric] as const, [metric.healthkit, metric] as const]),
)

/** A metric by its canonical name or HealthKit identifier. */
export function findMetric(nameOrIdentifier: string): Metric | undefined {
  return BY_NAME.get(nameOrIdentifier)
}
