import { expect, test } from 'vitest'
import type { Fact } from './facts.ts'
import { groundingFaults } from './grounding.ts'

const average = (
  id: string,
  metric: string,
  text: string,
  value: number,
  unit: string,
  days: number,
): Fact => ({
  id,
  kind: 'average',
  metric,
  text,
  value,
  unit,
  figures: [{ role: 'days', value: days, unit: 'days' }],
})
const FACTS: Fact[] = [
  {
    id: 'F1',
    kind: 'coverage',
    text: 'There is data for 13 days of a period of 14 days.',
    value: 13,
    unit: 'days',
    figures: [{ role: 'period', value: 14, unit: 'days' }],
  },
  average('F2', 'steps', 'Steps averaged 8,412 a day over 13 days with data.', 8412, 'steps', 13),
  {
    id: 'F3',
    kind: 'trend',
    metric: 'steps',
    text: 'Steps in the later half: 12 % lower than in the earlier half (7,900 steps against 8,977 steps).',
    value: -12,
    unit: '%',
    figures: [
      { role: 'now', value: 7900, unit: 'steps' },
      { role: 'earlier', value: 8977, unit: 'steps' },
    ],
  },
  average('F4', 'heart_rate', 'Heart rate averaged 72 beats/min over 9 days with data.', 72, 'beats/min', 9),
  average(
    'F5',
    'resting_heart_rate',
    'Resting heart rate averaged 61 beats/min over 9 days with data.',
    61,
    'beats/min',
    9,
  ),
  {
    id: 'F6',
    kind: 'highest',
    metric: 'steps',
    text: 'Highest steps: 12,004 steps, 3 days before the last.',
    value: 12_004,
    unit: 'steps',
    figures: [{ role: 'ago', value: 3, unit: 'days' }],
  },
]

function faults(narrative: string, fact_ids = FACTS.map(fact => fact.id), numbers: number[] = []): string[] {
  const text = 'Here is what your data shows.'
  return groundingFaults({ narrative, claims: [{ text, fact_ids, numbers }] }, FACTS)
}

test.each([
  'You averaged 8,412 steps a day.',
  'Your steps averaged about 8,400 a day over 13 days with data.',
  'You have data for 13 of 14 days.',
  'Steps fell by 12% in the later half, from 8,977 to 7,900.',
  'Your resting heart rate averaged 61 and your heart rate averaged 72 beats per minute.',
  'Your typical heart rate was 72 bpm. It was recorded over 9 days.',
  'The highest steps of a day were 12,004, 3 days before the last.',
  'Here is what your data shows. Thirteen days of a period of fourteen days are covered.',
])('grounded: %s', narrative => {
  expect(faults(narrative)).toEqual([])
})

test.each([
  ['a number of no fact', 'You averaged 9,412 steps a day.'],
  ['a rounding too far', 'You averaged about 8,000 steps a day.'],
  ["another metric's number", 'You averaged 72 steps a day.'],
  ["the heart rate for the resting one's", 'Your resting heart rate averaged 72 beats/min.'],
  ['the highest day for the average', 'You averaged 12,004 steps a day.'],
  ['the number of days for the value', 'You averaged 13 steps a day.'],
  ['the value for the number of days', 'Your steps averaged 8,412 a day over 14 days.'],
  ['another unit', 'You averaged 8,412 kcal of steps.'],
  ['another percentage', 'Your steps fell by 13 % in the later half.'],
  ['another day', 'The highest steps were 12,004, 4 days before the last.'],
  ['the last day', 'The highest steps were 12,004 on the last day.'],
  ['halves exchanged', 'Your steps went from 7,900 to 8,977.'],
  ['the wrong half', 'In the earlier half your steps were 12 % lower.'],
  ['a number in words', 'You doubled your steps.'],
  ['the wrong direction', 'Your steps increased by 12 % in the later half.'],
  ['a direction without a trend', 'Your heart rate fell.'],
  ['a negation', 'Your steps did not fall.'],
  ['two subjects at once', 'Your heart rate and your steps fell.'],
  ['a date', 'On Monday you walked 8,412 steps.'],
  ['a month', 'You averaged 8,412 steps in November.'],
  ['a decimal that is not there', 'Your heart rate averaged 72.9 beats/min.'],
  ['an advice', 'You should rest more.'],
  ['a judgement', 'Your heart rate of 72 is healthy.'],
  ['another measure', 'Your blood pressure was steady.'],
  ['markup', 'You averaged **8,412** steps a day.'],
  ['a range', 'You took 7,900-8,977 steps.'],
])('ungrounded, by %s: %s', (_what, narrative) => {
  expect(faults(narrative)).not.toEqual([])
})

test('what is not cited does not count, and neither do facts that are not there', () => {
  expect(faults('You averaged 8,412 steps a day.', ['F4'])).not.toEqual([])
  expect(faults('Here is your data.', ['F99'])).toEqual(['there is no fact F99', 'a claim cites no fact'])
  expect(groundingFaults({ narrative: 'Here is your data.', claims: [] }, FACTS)).toEqual([
    'no claim is given',
  ])
})

test("a claim's own numbers must be in the facts that it cites", () => {
  expect(faults('Here is your data.', ['F2'], [8412])).toEqual([])
  expect(faults('Here is your data.', ['F2'], [72])).toEqual([
    'a claim on F2 lists a number that is not in those facts',
  ])
})
