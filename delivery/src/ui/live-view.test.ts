import { expect, test } from 'vitest'
import { liveLines, newLiveStep, updateLiveStep } from './live-view.ts'

const deployment = (stage: string, production: number, status = 'IN_PROGRESS') => ({
  stage,
  status,
  tasks: { running: 2, wanted: 2 },
  weights: { test: 100, production },
})

test('a step without a deployment is one line with its newest detail', () => {
  const step = updateLiveStep(newLiveStep('push it', 0), 'half', undefined, 500)
  expect(liveLines(step, 1200, 80)).toEqual(['⠹ push it (1.2 s) half'])
})

test('a deployment shows stages with their time, tasks, weights, prober and pause', () => {
  let step = newLiveStep('release the API', 0)
  step = updateLiveStep(step, 'SCALE_UP', deployment('SCALE_UP', 0), 100)
  step = updateLiveStep(step, 'shifts', deployment('PRODUCTION_TRAFFIC_SHIFT', 50), 1100)
  step = updateLiveStep(
    step,
    undefined,
    { probes: { sent: 9, failed: 1, slow: 0, byRelease: { old: 5, new: 3 }, mixedSeconds: 0.5 } },
    1200,
  )
  step = updateLiveStep(step, 'waits', { pause: 'waits for a person' }, 1300)
  expect(liveLines(step, 2000, 100)).toEqual([
    '⠋ release the API (2.0 s)',
    '    ✓ SCALE_UP 1.0 s  ▸ PRODUCTION_TRAFFIC_SHIFT 0.9 s',
    '    tasks 2/2  test ██████████ 100 %  production █████░░░░░ 50 %',
    '    prober 9 sent, 1 lost, 0 slow, mixed 0.5 s: old 5 → new 3',
    '    ‖ waits for a person',
  ])
  const on = updateLiveStep(step, 'bakes', deployment('BAKE_TIME', 100), 2000)
  expect(liveLines(on, 2100, 100).join('\n')).not.toContain('‖')
})

test('the way back is told from the way there, and no line is wider than the terminal', () => {
  let step = newLiveStep('release the API', 0)
  for (const [at, stage] of ['SCALE_UP', 'TEST_TRAFFIC_SHIFT', 'BAKE_TIME'].entries())
    step = updateLiveStep(step, stage, deployment(stage, 0), at)
  step = updateLiveStep(step, 'back', deployment('BAKE_TIME', 0, 'ROLLBACK_IN_PROGRESS'), 3)
  const lines = liveLines(step, 10, 40)
  expect(lines.join('\n')).toContain('▸ back: BAKE_TIME')
  expect(Math.max(...lines.map(line => line.length))).toBeLessThan(40)
})
