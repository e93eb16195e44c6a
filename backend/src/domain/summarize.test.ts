import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { findMetric } from './metrics/catalogue.ts'
import { parseSample } from './parse-sample.ts'
import type { ParsedSample, Sample } from './sample.ts'
import { datesTouchedBy, summarize } from './summarize.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')

function sample(
  type: string,
  value: number | string,
  start: string,
  end = start,
  more: Partial<Sample> = {},
): ParsedSample {
  const unit = findMetric(type)?.kind === 'quantity' ? { unit: 'count' } : {}
  const result = parseSample(
    { uuid: randomUUID(), type, value, ...unit, start, end, source: { name: 'Watch' }, ...more },
    NOW,
  )
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.parsed
}

const metric = (name: string) => findMetric(name) as NonNullable<ReturnType<typeof findMetric>>
const day = (name: string, date: string, samples: ParsedSample[]) => summarize(metric(name), date, samples)

test('means and extremes are in the canonical unit', () => {
  const at = '2026-03-01T08:00:00+01:00'
  const samples = [
    sample('oxygen_saturation', 0.97, at, at, { unit: '%' }),
    sample('oxygen_saturation', 95, at, at, { unit: '%' }),
    sample('oxygen_saturation', 20, at, at, { unit: '%' }),
  ]
  expect(day('oxygen_saturation', '2026-03-01', samples)).toEqual({
    date: '2026-03-01',
    metric: 'oxygen_saturation',
    unit: '%',
    count: 3,
    min: 20,
    max: 97,
    mean: 212 / 3,
    last: 20,
    flagged: 1,
    sources: ['Watch'],
  })
  expect(day('oxygen_saturation', '2026-03-02', samples)).toBeUndefined()
})

test('steps of two sources are never added up: the larger one of each minute counts', () => {
  const phone = { source: { name: 'iPhone' } }
  const samples = [
    sample('steps', 1000, '2026-03-01T08:00:00Z', '2026-03-01T08:30:00Z'),
    sample('steps', 900, '2026-03-01T08:05:00Z', '2026-03-01T08:40:00Z', phone),
    // The watch charges for half an hour, walks for ten minutes, and charges again.
    sample('steps', 600, '2026-03-01T11:30:00Z', '2026-03-01T12:30:00Z', phone),
    sample('steps', 400, '2026-03-01T12:00:00Z', '2026-03-01T12:10:00Z'),
  ]
  expect(day('steps', '2026-03-01', samples)).toMatchObject({
    count: 4,
    sum: Number((1000 + (900 * 10) / 35 + 300 + 400 + 200).toPrecision(12)),
    sources: ['Watch', 'iPhone'],
    min: 400,
    max: 1000,
  })
})

test('the local day is that of the sample, by zone_offset before the offset of its start', () => {
  const late = sample('steps', 5, '2026-03-01T23:30:00Z', '2026-03-01T23:31:00Z', { zone_offset: '+01:00' })
  expect(late.day).toBe('2026-03-02')
  expect(sample('steps', 5, '2026-03-01T23:30:00Z').day).toBe('2026-03-01')
  expect(sample('steps', 5, '2026-03-01T00:30:00+10:00').day).toBe('2026-03-01')
})

test('sleep is the union of stages, without the "asleep" that spans them, on the date of waking', () => {
  const z = (time: string) => `2026-03-${time}:00-05:00`
  const sleep = (value: string | number, from: string, to: string) =>
    sample('sleep_analysis', value, z(from), z(to))
  const night = [
    sleep('in_bed', '01T22:00', '02T07:00'),
    sleep('HKCategoryValueSleepAnalysisAsleep', '01T22:30', '02T06:30'),
    sleep(3, '01T22:30', '02T01:00'),
    sleep('awake', '02T01:00', '02T01:30'),
    sleep('asleep_deep', '02T01:30', '02T06:45'),
  ]
  const nap = [sleep('rem', '02T14:00', '02T14:30')]
  expect(day('sleep_analysis', '2026-03-01', [...night, ...nap])).toBeUndefined()
  expect(day('sleep_analysis', '2026-03-02', [...nap, ...night])).toMatchObject({
    unit: 'min',
    count: 3,
    sum: 2.5 * 60 + 5.25 * 60 + 30,
    min: 30,
    max: 315,
  })
  // An evening in bed that goes on after midnight moves to the morning.
  const evening = sleep('asleep', '03T22:00', '03T23:50')
  expect(day('sleep_analysis', '2026-03-03', [evening])).toMatchObject({ sum: 110 })
  expect(
    day('sleep_analysis', '2026-03-03', [evening, sleep('asleep', '04T00:20', '04T06:00')]),
  ).toBeUndefined()
  expect(datesTouchedBy(metric('sleep_analysis'), '2026-03-04')).toEqual([
    '2026-03-03',
    '2026-03-04',
    '2026-03-05',
    '2026-03-06',
  ])
})

test('stood hours are counted', () => {
  const hours = ['Stood', 'Idle', 'Stood'].map((value, hour) =>
    sample(
      'stand_hour',
      `HKCategoryValueAppleStandHour${value}`,
      `2026-03-01T0${hour}:00:00Z`,
      `2026-03-01T0${hour + 1}:00:00Z`,
    ),
  )
  expect(day('stand_hour', '2026-03-01', hours)).toMatchObject({ unit: 'count', sum: 2 })
})
