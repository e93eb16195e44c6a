import { expect, test } from 'vitest'
import { sampleOf } from '../testing/sample-of.ts'
import { nightsOf } from './night.ts'
import { sleepMeasures } from './report.ts'

const sleep = (value: string, start: string, end: string, source = 'Watch') =>
  sampleOf('sleep_analysis', value, start, end, { source: { name: source } })

const staged = [
  sleep('in_bed', '2026-03-01T22:50:00+01:00', '2026-03-02T06:40:00+01:00'),
  sleep('asleep_core', '2026-03-01T23:00:00+01:00', '2026-03-02T01:00:00+01:00'),
  sleep('asleep_deep', '2026-03-02T01:00:00+01:00', '2026-03-02T02:00:00+01:00'),
  sleep('awake', '2026-03-02T02:00:00+01:00', '2026-03-02T02:30:00+01:00'),
  sleep('asleep_rem', '2026-03-02T02:30:00+01:00', '2026-03-02T04:00:00+01:00'),
  sleep('asleep_core', '2026-03-02T04:00:00+01:00', '2026-03-02T06:30:00+01:00'),
]

test('a night with stages', () => {
  expect(nightsOf(staged)).toEqual([
    expect.objectContaining({
      date: '2026-03-02',
      kind: 'night',
      source: 'Watch',
      start: '2026-03-01T22:50:00+01:00',
      end: '2026-03-02T06:40:00+01:00',
      asleep: 420,
      inBed: 470,
      efficiency: (100 * 420) / 470,
      latency: 10,
      awakeAfterOnset: 30,
      awakenings: 1,
      stages: { core: 270, deep: 60, rem: 90, awake: 30 },
      midpoint: 2 * 60 + 45,
      reasons: [],
    }),
  ])
})

test('of two sources the one with stages counts, and an "asleep" beside stages does not', () => {
  const phone = sleep('asleep', '2026-03-01T22:00:00+01:00', '2026-03-02T07:30:00+01:00', 'iPhone')
  const generic = sleep('asleep', '2026-03-01T23:00:00+01:00', '2026-03-02T06:30:00+01:00')
  const [night, ...others] = nightsOf([phone, ...staged, generic])
  expect(others).toEqual([])
  expect(night).toMatchObject({ source: 'Watch', asleep: 420, awakeAfterOnset: 30 })
})

test('without stages, or without sleep, what is not known is null and says why', () => {
  const [plain] = nightsOf([sleep('asleep', '2026-03-01T23:00:00Z', '2026-03-02T07:00:00Z')])
  expect(plain).toMatchObject({
    asleep: 480,
    efficiency: 100,
    latency: null,
    stages: null,
    awakeAfterOnset: null,
  })
  expect(plain?.reasons).toHaveLength(3)
  const [bed] = nightsOf([sleep('in_bed', '2026-03-01T23:00:00Z', '2026-03-02T07:00:00Z')])
  expect(bed).toMatchObject({ asleep: null, efficiency: null, midpoint: null, inBed: 480 })
})

test('a nap is a session of its own on its date, and the place decides the date', () => {
  const nap = sleep('asleep', '2026-03-02T14:00:00+01:00', '2026-03-02T14:30:00+01:00')
  expect(nightsOf([...staged, nap]).map(({ kind, date, asleep }) => [kind, date, asleep])).toEqual([
    ['night', '2026-03-02', 420],
    ['nap', '2026-03-02', 30],
  ])
  // Wakes at 00:30 UTC, where it is still the evening before.
  const west = sleep('asleep', '2026-03-01T17:00:00-07:00', '2026-03-01T17:30:00-07:00')
  expect(nightsOf([west])[0]?.date).toBe('2026-03-01')
})

const night = (date: string, hours = 8) => {
  const end = Date.parse(`${date}T07:00:00Z`)
  return sleep('asleep', new Date(end - hours * 3_600_000).toISOString(), new Date(end).toISOString())
}
const date = (day: number) => `2026-03-${String(day).padStart(2, '0')}`

test('a regular week: regularity 100, no spread, no jetlag', () => {
  const nights = nightsOf(Array.from({ length: 7 }, (_, i) => night(date(i + 2))))
  const measures = sleepMeasures(nights, date(2), date(8))
  expect(measures.asleep).toMatchObject({ value: 480, valueUnit: 'min', have: 7, of: 7 })
  expect(measures.efficiency.value).toBe(100)
  expect(measures.midpoint.value).toBeCloseTo(180, 6)
  expect(measures.midpointDeviation.value).toBeCloseTo(0, 3)
  expect(measures.regularity).toMatchObject({ value: 100, have: 6, need: 5, unit: 'day pairs' })
  expect(measures.socialJetlag.value).toBeCloseTo(0, 6)
  expect(measures.regularity.method.source).toContain('Phillips')
})

test('a weekend that sleeps in: the index falls by the minutes that differ', () => {
  const days = Array.from({ length: 7 }, (_, i) => i + 2)
  const nights = nightsOf(days.map(day => night(date(day), day >= 7 ? 10 : 8)))
  const measures = sleepMeasures(nights, date(2), date(8))
  // Of six pairs one differs, in 120 of 1,440 minutes.
  expect(measures.regularity.value).toBeCloseTo(-100 + (200 * (6 * 1440 - 120)) / (6 * 1440), 9)
  expect(measures.socialJetlag.value).toBeCloseTo(-60, 6)
})

test('thin data is null with a reason', () => {
  const measures = sleepMeasures(nightsOf([night(date(2)), night(date(4))]), date(1), date(7))
  for (const measure of Object.values(measures)) {
    expect(measure.value).toBeNull()
    expect(measure.reason).toMatch(/^needs \d/)
  }
})
