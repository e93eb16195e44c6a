import { expect, test } from 'vitest'
import type { DailySummary } from '../daily-summary.ts'
import { createFactTools } from './fact-tools.ts'
import { addDays } from './facts.ts'

const TO = '2026-11-24'
const steps = Array.from({ length: 20 }, (_, at): DailySummary => {
  const sum = 8000 + at
  return { date: addDays(TO, at - 19), metric: 'steps', unit: '', count: 1, min: 0, max: 0, mean: sum, sum }
})
const tools = () =>
  createFactTools({ from: addDays(TO, -89), to: TO, summaries: new Map([['steps', steps]]) })

test('facts are fetched once, with ids of their own, and say no date', () => {
  const own = tools()
  const week = own.call('get_metric_summary', { metric: 'steps', days: 7 })
  expect(own.call('get_metric_summary', { metric: 'steps', days: 7 })).toEqual(week)
  own.call('get_daily', { metric: 'steps', days: 3 })
  const ids = own.facts().map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(JSON.stringify(own.facts())).not.toContain('2026')
  expect(own.facts().map(({ text }) => text)).toContain('Steps on the last day: 8,019 steps.')
  expect(own.confidence()).toBe(1)
})

test.each([
  ['run_shell', { command: 'env' }],
  ['constructor', {}],
  ['get_daily', { metric: 'steps', days: 15 }],
  ['get_daily', { metric: 'no_such_metric' }],
  ['get_sleep', { user_id: 'somebody else' }],
  ['get_trend', null],
  ['get_trend', { metric: 'steps', days: 1.5 }],
  ['get_sleep', {}],
])('%s with %j gives an error and no fact', (name, args) => {
  const own = tools()
  expect(own.call(name, args)).toEqual({ error: expect.any(String) })
  expect([own.facts(), own.confidence()]).toEqual([[], 0])
})
