import { expect, test } from 'vitest'
import { variabilityOf } from './hrv.ts'

test('four intervals give the values of the tests of rhenanbartels/hrv', () => {
  const found = variabilityOf([[800, 810, 815, 750]])
  expect(found.meanRr).toBe(793.75)
  expect(found.sdnn).toBeCloseTo(29.825884, 6)
  expect(found.rmssd).toBeCloseTo(38.078866, 6)
  expect(found.meanHeartRate).toBeCloseTo(75.673426, 5)
  expect(found.pnn50).toBeCloseTo(33.333, 3)
})

test('three hundred intervals give the reference values', () => {
  let x = 7
  const runs = Array.from({ length: 300 }, (_, i) => {
    x = (Math.imul(1103515245, x) + 12345) & 0x7fffffff
    return 800 + 50 * Math.sin((2 * Math.PI * i) / 30) + (x / 2 ** 31 - 0.5) * 40
  })
  const found = variabilityOf([runs])
  expect(found.meanRr).toBeCloseTo(799.501199, 6)
  expect(found.sdnn).toBeCloseTo(37.735888, 6)
  expect(found.rmssd).toBeCloseTo(18.301943, 6)
})

test('no difference is taken across a gap or a missed beat', () => {
  expect(
    variabilityOf([
      [800, 810],
      [900, 910],
    ]),
  ).toMatchObject({ rmssd: 10, differences: 2, intervals: 4 })
  expect(variabilityOf([[800, 810, 1650 * 2, 900, 910]])).toMatchObject({ rmssd: 10, differences: 2 })
  expect(variabilityOf([[800]]).rmssd).toBeNaN()
})
