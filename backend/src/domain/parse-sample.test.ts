import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findMetric, METRICS } from './metrics/catalogue.ts'
import { parseSample } from './parse-sample.ts'
import { toCanonical } from './units.ts'
import { validateBatch } from './validate-batch.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const good = {
  uuid: 'E621E1F8-C36C-495A-93FC-0C247A3E6E5F',
  type: 'heart_rate',
  value: 72,
  unit: 'count/min',
  start: '2026-11-24T07:00:00+01:00',
  end: '2026-11-24T07:00:00+01:00',
  source: { name: 'Apple Watch' },
}

/** What is wrong with the good sample after a change; `undefined` leaves a field out. */
function faults(change: object): string[] {
  const sample = Object.fromEntries(
    Object.entries({ ...good, ...change }).filter(([, value]) => value !== undefined),
  )
  const result = parseSample(sample, NOW)
  return result.ok ? [] : result.faults.map(fault => `${fault.field} ${fault.code}`)
}

test('takes a good sample, by either name', () => {
  expect(faults({})).toEqual([])
  expect(parseSample({ ...good, type: 'HKQuantityTypeIdentifierHeartRate' }, NOW)).toMatchObject({
    ok: true,
    parsed: { metric: { name: 'heart_rate' }, day: '2026-11-24', offset: 60, canonical: 72 },
  })
})

test.each([
  [{ type: 'mood_ring' }, ['type unknown_metric']],
  [{ unit: 'mmHg' }, ['unit wrong_unit']],
  [{ unit: undefined }, ['unit required']],
  [{ unit: 'constructor' }, ['unit wrong_unit']],
  [{ type: '__proto__' }, ['type unknown_metric']],
  [{ value: '72' }, ['value not_a_number']],
  [{ value: null }, ['value type']],
  [{ value: Number.NaN }, ['value type']],
  [{ end: '2026-11-24T06:59:59+01:00' }, ['end end_before_start']],
  [{ start: '2026-11-25T13:00:00Z', end: '2026-11-25T13:00:00Z' }, ['start future', 'end future']],
  [{ start: '1899-12-31T23:59:59Z' }, ['start too_old']],
  [{ start: '2026-02-30T00:00:00Z' }, ['start bad_time']],
  [{ start: '2026-11-24T07:00:00' }, ['start bad_time']],
  [{ start: '2026-11-24T07:00:00+19:00' }, ['start bad_zone_offset']],
  [{ zone_offset: '+1' }, ['zone_offset bad_zone_offset']],
  [{ zone_offset: '+15:00' }, ['zone_offset bad_zone_offset']],
  [{ uuid: undefined }, ['uuid required']],
  [{ uuid: '42' }, ['uuid bad_uuid']],
  [{ source: undefined }, ['source required']],
  [{ source: {} }, ['source/name required']],
  [{ mood: 'good' }, ['mood unknown_field']],
  [{ metadata: { beats: 'x'.repeat(40_000) } }, ['metadata too_large']],
  [{ type: 'sleep_analysis', value: 'dreaming' }, ['value unknown_category_value']],
  [{ type: 'nonsense', unit: 7, start: 'then' }, ['unit type']],
  [
    { type: 'nonsense', start: 'then', end: 'later' },
    ['type unknown_metric', 'start bad_time', 'end bad_time'],
  ],
])('refuses %j', (change, expected) => {
  expect(faults(change)).toEqual(expected)
})

test('a batch names every bad sample, and none of their values', () => {
  const batch = validateBatch(
    [good, { ...good, value: 'secret-value' }, 7, { ...good, type: 'x' }, good],
    NOW,
  )
  expect(batch).toMatchObject({
    faults: [
      { index: 1, field: 'value', code: 'not_a_number' },
      { index: 2, field: '', code: 'type' },
      { index: 3, field: 'type', code: 'unknown_metric' },
    ],
  })
  expect(JSON.stringify(batch)).not.toContain('secret-value')
})

test('converts units exactly', () => {
  const convert = (name: string, value: number, unit: string) => {
    const metric = findMetric(name)
    return metric?.kind === 'quantity' ? toCanonical(metric.quantity, value, unit) : undefined
  }
  expect(convert('body_mass', 150, 'lb')).toBe(68.0388555)
  expect(convert('body_temperature', 98.6, 'degF')).toBeCloseTo(37, 12)
  expect(convert('distance_walking_running', 26.2, 'mi')).toBeCloseTo(42164.8128, 9)
  expect(convert('blood_glucose', 5.5, 'mmol<180.15588000005408>/L')).toBeCloseTo(99.085734, 9)
  expect(convert('height', 72, 'in')).toBe(182.88)
  expect(convert('active_energy', 418.4, 'kJ')).toBe(100)
  expect(convert('oxygen_saturation', 0.97, '%')).toBe(97)
  expect(convert('oxygen_saturation', 97, '%')).toBe(97)
  expect(convert('body_mass', 1, 'bananas')).toBeUndefined()
})

test('the catalogue has each name and identifier once, and sane ranges', () => {
  expect(METRICS.length).toBeGreaterThan(150)
  expect(new Set(METRICS.map(m => m.name)).size).toBe(METRICS.length)
  expect(new Set(METRICS.map(m => m.healthkit)).size).toBe(METRICS.length)
  for (const { name, plausible } of METRICS) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
    if (plausible) expect(plausible[0]).toBeLessThan(plausible[1])
  }
})

const MAP = new URL('../../../../shared/data/fhir/HKSampleMapping.json', import.meta.url)
let mapping: Record<string, { codings?: Coding[]; codes?: Coding[]; unit: { hkunit: string } }> | undefined
interface Coding {
  system: string
  code: string
}
try {
  mapping = JSON.parse(readFileSync(MAP, 'utf8')).HKQuantitySamples
} catch {}

test.skipIf(!mapping)('agrees with HealthKitOnFHIR on codes and takes its units', () => {
  for (const [identifier, { codings, codes, unit }] of Object.entries(mapping ?? {})) {
    const metric = findMetric(identifier)
    expect(metric, identifier).toMatchObject({ kind: 'quantity' })
    const loinc = (codings ?? codes)?.find(c => c.system === 'http://loinc.org' && /^\d/.test(c.code))?.code
    expect(metric?.loinc, identifier).toBe(loinc)
    if (metric?.kind === 'quantity')
      expect(toCanonical(metric.quantity, 1, unit.hkunit), `${identifier} in ${unit.hkunit}`).toBeDefined()
  }
})
