import type { Quantity } from '../units.ts'
import type { Aggregation, CategoryMetric, QuantityMetric } from './metric.ts'

/** One row of the catalogue for a `HKQuantityTypeIdentifier…`. */
export function quantityMetric(
  name: string,
  identifier: string,
  quantity: Quantity,
  aggregation: Aggregation,
  plausible: readonly [number, number],
  loinc?: string,
): QuantityMetric {
  const healthkit = `HKQuantityTypeIdentifier${identifier}`
  return { kind: 'quantity', name, healthkit, quantity, aggregation, plausible, ...(loinc && { loinc }) }
}

/** One row of the catalogue for a `HKCategoryTypeIdentifier…`. */
export function categoryMetric(
  name: string,
  identifier: string,
  aggregation: Aggregation,
  unit: string,
  values?: Record<string, number>,
): CategoryMetric {
  const healthkit = `HKCategoryTypeIdentifier${identifier}`
  return { kind: 'category', name, healthkit, aggregation, unit, ...(values && { values }) }
}

/** `VitaminB12` → `vitamin_b12`. */
export function snake(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()
}
