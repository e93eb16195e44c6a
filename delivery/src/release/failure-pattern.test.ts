import { expect, test } from 'vitest'
import { repeatedFailure, type StoppedTask, unhealthyForOneReason } from './failure-pattern.ts'

const crashed = (id: string, exitCode = 1): StoppedTask => ({
  id,
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  exitCode,
})

test('one failure is bad luck, two alike are the cause', () => {
  expect(repeatedFailure([crashed('a')])).toBeUndefined()
  expect(repeatedFailure([crashed('a'), crashed('b', 137)])).toBeUndefined()
  expect(repeatedFailure([crashed('a'), crashed('b', 137), crashed('c')])).toEqual({
    cause: '2 tasks ended alike: Essential container in task exited, exit code 1',
    task: 'a',
  })
})

test('reasons that differ only in ids are alike', () => {
  const failed = (n: number): StoppedTask => ({
    id: `${n}`,
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: `Task failed ELB health checks in (target-group x) (task ${String(n).repeat(32)})`,
  })
  expect(repeatedFailure([failed(1), failed(2)])?.cause).toMatch(/ELB health checks/)
})

test('what the scheduler stopped on purpose is no failure', () => {
  const scaled: StoppedTask = {
    id: 'a',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Scaling activity initiated by (deployment x)',
  }
  expect(repeatedFailure([scaled, { ...scaled, id: 'b' }])).toBeUndefined()
})

test('targets count when all are unhealthy for the same reason', () => {
  const bad = {
    target: 'x',
    state: 'unhealthy',
    reason: 'Target.ResponseCodeMismatch',
    description: 'codes: [404]',
  }
  expect(unhealthyForOneReason([bad, bad])).toMatch(/ResponseCodeMismatch/)
  expect(unhealthyForOneReason([bad, { ...bad, reason: 'Target.Timeout' }])).toBeUndefined()
  expect(unhealthyForOneReason([bad, { target: 'y', state: 'healthy' }])).toBeUndefined()
  expect(unhealthyForOneReason([])).toBeUndefined()
})
