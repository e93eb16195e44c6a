import { expect, test } from 'vitest'
import { sleepRegularityIndex } from '../nights/regularity.ts'
import { rhythmOf } from './nonparametric.ts'

/** Seven days of 1,440 minutes from midnight; the values are those of pyActigraphy's own functions and of GGIR's tests. */
const week = (value: (minute: number, day: number) => number) =>
  Array.from({ length: 7 }, (_, day) =>
    Float64Array.from({ length: 1440 }, (_, minute) => value(minute, day)),
  )
const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

const a = week((minute, day) => 100 + 100 * Math.sin((2 * Math.PI * (day * 1440 + minute) * 60) / 86_400))
const b = week(minute => (minute >= 7 * 60 && minute < 23 * 60 ? 100 : 0))
const c = week((minute, day) => {
  const awake = day < 5 ? minute >= 7 * 60 && minute < 23 * 60 : minute >= 9.5 * 60
  return awake ? 100 : 0
})
let x = 12345
const noise = Array.from({ length: 7 * 1440 }, () => {
  x = (Math.imul(1103515245, x) + 12345) & 0x7fffffff
  return x / 2 ** 31
})
const d = week((minute, day) => {
  const t = day * 1440 + minute
  const wave = 100 + 100 * Math.sin((2 * Math.PI * t * 60) / 86_400 - Math.PI / 2)
  return Math.max(0, wave) * (noise[t] as number)
})

test.each([
  ['a', a, 1, 0.06774, 6.988253, '15:30', 173.79118, '01:00', 0.922688],
  ['b', b, 1, 0.377246, 0, '00:00', 100, '07:00', 1],
  ['c', c, 0.877107, 0.319532, 0, '00:00', 100, '09:30', 1],
  ['d', d, 0.984882, 0.106631, 3.491592, '21:38', 86.979305, '07:20', 0.922813],
])(
  'signal %s: IS, IV, L5, M10 and RA are the published ones',
  (_, days, is, iv, l5, l5at, m10, m10at, ra) => {
    const rhythm = rhythmOf(days)
    expect(rhythm.is).toBeCloseTo(is, 6)
    expect(rhythm.iv).toBeCloseTo(iv, 6)
    expect(rhythm.l5.mean).toBeCloseTo(l5, 6)
    expect(clock(rhythm.l5.onset)).toBe(l5at)
    expect(rhythm.m10.mean).toBeCloseTo(m10, 6)
    expect(clock(rhythm.m10.onset)).toBe(m10at)
    expect(rhythm.ra).toBeCloseTo(ra, 6)
    expect(rhythm.hours).toBe(168)
  },
)

test('the reference noise is the published one', () => {
  expect(noise.slice(0, 3).map(value => Number(value.toFixed(8)))).toEqual([
    0.65515405, 0.30481432, 0.67496063,
  ])
  expect(d.flatMap(day => [...day]).reduce((sum, value) => sum + value, 0)).toBeCloseTo(504_059.4284, 3)
})

test('a day without data is left out, not taken for a day without movement', () => {
  const gap = [...b.slice(0, 3), undefined, ...b.slice(4)]
  const rhythm = rhythmOf(gap)
  expect(rhythm.is).toBeCloseTo(1, 9)
  expect(rhythm.m10.mean).toBe(100)
  expect(rhythm.hours).toBe(144)
})

test('what does not vary has no rhythm', () => {
  expect(rhythmOf(week(() => 5)).is).toBeNaN()
})

test('the regularity index of b is 100 and that of c the published one', () => {
  const asleep = (days: Float64Array[]) =>
    days.map(day => Uint8Array.from(day, value => (value === 0 ? 1 : 0)))
  expect(sleepRegularityIndex(asleep(b))).toBe(100)
  expect(sleepRegularityIndex(asleep(c))).toBeCloseTo(95.138889, 6)
})
