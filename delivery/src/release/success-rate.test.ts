import { expect, test } from 'vitest'
import { type RecordedDeployment, type Result, resultsOf, successRate } from './success-rate.ts'

const BACK = 'Service deployment rolled back because '
const good = (taskDefinition: string): RecordedDeployment => ({ status: 'SUCCESSFUL', taskDefinition })
const bad = (statusReason: string, more: Partial<RecordedDeployment> = {}): RecordedDeployment => ({
  status: 'ROLLBACK_SUCCESSFUL',
  statusReason,
  taskDefinition: 'bad',
  ...more,
})

test.each<[string, RecordedDeployment, Result]>([
  ['it succeeded', good('a'), 'succeeded'],
  ['the circuit breaker ended it', bad(`${BACK}the circuit breaker threshold was exceeded.`), 'failed'],
  ['an alarm ended it', bad(`${BACK}alarm(s) went into ALARM state: x`), 'failed'],
  [
    'the suites failed',
    bad(`${BACK}POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. ROLLBACK was chosen for pause hook ecs-x.`),
    'failed',
  ],
  [
    'a person rejected it',
    bad(
      `${BACK}PRE_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. ROLLBACK was chosen for pause hook ecs-x.`,
    ),
    'neither',
  ],
  ['it was stopped by nobody knows whom', bad(`${BACK}StopServiceDeployment was called.`), 'taken-back'],
  [
    'a person stopped it',
    bad(`${BACK}StopServiceDeployment was called.`, { stoppedBy: 'person' }),
    'neither',
  ],
  ['clarity stopped it', bad(`${BACK}StopServiceDeployment was called.`, { stoppedBy: 'clarity' }), 'failed'],
  [
    'a newer one replaced it',
    bad('Service deployment stopped because a new service deployment started: x', { status: 'STOPPED' }),
    'neither',
  ],
  [
    'the way back failed, though a person had ordered it',
    bad(`${BACK}StopServiceDeployment was called.`, { status: 'ROLLBACK_FAILED', stoppedBy: 'person' }),
    'failed',
  ],
  ['it goes on', { status: 'IN_PROGRESS', taskDefinition: 'a' }, 'under-way'],
  ['it is on its way back', { status: 'ROLLBACK_IN_PROGRESS', taskDefinition: 'a' }, 'under-way'],
])('%s', (_, deployment, result) => {
  expect(resultsOf([deployment])).toEqual([result])
})

test('a return to an earlier release is neither; the same release again is a deployment like any other', () => {
  const newestFirst = [good('c'), good('a'), good('a'), good('b'), bad(BACK), good('a')]
  expect(resultsOf(newestFirst)).toEqual([
    'succeeded',
    'succeeded',
    'neither',
    'succeeded',
    'failed',
    'succeeded',
  ])
})

test('the rate takes what is unknown as failed, and says what it would be at best', () => {
  expect(successRate(['succeeded', 'succeeded', 'succeeded', 'taken-back', 'neither', 'under-way'])).toEqual({
    succeeded: 3,
    failed: 1,
    takenBack: 1,
    neither: 1,
    rate: 0.75,
    atBest: 1,
  })
  expect(successRate(['under-way', 'neither']).rate).toBeUndefined()
})
