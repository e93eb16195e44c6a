import { expect, test } from 'vitest'
import {
  advance,
  breakerThreshold,
  initialState,
  type MachineState,
  type Plan,
  type Seen,
} from './deployment-machine.ts'

const none = { active: 0, healthy: 0, remaining: 0 }
const plan: Plan = {
  strategy: 'ROLLING',
  hooks: [],
  steps: [],
  bake: 0,
  hasSource: true,
  hasStale: false,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  stageTimeout: 86_400_000,
}

/** New tasks take a turn to become healthy, stopped ones a turn to be gone; notes the fewest and the most. */
function roll(over: Partial<Plan>, desired: number) {
  let state: MachineState = initialState(0)
  let view: Seen = {
    now: 0,
    desired,
    target: none,
    source: { active: desired, healthy: desired, remaining: desired },
    stale: none,
  }
  const marks = { fewest: desired, most: desired, turns: 0 }
  for (; state.status !== 'SUCCESSFUL' && marks.turns < 100; marks.turns++) {
    const step = advance({ ...plan, ...over }, state, view, () => '')
    state = step.state
    const next = (before: typeof none, wanted: number) => ({
      active: wanted,
      healthy: Math.min(before.active, wanted),
      remaining: Math.max(before.active, wanted),
    })
    view = {
      ...view,
      target: next(view.target, step.wanted.target),
      source: next(view.source, step.wanted.source),
    }
    marks.fewest = Math.min(marks.fewest, view.target.healthy + view.source.healthy)
    marks.most = Math.max(marks.most, view.target.active + view.source.active)
  }
  return { status: state.status, ...marks }
}

test.each([
  [{ minimumHealthyPercent: 100, maximumPercent: 200 }, 4, 4, 8],
  [{ minimumHealthyPercent: 50, maximumPercent: 100 }, 4, 2, 4],
  [{ minimumHealthyPercent: 100, maximumPercent: 150 }, 2, 2, 3],
  [{ minimumHealthyPercent: 100, maximumPercent: 200 }, 1, 1, 2],
])('keeps within %j of %i: at least %i healthy, at most %i in all', (limits, desired, fewest, most) => {
  const result = roll(limits, desired)
  expect(result.status).toBe('SUCCESSFUL')
  expect(result.fewest).toBeGreaterThanOrEqual(fewest)
  expect(result.most).toBeLessThanOrEqual(most)
})

test.each([
  ['BOUNDED_PERCENT', 50, 1, 3],
  ['BOUNDED_PERCENT', 50, 10, 5],
  ['BOUNDED_PERCENT', 50, 1000, 200],
  ['UNBOUNDED_PERCENT', 50, 1, 1],
  ['COUNT', 1, 10, 1],
] as const)(
  'the breaker of %s %i trips at desired %i after %i failures',
  (type, value, desired, threshold) => {
    expect(breakerThreshold({ type, value, rollback: true }, desired)).toBe(threshold)
  },
)

test('the breaker goes back to the source, and launches no more of the target', () => {
  const broken: Plan = { ...plan, breaker: { type: 'BOUNDED_PERCENT', value: 50, rollback: true } }
  const state = { ...initialState(0), status: 'IN_PROGRESS' as const, failures: 3 }
  const view: Seen = {
    now: 0,
    desired: 1,
    target: { active: 1, healthy: 0, remaining: 1 },
    source: { active: 1, healthy: 1, remaining: 1 },
    stale: none,
  }
  const step = advance(broken, state, view, () => '')
  expect(step.state).toMatchObject({
    status: 'ROLLBACK_IN_PROGRESS',
    tripped: true,
    rollback: {
      reason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    },
  })
  expect(step.wanted).toEqual({ target: 0, source: 1 })
  expect(advance(broken, step.state, { ...view, target: none }, () => '').state.status).toBe(
    'ROLLBACK_SUCCESSFUL',
  )
})

test('a breaker without rollback stops the deployment where it is', () => {
  const broken: Plan = { ...plan, breaker: { type: 'COUNT', value: 1, rollback: false } }
  const state = { ...initialState(0), status: 'IN_PROGRESS' as const, failures: 1 }
  const view: Seen = {
    now: 0,
    desired: 1,
    target: none,
    source: { active: 1, healthy: 1, remaining: 1 },
    stale: none,
  }
  const step = advance(broken, state, view, () => '')
  expect(step.state.status).toBe('STOPPED')
  expect(step.wanted).toEqual({ target: 0, source: 1 })
})

test('an alarm turns the deployment back, when it may', () => {
  const watched: Plan = { ...plan, alarms: { rollback: true } }
  const state = { ...initialState(0), status: 'IN_PROGRESS' as const }
  const view: Seen = {
    now: 0,
    desired: 1,
    target: none,
    source: { active: 1, healthy: 1, remaining: 1 },
    stale: none,
    alarm: 'errors',
  }
  expect(advance(watched, state, view, () => '').state.statusReason).toContain('errors')
})
