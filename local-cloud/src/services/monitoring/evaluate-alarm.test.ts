import { expect, test } from 'vitest'
import { type Criteria, evaluateAlarm } from './evaluate-alarm.ts'

const KEEP = undefined
const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const

/** The tables of "Configuring how CloudWatch alarms treat missing data": X breaches, 0 does not, the newest at the right. */
test.each([
  [3, '0-X-X', ['OK', 'OK', 'OK', 'OK']],
  [3, '0----', ['OK', 'OK', 'OK', 'OK']],
  [3, '-----', ['INSUFFICIENT_DATA', KEEP, 'ALARM', 'OK']],
  [3, '0XX-X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [3, '--X--', ['ALARM', KEEP, 'ALARM', 'OK']],
  [2, '0-X-X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [2, '00X0X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [2, '0-X--', ['OK', 'OK', 'ALARM', 'OK']],
  [2, '----0', ['OK', 'OK', 'ALARM', 'OK']],
  [2, '---X-', ['ALARM', KEEP, 'ALARM', 'OK']],
])('%i of 3 to alarm, data %s', (datapointsToAlarm, data, expected) => {
  const points = [...data].reverse().map(one => ({ X: 1, 0: 0 })[one])
  const states = TREATMENTS.map(treatMissingData =>
    evaluateAlarm(points, criteria({ datapointsToAlarm, treatMissingData })),
  )
  expect(states).toEqual(expected)
})

test('does not go off early for one young breaching point', () => {
  const points = [1, undefined, undefined, undefined, undefined]
  expect(evaluateAlarm(points, criteria({ datapointsToAlarm: 3 }))).toBe(KEEP)
})

function criteria(change: Partial<Criteria>): Criteria {
  return {
    evaluationPeriods: 3,
    datapointsToAlarm: 3,
    treatMissingData: 'missing',
    breaches: value => value >= 1,
    ...change,
  }
}
