import { expect, test } from 'vitest'
import { circularMean } from '../statistics.ts'
import { correctedMidpoint, dayPairs, sleepRegularityIndex, socialJetlag } from './regularity.ts'

const at = (clock: string) => {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number)
  return hours * 60 + minutes + seconds / 60
}

test.each([
  ['02:30', '04:30', 2],
  ['23:00', '02:00', 3],
  ['05:00', '03:00', -2],
  ['22:00', '17:30', -4.5],
])('social jetlag of %s and %s is %d hours, as in the tests of mctq', (work, free, hours) => {
  expect(socialJetlag(at(work), at(free)) / 60).toBeCloseTo(hours, 9)
})

test.each([
  ['04:00', 6, 8, 5, '03:17:08.571'],
  ['23:30', 7, 9, 3, '23:04:17.143'],
  ['03:45', 6, 7.5, 5, '03:12:51.43'],
  ['22:30', 5.5, 8, 4, '21:47:08.57'],
])('the corrected midpoint of %s is that of mctq', (midpoint, work, free, days, expected) => {
  expect(correctedMidpoint(at(midpoint), work * 60, free * 60, days)).toBeCloseTo(at(expected), 3)
})

test('without more sleep on free days the midpoint stays', () => {
  expect(correctedMidpoint(at('04:00'), 480, 420, 5)).toBe(240)
})

test('days that are opposites give -100, unknown days no pair', () => {
  const [one, other] = [Uint8Array.of(1, 0, 1, 0), Uint8Array.of(0, 1, 0, 1)]
  expect(sleepRegularityIndex([one, other])).toBe(-100)
  expect(dayPairs([one, undefined, other, one])).toHaveLength(1)
  expect(sleepRegularityIndex([one, undefined])).toBeNaN()
})

test('times of day average around midnight', () => {
  expect(circularMean([at('23:30'), at('00:30')]).mean % 1440).toBeCloseTo(0, 6)
  expect(circularMean([at('23:00'), at('23:00')])).toEqual({
    mean: expect.closeTo(1380, 9),
    deviation: expect.closeTo(0, 4),
  })
  expect(circularMean([0, 720]).mean).toBeNaN()
})
