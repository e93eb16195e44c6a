import { expect, test } from 'vitest'
import type { EvidenceDocument } from '../evidence/document.ts'
import { watchedStages } from './watched-stages.ts'

const document = {
  kind: 'deployment',
  verdict: 'succeeded',
  startedAt: '2026-11-24T10:00:00.000Z',
  endedAt: '2026-11-24T10:00:12.000Z',
  stages: [
    { stage: 'preflight', seconds: 0.4 },
    { stage: 'release.worker', seconds: 3 },
    { stage: 'release.api/SCALE_UP', seconds: 1.5 },
    { stage: 'release.api/POST_TEST_TRAFFIC_SHIFT', seconds: 0.5 },
    { stage: 'release.api/PRE_PRODUCTION_TRAFFIC_SHIFT', seconds: 0.25 },
    { stage: 'release.api/PRODUCTION_TRAFFIC_SHIFT', seconds: 0.25 },
    { stage: 'release.api/BAKE_TIME', seconds: 2 },
    { stage: 'release.api/CLEAN_UP', seconds: 1 },
    { stage: 'release.api', seconds: 6 },
  ],
} as unknown as EvidenceDocument

test('takes the stages of the API out of evidence, and what is left for the command', () => {
  expect(watchedStages(document)).toEqual({
    kind: 'release',
    command: 3,
    scaleUp: 1.5,
    test: 0.5,
    shift: 0.5,
    cleanUp: 1,
  })
  // both services move at once
  expect(watchedStages({ ...document, kind: 'rollback' })).toMatchObject({ kind: 'rollback', command: 6 })
})

test.each<[string, Partial<EvidenceDocument>]>([
  ['failed', { verdict: 'rolled-back' }],
  ['waited for a person', { approval: { by: 'a person', at: '2026-11-24T10:00:05.000Z' } }],
  ['was a drill', { kind: 'drill', verdict: 'passed' }],
  ['came when the tasks ran already', { stages: document.stages.slice(3) }],
])('tells nothing of a command that %s', (_, change) => {
  expect(watchedStages({ ...document, ...change })).toBeUndefined()
})
