import { expect, test } from 'vitest'
import type { Event } from '../ui/events.ts'
import { collect } from './collect.ts'

test('keeps figures and names of what a command tells, and passes everything on', () => {
  let now = 0
  const events: Event[] = []
  const { emit, collected } = collect(
    event => void events.push(event),
    () => now,
  )
  const progress = (data: object, message = '') =>
    emit({ type: 'step-progress', step: 'release.api', message, data })
  emit({
    type: 'step-progress',
    step: 'preflight',
    message: '',
    data: { findings: [{ outcome: 'passed' }, { outcome: 'unchecked' }] },
  })
  progress({ stage: 'SCALE_UP', status: 'IN_PROGRESS' })
  now = 1500
  progress({ stage: 'BAKE_TIME', status: 'IN_PROGRESS' })
  progress(
    { name: 'is alive', passed: true, milliseconds: 3, reason: 'patient said 120' },
    'it wrote: 120/80',
  )
  now = 2000
  emit({ type: 'step-finished', step: 'release.api', message: 'done', seconds: 2 })
  expect(collected()).toEqual({
    stages: [
      { stage: 'release.api/SCALE_UP', seconds: 1.5 },
      { stage: 'release.api/BAKE_TIME', seconds: 0.5 },
      { stage: 'release.api', seconds: 2 },
    ],
    suites: [{ name: 'is alive', passed: true, milliseconds: 3 }],
    preflight: { passed: 1, failed: 0, unchecked: 1 },
  })
  expect(events).toHaveLength(5)
})
