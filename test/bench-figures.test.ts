import { expect, test } from 'vitest'
import { comparisonOf, figuresOf, lineOf } from '../ci-cd/tools/bench-figures.ts'

/** What `make bench-compare` reads, and what it calls worse. */
const turns = (name: string, unit: string, ...values: number[]) =>
  values.map(value => new Map([[name, { value, unit }]]))
const worse = (before: number[], after: number[], unit = 'us', name = 'x', held = /./) =>
  comparisonOf({ before: turns(name, unit, ...before), after: turns(name, unit, ...after) }, held)[0]?.isWorse

test('reads the figures of a benchmark, and no prose', () => {
  const output =
    'one core (the bar: 300 k/s)\nread: all            1,234 k/s\nx: share of it   0.250 \nx: 90 days failed 0.000 \nx: 7 rounds; at worst 111 k/s\n'
  expect([...figuresOf(output)]).toEqual([
    ['read: all', { value: 1234, unit: 'k/s' }],
    ['x: share of it', { value: 0.25, unit: '' }],
    ['x: 90 days failed', { value: 0, unit: '' }],
  ])
})

test('calls worse what is so in every turn and by more than a quarter, whichever way is better', () => {
  expect(worse([100, 102], [130, 128])).toBe(true)
  expect(worse([100, 102], [120, 121])).toBe(false)
  expect(worse([100, 140], [139, 190])).toBe(false)
  expect(worse([100, 102], [70, 72], '/s')).toBe(true)
  expect(worse([100, 102], [130, 128], '/s')).toBe(false)
  expect(worse([0.4, 0.41], [0.2, 0.21], '', 'share of the bare route')).toBe(true)
  expect(worse([0, 0], [3, 2], '', 'failures')).toBe(true)
  expect(worse([0, 0], [0, 0], '', 'failures')).toBe(false)
})

test('holds only what is named, and tells what one side alone has', () => {
  expect(worse([10, 11], [99, 98], 'ms', 'p99', /processor/)).toBe(false)
  const [added] = comparisonOf({ before: [], after: turns('new one', 'us', 5) }, /./)
  expect(added).toMatchObject({ isWorse: false, after: 5 })
  expect(lineOf('api', added!)).toMatch(/api: new one +new: 5 us/)
})
