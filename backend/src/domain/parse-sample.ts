import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { HEARTBEAT_SERIES, readBeats } from './beats.ts'
import { localDate, parseInstant, parseOffset } from './instant.ts'
import { findMetric } from './metrics/catalogue.ts'
import type { CategoryMetric, Metric } from './metrics/metric.ts'
import { parseUsual } from './parse-usual.ts'
import { type ParsedSample, Sample } from './sample.ts'
import { SAMPLE_LIMITS } from './sample-limits.ts'
import { toCanonical } from './units.ts'
import { isShortAsJson, isUsualShape } from './usual-shape.ts'
import { whenUsed } from './when-used.ts'

/** One thing wrong with one sample. Never holds a value of the sample's. */
export interface SampleFault {
  /** Path inside the sample: `type`, `source/name`; empty for the sample itself. */
  field: string
  code: string
  message: string
}

export type Parsed = { ok: true; parsed: ParsedSample } | { ok: false; faults: SampleFault[] }

/**
 * Reads one sample: its shape by the schema, then its meaning. Reports everything that is wrong with it at once.
 * @param now milliseconds since the epoch
 */
export function parseSample(input: unknown, now: number): Parsed {
  const parsed = parseUsual(input, now)
  return parsed ? { ok: true, parsed } : parseAny(input, now)
}

/** Reads any sample, as {@link parseSample} does, at a fraction of its speed. */
export function parseAny(input: unknown, now: number): Parsed {
  if (!isUsualShape(input) && !shape().Check(input))
    return { ok: false, faults: shape().Errors(input).flatMap(shapeFaults) }
  const sample = input as Sample
  const faults: SampleFault[] = []
  const fault = (field: string, code: string, message: string): void =>
    void faults.push({ field, code, message })

  const metric = findMetric(sample.type)
  if (!metric) fault('type', 'unknown_metric', 'is not a known metric; GET /api/v1/metrics lists them')
  const canonical = metric && canonicalValue(metric, sample, fault)
  const start = moment(sample.start, 'start', now, fault)
  const end = start && sample.end === sample.start ? start : moment(sample.end, 'end', now, fault)
  if (start && end && end.ms < start.ms) fault('end', 'end_before_start', 'must not be before start')
  const zone = sample.zone_offset === undefined ? start?.offset : parseOffset(sample.zone_offset)
  if (sample.zone_offset !== undefined && zone === undefined)
    fault('zone_offset', 'bad_zone_offset', 'must read like +01:00, between -12:00 and +14:00')
  if (
    sample.metadata &&
    !isShortAsJson(sample.metadata, SAMPLE_LIMITS.metadata) &&
    JSON.stringify(sample.metadata).length > SAMPLE_LIMITS.metadata
  )
    fault('metadata', 'too_large', `must not exceed ${SAMPLE_LIMITS.metadata} characters as JSON`)

  if (metric?.name === HEARTBEAT_SERIES && readBeats(sample.metadata)?.length !== sample.value)
    fault(
      'metadata/beats',
      'bad_beats',
      'must list as many beats as the value says: [[seconds since the start, preceded by a gap], …], rising',
    )

  if (faults.length || !metric || !start || !end || zone === undefined || canonical === undefined)
    return { ok: false, faults }
  const day = localDate(start.ms, zone)
  return {
    ok: true,
    parsed: { sample, metric, startMs: start.ms, endMs: end.ms, offset: zone, day, canonical },
  }
}

/** What a stored sample means, without any judgement: it was judged when it came. `offset` is its zone's, in minutes. */
export function reviveSample(sample: Sample, startMs: number, endMs: number, offset: number): ParsedSample {
  const metric = findMetric(sample.type)
  if (!metric) throw new Error(`a stored sample has the unknown type '${sample.type}'; do not remove metrics`)
  const canonical = canonicalValue(metric, sample, () => {}) ?? Number.NaN
  return { sample, metric, startMs, endMs, offset, day: localDate(startMs, offset), canonical }
}

/** Reads a category's value, by name or number, as what it counts as. */
export function categoryValue(metric: CategoryMetric, value: string | number): number | undefined {
  if (!metric.values) return 1
  if (typeof value === 'number') return Object.values(metric.values).includes(value) ? value : undefined
  const name = value.toLowerCase().replace(/[^a-z0-9]/g, '')
  const own = metric.healthkit.slice('HKCategoryTypeIdentifier'.length).toLowerCase()
  return (
    metric.values[name] ??
    metric.values[name.replace(`hkcategoryvalue${own}`, '')] ??
    metric.values[name.replace(/^hkcategoryvalue(severity)?/, '')]
  )
}

type AddFault = (field: string, code: string, message: string) => void

function canonicalValue(metric: Metric, { value, unit }: Sample, fault: AddFault): number | undefined {
  if (metric.kind === 'category') {
    const counts = categoryValue(metric, value)
    const known = Object.keys(metric.values ?? {}).join(', ')
    if (counts === undefined)
      fault('value', 'unknown_category_value', `must be one of ${known}, or HealthKit's number`)
    return counts
  }
  if (typeof value !== 'number' || !Number.isFinite(value))
    fault('value', 'not_a_number', `must be a finite number for ${metric.name}`)
  else if (Math.abs(value) > SAMPLE_LIMITS.magnitude)
    fault('value', 'absurd', 'is larger than anything measured')
  if (unit === undefined) {
    fault('unit', 'required', `is required for ${metric.name}, such as ${metric.quantity.unit}`)
    return undefined
  }
  const canonical = toCanonical(metric.quantity, Number(value), unit)
  if (canonical === undefined)
    fault(
      'unit',
      'wrong_unit',
      `must be one of ${Object.keys(metric.quantity.accepts).join(', ')} for ${metric.name}`,
    )
  return canonical
}

function moment(text: string, field: 'start' | 'end', now: number, fault: AddFault) {
  const instant = parseInstant(text)
  if (instant === 'bad_time')
    fault(field, 'bad_time', 'must be an RFC 3339 time with offset: 2026-11-24T07:00:00+01:00')
  else if (instant === 'bad_zone_offset')
    fault(field, 'bad_zone_offset', 'has an offset outside -12:00 to +14:00')
  else if (instant.ms > now + SAMPLE_LIMITS.futureMs)
    fault(field, 'future', 'lies more than 24 hours in the future')
  else if (instant.ms < SAMPLE_LIMITS.earliestMs) fault(field, 'too_old', 'lies before the year 1900')
  else return instant
  return undefined
}

const shape = whenUsed(() => Compile(Sample))

function shapeFaults(error: TLocalizedValidationError): SampleFault[] {
  const at = error.instancePath.slice(1)
  const below = (name: string): string => (at ? `${at}/${name}` : name)
  if (error.keyword === 'required')
    return error.params.requiredProperties.map(name => ({
      field: below(name),
      code: 'required',
      message: 'is required',
    }))
  if (error.keyword === 'additionalProperties')
    return error.params.additionalProperties.map(name => ({
      field: below(name),
      code: 'unknown_field',
      message: 'is not known here; put it into metadata',
    }))
  // Follow from errors that name the field already.
  if (error.keyword === 'boolean' || (at === 'value' && error.keyword === 'type')) return []
  if (at === 'value')
    return [{ field: at, code: 'type', message: 'must be a number, or a text of 1 to 128 characters' }]
  if (at === 'uuid' && error.keyword === 'pattern')
    return [{ field: at, code: 'bad_uuid', message: 'must be a UUID' }]
  return [{ field: at, code: error.keyword, message: error.message }]
}
