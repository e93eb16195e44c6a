import { HEARTBEAT_SERIES } from './beats.ts'
import { type Instant, localDate, readUsualInstant } from './instant.ts'
import { findMetric } from './metrics/catalogue.ts'
import type { QuantityMetric } from './metrics/metric.ts'
import type { ParsedSample, Sample } from './sample.ts'
import { SAMPLE_LIMITS } from './sample-limits.ts'
import { type Conversion, convert } from './units.ts'
import { isShortAsJson, isUsualShape } from './usual-shape.ts'

/**
 * Reads a sample that is good in the way that nearly all are: a number in a known unit, times as they are mostly written.
 * `undefined` where that cannot be seen at a glance, and the full check must decide; it never takes what that refuses,
 * and makes the same of what it takes. A test holds it to that.
 * @param now milliseconds since the epoch
 */
export function parseUsual(input: unknown, now: number): ParsedSample | undefined {
  if (!isUsualShape(input)) return undefined
  const sample = input as Sample
  const { value, unit, start, end, metadata } = sample
  if (typeof value !== 'number' || unit === undefined || sample.zone_offset !== undefined) return undefined
  if (!(Math.abs(value) <= SAMPLE_LIMITS.magnitude)) return undefined
  if (sample.type !== last.type || unit !== last.unit) {
    const found = look(sample.type, unit)
    if (!found) return undefined
    last = found
  }
  const latest = now + SAMPLE_LIMITS.futureMs
  if (!readUsualInstant(start, STARTS) || !isInReach(STARTS.ms, latest)) return undefined
  const startMs = STARTS.ms
  let endMs = startMs
  if (end !== start) {
    if (!readUsualInstant(end, ENDS) || !isInReach(ENDS.ms, latest) || ENDS.ms < startMs) return undefined
    endMs = ENDS.ms
  }
  if (metadata && !isShortAsJson(metadata, SAMPLE_LIMITS.metadata)) return undefined
  const { offset } = STARTS
  const day = localDate(startMs, offset)
  return {
    sample,
    metric: last.metric,
    startMs,
    endMs,
    offset,
    day,
    canonical: convert(last.conversion, value),
  }
}

interface Known {
  type: string
  unit: string
  metric: QuantityMetric
  conversion: Conversion
}

/** What the sample before was, which the next one mostly is too. */
let last: Partial<Known> & Pick<Known, 'metric' | 'conversion'> = {} as Known
/** Taken by one call at a time: an object for each time that is read would be most of what there is to clean up. */
const STARTS: Instant = { ms: 0, offset: 0 }
const ENDS: Instant = { ms: 0, offset: 0 }

function look(type: string, unit: string): Known | undefined {
  const metric = findMetric(type)
  if (metric?.kind !== 'quantity' || metric.name === HEARTBEAT_SERIES) return undefined
  if (!Object.hasOwn(metric.quantity.accepts, unit)) return undefined
  return { type, unit, metric, conversion: metric.quantity.accepts[unit] as Conversion }
}

function isInReach(ms: number, latest: number): boolean {
  return ms >= SAMPLE_LIMITS.earliestMs && ms <= latest
}
