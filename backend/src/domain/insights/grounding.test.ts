import { expect, test } from 'vitest'
import type { Fact } from './facts.ts'
import { groundingFaults } from './grounding.ts'

const FACTS: Fact[] = [
  {
    id: 'F1',
    kind: 'coverage',
    text: 'There is data for 13 days of a period of 14 days.',
    value: 13,
    unit: 'days',
  },
  {
    id: 'F2',
    kind: 'average',
    metric: 'steps',
    text: 'Steps averaged 8,412 a day over 13 days with data.',
    value: 8412,
    unit: 'steps',
  },
  {
    id: 'F3',
    kind: 'trend',
    metric: 'steps',
    text: 'Steps in the later half: 12 % lower than in the earlier half (7,900 steps against 8,977 steps).',
    value: -12,
    unit: '%',
  },
  {
    id: 'F4',
    kind: 'average',
    metric: 'heart_rate',
    text: 'Heart rate averaged 72 beats/min over 9 days with data.',
    value: 72,
    unit: 'beats/min',
  },
  {
    id: 'F5',
    kind: 'average',
    metric: 'resting_heart_rate',
    text: 'Resting heart rate averaged 61 beats/min over 9 days with data.',
    value: 61,
    unit: 'beats/min',
  },
]

function faults(narrative: string, fact_ids = FACTS.map(fact => fact.id), numbers: number[] = []): string[] {
  return groundingFaults({ narrative, claims: [{ text: 'You were active.', fact_ids, numbers }] }, FACTS)
}

test.each([
  'You averaged 8,412 steps a day.',
  'You averaged about 8,400 steps a day on 13 of 14 days.',
  'Steps fell by 12% in the later half, from 8,977 to 7,900.',
  'Your resting heart rate was 61 and your heart rate 72 beats/min.',
  'Over fourteen days you kept moving.',
  'One thing stands out: steady steps.',
])('grounded: %s', narrative => {
  expect(faults(narrative)).toEqual([])
})

test.each([
  ['a number of no fact', 'You averaged 9,412 steps a day.'],
  ['a rounding too far', 'You averaged about 8,000 steps a day.'],
  ["another metric's number", 'You averaged 72 steps a day.'],
  ["the heart rate for the resting one's", 'Your resting heart rate was 72 beats/min.'],
  ['a number in words', 'You doubled your steps.'],
  ['the wrong direction', 'Your steps increased by 12 % in the later half.'],
  ['a date', 'On Monday you walked 8,412 steps.'],
  ['a month', 'You averaged 8,412 steps in November.'],
  ['a decimal that is not there', 'Your heart rate was 72.9 beats/min.'],
])('ungrounded, by %s: %s', (_what, narrative) => {
  expect(faults(narrative)).not.toEqual([])
})

test('what is not cited does not count, and neither do facts that are not there', () => {
  expect(faults('You averaged 8,412 steps a day.', ['F4'])).not.toEqual([])
  expect(faults('You were active.', ['F99'])).toEqual(['there is no fact F99', 'a claim cites no fact'])
  expect(groundingFaults({ narrative: 'You were active.', claims: [] }, FACTS)).toEqual(['no claim is given'])
})

test("a claim's own numbers must be in the facts that it cites", () => {
  expect(faults('You were active.', ['F2'], [8412])).toEqual([])
  expect(faults('You were active.', ['F2'], [72])).toEqual([
    'a claim on F2 lists a number that is not in those facts',
  ])
})
