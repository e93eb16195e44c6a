import { expect, test } from 'vitest'
import type { Diagnosis } from '../release/diagnosis/diagnose.ts'
import { diagnosisLines } from './report.ts'

const failing: Diagnosis = {
  service: 'api',
  state: 'failing',
  summary: 'FAILING: 0 of 2 tasks run',
  release: 'r2',
  deployment: { arn: 'arn:d', status: 'IN_PROGRESS', stage: 'SCALE_UP' },
  cause: { id: 'a', confidence: 'certain', cause: 'the cause', fix: 'mend it', evidence: ['one', 'two'] },
  others: [{ id: 'b', confidence: 'symptom', cause: 'the symptom', fix: 'see above', evidence: [] }],
  unexplained: [],
  unchecked: ['alarms: AccessDeniedException'],
}

test('says the cause first, then what speaks for it, what to do, and what else may be', () => {
  expect(diagnosisLines(failing)).toEqual([
    'api  FAILING: 0 of 2 tasks run',
    '  release     r2',
    '  deployment  arn:d',
    '  cause       the cause (certain)',
    '  evidence    one',
    '              two',
    '  do next     mend it',
    '  also        the symptom (symptom)',
    '              do: see above',
    '  could not check alarms: AccessDeniedException',
  ])
})

test('says so when nothing known explains it, and when nothing is wrong', () => {
  const unknown = { ...failing, cause: undefined, others: [], unexplained: ['deployment: the moon'] }
  expect(diagnosisLines(unknown).slice(3, 5)).toEqual([
    '  cause       none that is known; ECS says:',
    '              deployment: the moon',
  ])
  const healthy: Diagnosis = { ...failing, state: 'healthy', summary: 'healthy', cause: undefined }
  expect(diagnosisLines(healthy).slice(0, 3)).toEqual([
    'api  healthy',
    '  release     r2',
    '  recovered   the symptom (symptom)',
  ])
})
