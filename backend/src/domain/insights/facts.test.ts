import { expect, test } from 'vitest'
import type { DailySummary } from '../daily-summary.ts'
import { addDays, computeFacts } from './facts.ts'

const TO = '2026-11-24'

/** Days of one metric that end on the last day of the period; `null` is a day without data. */
function days(
  metric: string,
  values: (number | null)[],
  figure: 'sum' | 'mean' = 'sum',
): [string, DailySummary[]] {
  return [
    metric,
    values.flatMap((value, index) =>
      value === null
        ? []
        : [
            {
              date: addDays(TO, index - values.length + 1),
              metric,
              unit: '',
              count: 9,
              min: 0,
              max: 0,
              mean: value,
              ...(figure === 'sum' && { sum: value }),
            },
          ],
    ),
  ]
}

const compute = (...given: [string, DailySummary[]][]) => computeFacts(new Map(given), addDays(TO, -13), TO)

test('a full fortnight gives an average, a trend and the two extremes of each metric', () => {
  const { facts, confidence, daysWithData } = compute(
    days('steps', [...Array(7).fill(8000), 9000, 9000, 9000, 12_000, 9000, 9000, 6000]),
    days('resting_heart_rate', Array(14).fill(61.6), 'mean'),
  )
  expect(facts.map(fact => `${fact.id} ${fact.text}`)).toEqual([
    'F1 There is data for 14 days of a period of 14 days.',
    'F2 Steps averaged 8,500 a day over every day.',
    'F3 Steps in the later half: 13 % higher than in the earlier half (9,000 steps against 8,000 steps).',
    'F4 Highest steps: 12,000 steps, 3 days before the last.',
    'F5 Lowest steps: 6,000 steps, the last day.',
    'F6 Resting heart rate averaged 62 beats/min over every day.',
    'F7 Resting heart rate in the later half: about the same as in the earlier half (62 beats/min against 62 beats/min).',
  ])
  expect(facts[2]).toMatchObject({ value: 13, unit: '%', metric: 'steps' })
  expect({ confidence, daysWithData }).toEqual({ confidence: 1, daysWithData: 14 })
})

test('thin data gives fewer facts and less confidence, never a value in place of a missing one', () => {
  const { facts, confidence } = compute(days('sleep_analysis', [null, 420, null, null, 450]))
  expect(facts.map(fact => fact.text)).toEqual([
    'There is data for 2 days of a period of 14 days.',
    'Sleep averaged 7.3 h a day over 2 days with data.',
  ])
  expect(confidence).toBe(0.14)
  const four = compute(days('steps', [1000, 2000, 3000, 4000]))
  expect(four.facts.map(fact => fact.kind)).toEqual(['coverage', 'average', 'highest', 'lowest'])
})

test('no data gives no facts', () => {
  expect(compute(days('steps', [null]))).toEqual({ facts: [], confidence: 0, daysWithData: 0 })
})

test('a day without a total, or with one that is no number, is a day without data', () => {
  const [name, [day]] = days('steps', [5000])
  const { sum, ...noSum } = day!
  expect(compute([name, [noSum]]).facts).toEqual([])
  expect(compute([name, [{ ...noSum, sum: Number.NaN }]]).facts).toEqual([])
})

test('an earlier half of zeros has no percentage', () => {
  const { facts } = compute(days('exercise_time', [...Array(7).fill(0), ...Array(7).fill(30)]))
  expect(facts.some(fact => fact.kind === 'trend')).toBe(false)
})

test('no fact holds a date', () => {
  const { facts } = compute(
    days(
      'steps',
      Array.from({ length: 14 }, (_, i) => i * 100),
    ),
  )
  for (const { text } of facts) expect(text).not.toMatch(/2026|11-2/)
})
