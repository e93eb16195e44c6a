import { ENVIRONMENTS } from '@clarity/environments'
import { expect, test } from 'vitest'
import { AWS_PACE, LAPTOP_PACE } from './pace.ts'
import {
  median,
  type PredictionInput,
  predictRelease,
  predictRollbackAfterBake,
  predictRollbackInBake,
} from './prediction.ts'
import { rollbackBudget } from './rollback-budget.ts'

const { bakeMinutes, strategy } = ENVIRONMENTS.prod.deployment
const { healthCheckSeconds, deregistrationSeconds } = ENVIRONMENTS.prod.loadBalancer
const settings = { strategy, bakeMinutes, healthCheckSeconds, deregistrationSeconds, speed: 1 }
const NO_PAST = { api: [], worker: [] }
const prod: PredictionInput = { settings, pace: AWS_PACE, past: NO_PAST }
const stages = (input: PredictionInput) =>
  Object.fromEntries(predictRelease(input).stages.map(({ stage, seconds }) => [stage, seconds]))

test('adds up the stages of a first release from settings and published numbers', () => {
  expect(stages(prod)).toEqual({
    worker: 72,
    'scale up': 62,
    'test shift': 17,
    suites: 10,
    shift: 17,
    bake: 900,
    'clean up': 35,
  })
  expect(predictRelease(prod).seconds).toBe(1113)
})

test('learns the start of tasks from what past deployments took beyond all that is known', () => {
  const past = {
    // whatever their bakes were: 150, 160 and 190 s without them
    api: [
      { seconds: 150 + 300, bakeMinutes: 5 },
      { seconds: 160 + 900, bakeMinutes: 15 },
      { seconds: 190, bakeMinutes: 0 },
    ],
    worker: [
      { seconds: 80, bakeMinutes: 0 },
      { seconds: 90, bakeMinutes: 0 },
    ],
  }
  const [worker, scaleUp] = predictRelease({ ...prod, past }).stages
  expect(worker).toMatchObject({ seconds: 85, how: 'median of 2 past deployments' })
  // 160 - (5 check + 17 + 10 + 17 + 35) = 76 s of start
  expect(scaleUp).toMatchObject({
    seconds: 81,
    how: expect.stringContaining('3 past deployments took a median of 160 s without bake, 84 s of it known'),
  })
})

test('a bake on the laptop passes as fast as its clock', () => {
  const laptop = { settings: { ...settings, bakeMinutes: 2, speed: 60 }, pace: LAPTOP_PACE, past: NO_PAST }
  expect(stages(laptop).bake).toBe(2)
})

test('other strategies have other stages', () => {
  const rolling = { ...prod, settings: { ...settings, strategy: 'ROLLING' as const } }
  expect(Object.keys(stages(rolling))).toEqual(['worker', 'scale up', 'clean up'])
  expect(predictRollbackInBake(rolling)).toBeUndefined()
  const linear = { ...prod, settings: { ...settings, strategy: 'LINEAR' as const } }
  expect(stages(linear).shift).toBe(10 * 17 + 9 * 360)
  const canary = { ...prod, settings: { ...settings, strategy: 'CANARY' as const } }
  expect(stages(canary).shift).toBe(2 * 17 + 600)
})

test('a rollback in bake waits for weights alone; after bake for new tasks, and for the worker if that goes first', () => {
  expect(predictRollbackInBake(prod)?.seconds).toBe(6 + 1 + 17 + 5)
  expect(predictRollbackAfterBake(prod, 'beside').seconds).toBe(3 + 62 + 17 + 10 + 17 + 5)
  expect(predictRollbackAfterBake(prod, 'before').seconds).toBe(114 + 72)
})

test.each(['dev', 'staging', 'prod'] as const)(
  '%s keeps the rollback budget on AWS, and shows the sum',
  name => {
    const { deployment, loadBalancer } = ENVIRONMENTS[name]
    const lines = rollbackBudget({ ...deployment, ...loadBalancer }, NO_PAST, 'beside')
    expect(lines).toMatchObject([
      {
        what: 'in bake',
        limitSeconds: 60,
        met: true,
        arithmetic:
          '6 s detect + 1 s StopServiceDeployment + 17 s weights back + 5 s connections follow = 29 s',
      },
      {
        what: 'after bake',
        limitSeconds: 120,
        met: true,
        arithmetic:
          '3 s check the target + 62 s scale up + 17 s test shift + 10 s suites + 17 s shift + 5 s connections follow = 114 s',
      },
    ])
  },
)

test.each<[string, Partial<typeof settings>, RegExp]>([
  ['no bake', { bakeMinutes: 0 }, /in bake: .*bakeMinutes above 0/],
  ['rolling', { strategy: 'ROLLING' }, /in bake: .*strategy to BLUE_GREEN/],
  [
    'slow health checks',
    { healthCheckSeconds: 30 },
    /after bake: 139 s is over; most of it: scale up 87 s .*first check 30 s/,
  ],
])('flags settings that cannot keep it: %s', (_, change, why) => {
  const lines = rollbackBudget({ ...settings, ...change }, NO_PAST, 'beside')
  expect(lines.filter(({ met }) => !met).map(line => `${line.what}: ${line.why}`)).toEqual([
    expect.stringMatching(why),
  ])
})

test('the median of an even number lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7])
})
