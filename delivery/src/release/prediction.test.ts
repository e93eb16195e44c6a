import { ENVIRONMENTS } from '@clarity/environments'
import { expect, test } from 'vitest'
import { timingSettings } from '../plan/timing-settings.ts'
import { asRollback } from './as-rollback.ts'
import { AWS_PACE, LAPTOP_PACE } from './pace.ts'
import { median, type PastDeployment, type WatchedStages } from './past-deployment.ts'
import {
  type PredictionInput,
  predictRelease,
  predictRollbackAfterBake,
  predictRollbackInBake,
} from './prediction.ts'
import { rollbackBudget } from './rollback-budget.ts'

const settings = timingSettings(ENVIRONMENTS.prod, 1)
const NO_PAST = { api: [], worker: [] }
const prod: PredictionInput = { settings, pace: AWS_PACE, past: NO_PAST }
const stages = (input: PredictionInput) =>
  Object.fromEntries(predictRelease(input).stages.map(({ stage, seconds }) => [stage, seconds]))

/** A past deployment by blue/green, at once. */
function past(seconds: number, bakeMinutes = 0, watched?: WatchedStages): PastDeployment {
  return { seconds, bakeMinutes, strategy: 'BLUE_GREEN', shift: { steps: 1, waitMinutes: 0 }, watched }
}

/** The environment `local` with another strategy; its data has steps for all. */
function local(strategy: 'CANARY' | 'LINEAR') {
  const { deployment } = ENVIRONMENTS.local
  return { ...ENVIRONMENTS.local, deployment: { ...deployment, strategy } }
}

test('adds up the stages of a first release from settings and published numbers', () => {
  expect(stages(prod)).toEqual({
    begin: 1,
    'the command itself': 10,
    worker: 72,
    'scale up': 62,
    'test shift': 17,
    suites: 10,
    shift: 17,
    bake: 900,
    'clean up': 35,
  })
  const { seconds, least, most } = predictRelease(prod)
  expect(seconds).toBe(1124)
  // what is set is certain, bake and first check; all else is not
  expect([least, most]).toEqual([905 + 0.75 * 219, 905 + 1.5 * 219])
})

test("learns the start of tasks from ECS's record, beyond all that is known", () => {
  const record = {
    // whatever their bakes were: 150, 160 and 190 s without them
    api: [past(150 + 300, 5), past(160 + 900, 15), past(190)],
    worker: [past(80), past(90)],
  }
  const [, , worker, scaleUp] = predictRelease({ ...prod, past: record }).stages
  expect(worker).toMatchObject({
    seconds: 85,
    // two are few
    least: 60,
    most: 135,
    how: 'median of 2 past deployments',
  })
  // 160 - (5 check + 17 + 10 + 17 + 35) = 76 s of start
  expect(scaleUp).toMatchObject({
    seconds: 81,
    least: 71,
    most: 111,
    how: expect.stringContaining(
      '3 past deployments took a median of 160 s without bake and waits, 84 s of it known',
    ),
  })
})

test('waits between steps are no start of tasks', () => {
  const linear = { ...past(160 + 3 * 360), strategy: 'LINEAR' as const, shift: { steps: 4, waitMinutes: 6 } }
  const [, , , scaleUp] = predictRelease({ ...prod, past: { api: [linear], worker: [] } }).stages
  // three flips more
  expect(scaleUp?.seconds).toBe(81 - 3 * 17)
})

test('believes commands that saw the stages before the record; past rollbacks for a rollback', () => {
  const saw = (kind: WatchedStages['kind'], scaleUp: number): WatchedStages => ({
    kind,
    command: 2,
    scaleUp,
    test: 12,
    shift: 15,
    cleanUp: 30,
  })
  const api = [
    past(200, 0, saw('release', 40)),
    past(200, 0, saw('release', 60)),
    past(200, 0, saw('rollback', 30)),
    past(9000),
  ]
  const input = { ...prod, past: { api, worker: [] } }
  const release = predictRelease(input)
  expect(release.stages.find(({ stage }) => stage === 'scale up')).toEqual({
    stage: 'scale up',
    seconds: 50,
    least: 30,
    most: 90,
    how: 'median of 2 past releases',
  })
  const rollback = predictRollbackAfterBake(input, 'beside')
  expect(rollback.seconds).toBe(1 + 2 + 30 + 12 + 15 + 5)
  expect(rollback.stages[1]?.how).toBe('median of one past rollback')
  // a release's command checks and builds more than a rollback's
  const releases = { ...prod, past: { api: api.slice(0, 2), worker: [] } }
  expect(predictRollbackAfterBake(releases, 'beside').stages.map(({ seconds }) => seconds)).toEqual([
    1, 3, 50, 12, 15, 5,
  ])
})

test('a bake on the laptop passes as fast as its clock', () => {
  const laptop = { settings: { ...settings, bakeMinutes: 2, speed: 60 }, pace: LAPTOP_PACE, past: NO_PAST }
  expect(stages(laptop).bake).toBe(2)
})

test("other strategies have other stages, and the environment's own steps", () => {
  const rolling = { ...prod, settings: { ...settings, strategy: 'ROLLING' as const } }
  expect(Object.keys(stages(rolling))).toEqual([
    'begin',
    'the command itself',
    'worker',
    'scale up',
    'clean up',
  ])
  expect(predictRollbackInBake(rolling)).toBeUndefined()
  const shiftOf = (strategy: 'CANARY' | 'LINEAR', environment = local(strategy)) =>
    stages({ ...prod, settings: timingSettings(environment, 1) }).shift
  // 25 % each minute; 10 % for a minute
  expect([shiftOf('LINEAR'), shiftOf('CANARY')]).toEqual([4 * 17 + 3 * 60, 2 * 17 + 60])
  // ECS's own: 10 % in 6 minutes; 5 % for 10 minutes
  const unset = (strategy: 'CANARY' | 'LINEAR') => ({
    ...ENVIRONMENTS.prod,
    deployment: { ...ENVIRONMENTS.prod.deployment, strategy },
  })
  expect(shiftOf('LINEAR', unset('LINEAR'))).toBe(10 * 17 + 9 * 360)
  expect(shiftOf('CANARY', unset('CANARY'))).toBe(2 * 17 + 600)
})

test('a rollback in bake waits for weights alone; after bake for new tasks, and for the worker if that goes first', () => {
  expect(predictRollbackInBake(prod)?.seconds).toBe(6 + 1 + 17 + 5)
  expect(predictRollbackAfterBake(prod, 'beside').seconds).toBe(1 + 3 + 62 + 17 + 10 + 17 + 5)
  expect(predictRollbackAfterBake(prod, 'before').seconds).toBe(115 + 72)
  // no steps on the way back
  const back = { ...prod, settings: timingSettings(asRollback(local('LINEAR')), 1) }
  expect(predictRollbackAfterBake(back, 'beside').seconds).toBe(115)
})

test.each(['dev', 'staging', 'prod'] as const)(
  '%s keeps the rollback budget on AWS, and shows the sum',
  name => {
    const lines = rollbackBudget(timingSettings(ENVIRONMENTS[name], 1), NO_PAST, 'beside')
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
          '1 s begin + 3 s check the target + 62 s scale up + 17 s test shift + 10 s suites + 17 s shift + 5 s connections follow = 115 s',
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
    /after bake: 140 s is over; most of it: scale up 87 s .*first check 30 s/,
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
