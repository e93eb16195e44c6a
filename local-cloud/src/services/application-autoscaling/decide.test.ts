import { expect, test } from 'vitest'
import { type Sight, step, track } from './decide.ts'
import type { PolicyRecord } from './records.ts'

const SECOND = 1000
const policy = { tracking: { TargetValue: 60, ScaleOutCooldown: 60, ScaleInCooldown: 120 } } as PolicyRecord
const see = (change: Partial<Sight>): Sight => ({
  policy,
  high: false,
  low: false,
  capacity: 4,
  now: 1_000_000,
  second: SECOND,
  ...change,
})

test('goes out in proportion, rounded up, and in by half of the surplus', () => {
  expect(track(see({ high: true, value: 90 }))).toEqual({ out: 6 })
  expect(track(see({ high: true, value: 61 }))).toEqual({ out: 5 })
  expect(track(see({ high: true, value: 60 }))).toBeUndefined()
  expect(track(see({ low: true, value: 15 }))).toEqual({ in: 2 })
  expect(track(see({ low: true, value: 50, capacity: 2 }))).toBeUndefined()
  expect(track(see({ low: true, value: 0, capacity: 1 }))).toEqual({ in: 0 })
  expect(track(see({ high: true, value: 90, capacity: 0 }))).toEqual({ out: 1 })
})

test('does nothing without a ringing alarm or without data', () => {
  expect(track(see({ value: 500 }))).toBeUndefined()
  expect(track(see({ high: true }))).toBeUndefined()
  expect(track(see({ low: true }))).toBeUndefined()
})

test('counts what a scale out has added until its cooldown is over', () => {
  const cooling = { ...policy, lastOut: { at: 1_000_000 - 59 * SECOND, from: 2 } }
  expect(track(see({ policy: cooling, high: true, value: 120 }))).toBeUndefined()
  expect(track(see({ policy: cooling, high: true, value: 180 }))).toEqual({ out: 6 })
  const cooled = { ...policy, lastOut: { at: 1_000_000 - 60 * SECOND, from: 2 } }
  expect(track(see({ policy: cooled, high: true, value: 120 }))).toEqual({ out: 8 })
})

test('does not go in again before its cooldown is over', () => {
  const after = (seconds: number) => ({ ...policy, lastInAt: 1_000_000 - seconds * SECOND })
  expect(track(see({ policy: after(119), low: true, value: 10 }))).toBeUndefined()
  expect(track(see({ policy: after(120), low: true, value: 10 }))).toEqual({ in: 2 })
})

test('takes the step in which the metric lies', () => {
  const settings = {
    AdjustmentType: 'PercentChangeInCapacity' as const,
    StepAdjustments: [
      { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 10 },
      { MetricIntervalLowerBound: 10, ScalingAdjustment: 30 },
      { MetricIntervalUpperBound: 0, ScalingAdjustment: -30 },
    ],
  }
  expect(step(settings, 5, 10)).toEqual({ out: 11 })
  expect(step(settings, 5, 4)).toEqual({ out: 5 })
  expect(step(settings, 10, 10)).toEqual({ out: 13 })
  expect(step(settings, -1, 10)).toEqual({ in: 7 })
  expect(step({ ...settings, MinAdjustmentMagnitude: 2 }, 5, 4)).toEqual({ out: 6 })
  expect(step({ ...settings, AdjustmentType: 'ExactCapacity' }, 5, 4)).toEqual({ out: 10 })
  expect(step({ AdjustmentType: 'ChangeInCapacity', StepAdjustments: [] }, 5, 4)).toBeUndefined()
})
