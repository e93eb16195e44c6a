import { expect, test } from 'vitest'
import { bucketOf, bucketsOfDays, bucketsOfHours } from './buckets.ts'
import { findMetric } from './metrics/catalogue.ts'
import { summarize } from './summarize.ts'
import { sampleOf } from './testing/sample-of.ts'

const metric = (name: string) => findMetric(name) as NonNullable<ReturnType<typeof findMetric>>

test('a week begins on Monday, a month on its first', () => {
  expect(bucketOf('2026-03-01', 'week')).toBe('2026-02-23')
  expect(bucketOf('2026-03-02', 'week')).toBe('2026-03-02')
  expect(bucketOf('2026-03-31', 'month')).toBe('2026-03-01')
})

test('days together give the figures of all their samples', () => {
  const samples = [
    sampleOf('heart_rate', 60, '2026-03-02T08:00:00Z'),
    sampleOf('heart_rate', 70, '2026-03-02T09:00:00Z'),
    sampleOf('heart_rate', 95, '2026-03-03T09:00:00Z', undefined, { source: { name: 'Strap' } }),
  ]
  const days = ['2026-03-02', '2026-03-03'].flatMap(
    date => summarize(metric('heart_rate'), date, samples) ?? [],
  )
  expect(bucketsOfDays(days, 'week')).toEqual([
    {
      start: '2026-03-02',
      count: 3,
      min: 60,
      max: 95,
      mean: 75,
      last: 95,
      flagged: 0,
      sources: ['Strap', 'Watch'],
    },
  ])
})

test('hours are those of the local clock, and what spans two is in both', () => {
  const steps = [
    sampleOf('steps', 120, '2026-03-02T08:30:00+01:00', '2026-03-02T09:30:00+01:00'),
    sampleOf('steps', 100, '2026-03-02T08:30:00+01:00', '2026-03-02T09:30:00+01:00', {
      source: { name: 'iPhone' },
    }),
  ]
  const hours = bucketsOfHours(metric('steps'), steps)
  expect(hours).toMatchObject([
    { start: '2026-03-02T08:00', count: 2, sum: 60, sources: ['Watch', 'iPhone'] },
    { start: '2026-03-02T09:00', count: 2, sum: 60 },
  ])
  const mindful = [sampleOf('mindful_session', 'x', '2026-03-02T08:50:00Z', '2026-03-02T09:05:00Z')]
  expect(bucketsOfHours(metric('mindful_session'), mindful)).toMatchObject([
    { start: '2026-03-02T08:00', sum: 10 },
    { start: '2026-03-02T09:00', sum: 5 },
  ])
})
