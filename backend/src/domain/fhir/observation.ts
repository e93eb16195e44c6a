import { writeTime } from '../chunk/time-form.ts'
import type { Metric } from '../metrics/metric.ts'
import type { ParsedSample } from '../sample.ts'

const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'
/** The system of HealthKitOnFHIR's `HKSampleMapping.json`, for what LOINC has no code for. */
const HEALTHKIT = 'http://developer.apple.com/documentation/healthkit'
const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'

/** Codes beside the metric's own: FHIR R4's profile of oxygen saturation demands the second one. */
const FURTHER_LOINC: Record<string, string[]> = { '59408-5': ['2708-6'] }

/** Metrics that FHIR's vital-signs profiles are about; others are activity, survey or plain exam values. */
const VITAL_SIGNS = new Set([
  '8867-4',
  '9279-1',
  '59408-5',
  '8310-5',
  '8302-2',
  '29463-7',
  '39156-5',
  '8480-6',
  '8462-4',
])

/**
 * A sample as a FHIR R4 Observation: https://hl7.org/fhir/R4/observation.html. The value is the canonical one in UCUM;
 * where it was sent in another unit, the original is an extension. Times keep the offset that they were sent with.
 */
export function observationOf(parsed: ParsedSample, userId: string): Record<string, unknown> {
  const { sample, metric, startMs, endMs, offset } = parsed
  const uuid = sample.uuid.toLowerCase()
  const start = instant(startMs, offset)
  const { name, bundle_id, device } = sample.source
  return {
    resourceType: 'Observation',
    id: uuid,
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${uuid}` }],
    status: 'final',
    category: [{ coding: [{ system: CATEGORY, code: categoryOf(metric) }] }],
    code: { coding: codingsOf(metric), text: metric.name.replaceAll('_', ' ') },
    subject: { reference: `Patient/${userId}` },
    ...(endMs === startMs
      ? { effectiveDateTime: start }
      : { effectivePeriod: { start, end: instant(endMs, offset) } }),
    ...valueFields(parsed),
    device: {
      display: [name, device].filter(Boolean).join(', '),
      ...(bundle_id && { identifier: { system: HEALTHKIT, value: bundle_id } }),
    },
    ...(originalOf(parsed) && { extension: [originalOf(parsed)] }),
  }
}

/** Where the extension that holds a value as it was sent is defined. */
const ORIGINAL = 'urn:clarity-loop:fhir:original-value'

function codingsOf(metric: Metric) {
  const loinc = metric.loinc ? [metric.loinc, ...(FURTHER_LOINC[metric.loinc] ?? [])] : []
  return [...loinc.map(code => ({ system: LOINC, code })), { system: HEALTHKIT, code: metric.healthkit }]
}

function categoryOf(metric: Metric): string {
  if (metric.loinc && VITAL_SIGNS.has(metric.loinc)) return 'vital-signs'
  if (metric.kind === 'category') return metric.name === 'sleep_analysis' ? 'activity' : 'survey'
  return metric.aggregation === 'sum' || metric.name.endsWith('_speed') ? 'activity' : 'exam'
}

/** A category's value by its first name in the catalogue, such as `HKCategoryTypeIdentifierSleepAnalysis.asleepcore`. */
function valueFields({ sample, metric, canonical }: ParsedSample): Record<string, unknown> {
  if (metric.kind === 'category') {
    const named = Object.entries(metric.values ?? {}).find(([, value]) => value === canonical)?.[0]
    const code = `${metric.healthkit}.${named ?? sample.value}`
    return { valueCodeableConcept: { coding: [{ system: HEALTHKIT, code }], text: String(sample.value) } }
  }
  const { unit, ucum } = metric.quantity
  return {
    valueQuantity: { value: canonical, unit, ...(ucum && { system: UCUM, code: ucum }) },
  }
}

function originalOf({ sample, metric, canonical }: ParsedSample) {
  if (metric.kind === 'category' || sample.value === canonical) return undefined
  return { url: ORIGINAL, valueQuantity: { value: sample.value, unit: sample.unit } }
}

/** `2026-11-24T07:00:00+01:00`, with milliseconds where there are any. */
function instant(ms: number, offset: number): string {
  const minutes = Math.abs(offset)
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  return writeTime(ms, `${ms % 1000 === 0 ? 0 : 3}${zone}`)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
