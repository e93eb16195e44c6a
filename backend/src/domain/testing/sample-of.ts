import { randomUUID } from 'node:crypto'
import { findMetric } from '../metrics/catalogue.ts'
import { unitOf } from '../metrics/metric.ts'
import { parseSample } from '../parse-sample.ts'
import type { ParsedSample, Sample } from '../sample.ts'

/** A sample in its metric's canonical unit, for tests. @throws Error where it is not a good one */
export function sampleOf(
  type: string,
  value: number | string,
  start: string,
  end = start,
  more: Partial<Sample> = {},
): ParsedSample {
  const metric = findMetric(type)
  const unit = metric?.kind === 'quantity' ? { unit: unitOf(metric) } : {}
  const source = { name: 'Watch' }
  const result = parseSample({ uuid: randomUUID(), type, value, ...unit, start, end, source, ...more }, NOW)
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.parsed
}

const NOW = Date.parse('2026-11-24T12:00:00Z')
