import { expect, test } from 'vitest'
import { resultsOf } from '../release/success-rate.ts'
import { authorsOf } from './authors.ts'
import { storedChain } from './testing.ts'
import { documentsOf } from './verify-chain.ts'

const STOPPED = 'Service deployment rolled back because StopServiceDeployment was called.'

test('an ordered stop is told from a bad release, by evidence', () => {
  const authors = authorsOf(
    documentsOf(
      storedChain([
        { deployments: ['good'] },
        { deployments: ['bad'], verdict: 'rolled-back', exitCode: 6 },
        { deployments: ['taken'], verdict: 'rolled-back', exitCode: 6 },
        { kind: 'rollback', who: 'eve', deployments: [], stopped: ['taken'], verdict: 'stopped' },
        { kind: 'drill', deployments: ['killed'], verdict: 'interrupted', exitCode: 1 },
        { kind: 'drill', deployments: ['drill'], stopped: ['drill'], verdict: 'passed' },
      ]),
    ),
  )
  expect(authors.get('good')).toEqual({ who: 'ada', sequence: 1, stoppedBy: undefined })
  expect(authors.get('taken')).toMatchObject({ who: 'ada', sequence: 3, stoppedBy: 'person' })
  const results = resultsOf(
    ['bad', 'taken', 'drill', 'killed', 'unknown'].map(arn => ({
      status: 'ROLLBACK_SUCCESSFUL',
      statusReason: STOPPED,
      taskDefinition: arn,
      stoppedBy: authors.get(arn)?.stoppedBy,
    })),
  )
  expect(results).toEqual(['failed', 'neither', 'neither', 'neither', 'taken-back'])
})
