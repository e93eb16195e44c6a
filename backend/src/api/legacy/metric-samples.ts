import { uuidFrom } from '../../domain/derived-uuid.ts'
import { findMetric } from '../../domain/metrics/catalogue.ts'
import { unitOf } from '../../domain/metrics/metric.ts'

/** A `HealthMetric` of the first iOS client: one moment, and any of several figures. */
export interface LegacyMetric {
  metric_id: string
  metric_type: string
  created_at: string
  device_id?: string
  biometric_data?: Record<string, unknown>
  activity_data?: Record<string, unknown>
  sleep_data?: unknown
  mental_health_data?: unknown
}

/** The samples of a metric, and what of it cannot be stored. */
export interface FromMetric {
  samples: object[]
  errors: string[]
}

/** Names of the figures, and what they are here; the values are in the canonical units. */
const BIOMETRIC: Record<string, string> = {
  heart_rate: 'heart_rate',
  blood_pressure_systolic: 'blood_pressure_systolic',
  blood_pressure_diastolic: 'blood_pressure_diastolic',
  oxygen_saturation: 'oxygen_saturation',
  heart_rate_variability: 'heart_rate_variability_sdnn',
  respiratory_rate: 'respiratory_rate',
  body_temperature: 'body_temperature',
  blood_glucose: 'blood_glucose',
}
const ACTIVITY: Record<string, string> = {
  steps: 'steps',
  distance: 'distance_walking_running',
  active_energy: 'active_energy',
  exercise_minutes: 'exercise_time',
  flights_climbed: 'flights_climbed',
  vo2_max: 'vo2_max',
  resting_heart_rate: 'resting_heart_rate',
}

/**
 * One sample for each figure, at the metric's moment; the same metric again gives the same samples. Sleep is refused:
 * that client made up when a night began, so that storing it would invent times.
 */
export function samplesOfMetric(metric: LegacyMetric, uploadSource: string): FromMetric {
  const found: FromMetric = { samples: [], errors: [] }
  const of = (figures: Record<string, unknown> | undefined, names: Record<string, string>): void => {
    for (const [field, value] of Object.entries(figures ?? {})) {
      if (value === null || value === undefined) continue
      const type = names[field]
      const known = type === undefined ? undefined : findMetric(type)
      if (!known || typeof value !== 'number') {
        found.errors.push(
          known ? `${field} must be a number` : `${FIELD.test(field) ? field : 'a field'} is not stored`,
        )
        continue
      }
      found.samples.push({
        uuid: uuidFrom(`legacy\n${metric.metric_id.toLowerCase()}\n${field}`),
        type,
        value,
        unit: unitOf(known),
        start: metric.created_at,
        end: metric.created_at,
        source: { name: uploadSource, ...(metric.device_id && { bundle_id: metric.device_id }) },
      })
    }
  }
  of(metric.biometric_data, BIOMETRIC)
  of(metric.activity_data, ACTIVITY)
  if (metric.sleep_data)
    found.errors.push('sleep totals are not stored; send sleep_analysis samples with their times')
  if (metric.mental_health_data) found.errors.push('mental_health_data is not stored')
  if (found.samples.length === 0 && found.errors.length === 0) found.errors.push('the metric holds no figure')
  return found
}

/** Field names may be quoted in an error; anything else may be a value that got there. */
const FIELD = /^[a-z0-9_]{1,40}$/

/** A sample of the earlier backend's `POST /healthkit`. */
export interface LegacySample {
  identifier: string
  type: string
  value: unknown
  unit?: string | null
  start_date: string
  end_date: string
  source_name?: string | null
  metadata?: Record<string, unknown>
}

/** `identifier` was used for a UUID by some clients, and for the type by others. */
export function sampleOfHealthkit(given: LegacySample): object {
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(given.identifier)
  const type = !isUuid && findMetric(given.identifier) ? given.identifier : given.type
  const name = given.source_name || 'HealthKit'
  const content = [
    type,
    name,
    given.start_date,
    given.end_date,
    JSON.stringify(given.value),
    given.unit,
  ].join('\n')
  return {
    uuid: isUuid ? given.identifier : uuidFrom(`legacy healthkit\n${content}`),
    type,
    value: given.value,
    ...(given.unit && { unit: given.unit }),
    start: given.start_date,
    end: given.end_date,
    source: { name },
    ...(given.metadata && Object.keys(given.metadata).length > 0 && { metadata: given.metadata }),
  }
}
