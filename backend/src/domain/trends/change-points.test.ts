import { expect, test } from 'vitest'
import { baselineOf, robustZ } from './baseline.ts'
import { changePoints, pettitt } from './change-points.ts'

let x = 42
const random = () => {
  x = (Math.imul(1103515245, x) + 12345) & 0x7fffffff
  return x / 2 ** 31
}
const noisy = (level: number, days: number) => Array.from({ length: days }, () => level + random() * 10)

/** Pettitt's statistic by its definition, U(t) = Σ_{i≤t} Σ_{j>t} sgn(x_i − x_j). */
function byDefinition(values: number[]): { index: number; k: number } {
  let best = { index: 0, k: -1 }
  for (let t = 1; t < values.length; t++) {
    let u = 0
    for (const before of values.slice(0, t))
      for (const after of values.slice(t)) u += Math.sign(before - after)
    if (Math.abs(u) > best.k) best = { index: t, k: Math.abs(u) }
  }
  return best
}

test('the statistic is that of its definition, with ties and without', () => {
  for (const values of [noisy(50, 31), noisy(50, 40).map(Math.round), [1, 1, 1, 2, 2, 2], [3, 1, 2]]) {
    expect(pettitt(values)).toMatchObject(byDefinition(values))
  }
  expect(pettitt([1, 1, 1, 1, 1, 9, 9, 9, 9, 9])).toEqual({
    index: 5,
    k: 25,
    p: 2 * Math.exp((-6 * 625) / 1100),
  })
})

test('finds planted changes to within two days, and none in noise', () => {
  const found = changePoints([...noisy(60, 30), ...noisy(75, 20), ...noisy(50, 40)])
  expect(found).toHaveLength(2)
  expect(Math.abs((found[0]?.index ?? 0) - 30)).toBeLessThanOrEqual(2)
  expect(Math.abs((found[1]?.index ?? 0) - 50)).toBeLessThanOrEqual(2)
  expect(found[0]?.before).toBeCloseTo(65, -1)
  expect(found[0]?.after).toBeCloseTo(80, -1)
  for (let round = 0; round < 20; round++) expect(changePoints(noisy(60, 90))).toEqual([])
})

test('one outlier is no change, and a fortnight is the least', () => {
  expect(changePoints([...noisy(60, 20), 500, ...noisy(60, 20)])).toEqual([])
  expect(changePoints([...noisy(60, 6), ...noisy(100, 7)])).toEqual([])
})

test('a baseline is median and MAD of a fortnight at least; deviations are in robust standard deviations', () => {
  expect(baselineOf(Array(13).fill(60))).toBeUndefined()
  const baseline = baselineOf([58, 59, 60, 61, 62, 58, 59, 60, 61, 62, 58, 59, 60, 61, 62])
  expect(baseline).toEqual({ median: 60, mad: 1, days: 15 })
  expect(robustZ(65, baseline!)).toBeCloseTo(0.6745 * 5, 9)
  expect(robustZ(60, baseline!)).toBe(0)
  expect(robustZ(61, { median: 60, mad: 0, days: 20 })).toBeNaN()
})
