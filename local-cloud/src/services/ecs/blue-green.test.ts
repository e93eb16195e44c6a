import { expect, test } from 'vitest'
import {
  advance,
  answerHook,
  initialState,
  isOpen,
  type MachineState,
  type Plan,
  rollBack,
  type Seen,
  supersede,
} from './deployment-machine.ts'

const none = { active: 0, healthy: 0, remaining: 0 }
const all = (count: number) => ({ active: count, healthy: count, remaining: count })
const plan: Plan = {
  strategy: 'BLUE_GREEN',
  hooks: [],
  steps: [{ percent: 100, bake: 0 }],
  bake: 1000,
  hasSource: true,
  hasStale: false,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  stageTimeout: 86_400_000,
}
const seen: Seen = { now: 0, desired: 2, target: none, source: all(2), stale: none, production: 0, test: 0 }

/** A world that does at once what is wanted of it, and notes what each stage wanted. */
function simulate(over: Plan, begin: MachineState, world: Seen, until: (state: MachineState) => boolean) {
  const trace: string[] = []
  let state = begin
  let view = { ...world }
  for (let turn = 0; turn < 200 && !until(state); turn++) {
    const step = advance(over, state, view, () => `ecs-pause-${turn}`)
    state = step.state
    const { target, source, stale = 0, production, test } = step.wanted
    const line = `${state.stage ?? '-'} target=${target} source=${source} production=${production ?? '-'} test=${test ?? '-'}`
    if (trace.at(-1) !== line) trace.push(line)
    view = {
      ...view,
      now: view.now + 100,
      target: all(target),
      source: all(source),
      stale: all(stale),
      production: production ?? view.production,
      test: test ?? view.test,
    }
  }
  return { state, trace, view }
}

test('goes through the stages in order, and blue goes last', () => {
  const { state, trace } = simulate(
    plan,
    initialState(0),
    seen,
    s => s.status !== 'PENDING' && s.status !== 'IN_PROGRESS',
  )
  expect(state.status).toBe('SUCCESSFUL')
  expect(trace).toEqual(
    [
      'SCALE_UP target=2 source=2 production=- test=-',
      'TEST_TRAFFIC_SHIFT target=2 source=2 production=- test=100',
      'PRODUCTION_TRAFFIC_SHIFT target=2 source=2 production=100 test=-',
      'BAKE_TIME target=2 source=2 production=- test=-',
      'CLEAN_UP target=2 source=0 production=- test=-',
      'CLEAN_UP target=2 source=0 production=- test=-',
    ].filter((line, i, lines) => line !== lines[i - 1]),
  )
})

test.each(['SCALE_UP', 'TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'BAKE_TIME', 'CLEAN_UP'])(
  'goes back from %s: production first, then test, and only then green',
  stage => {
    const forth = simulate(plan, initialState(0), seen, s => s.stage === stage)
    const turned = rollBack(plan, forth.state, 'because', forth.view.now, true)
    expect(turned.status).toBe('ROLLBACK_REQUESTED')
    const { state, trace } = simulate(plan, turned, forth.view, s => s.status === 'ROLLBACK_SUCCESSFUL')
    expect(state).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      production: 0,
      test: 0,
      rollback: { reason: 'because' },
    })
    const green = trace.findIndex(line => line.includes('target=0'))
    const production = trace.findIndex(line => line.includes('production=0'))
    const testing = trace.findIndex(line => line.includes('test=0'))
    if (production >= 0) expect(production).toBeLessThanOrEqual(testing < 0 ? green : testing)
    expect(green).toBe(trace.length - 1)
  },
)

test('does not take traffic back to a blue that is not there', () => {
  const baking = {
    ...initialState(0),
    status: 'IN_PROGRESS' as const,
    stage: 'BAKE_TIME' as const,
    production: 100,
    test: 100,
  }
  const turned = rollBack(plan, baking, 'because', 0)
  const gone = { ...seen, target: all(2), source: none, production: 100, test: 100 }
  const step = advance(plan, turned, gone, () => '')
  expect(step.state.stage).toBe('SCALE_UP')
  expect(step.wanted).toEqual({ target: 2, source: 2 })
})

test('waits at a pause hook until it is answered', () => {
  const paused: Plan = {
    ...plan,
    hooks: [{ stages: ['POST_TEST_TRAFFIC_SHIFT'], timeout: 5000, action: 'ROLLBACK' }],
  }
  const { state, view } = simulate(paused, initialState(0), seen, s => s.hooks.some(isOpen))
  expect(state.stage).toBe('POST_TEST_TRAFFIC_SHIFT')
  const later = advance(paused, state, { ...view, now: view.now + 4000 }, () => 'x')
  expect(later.state.stage).toBe('POST_TEST_TRAFFIC_SHIFT')
  const [hook] = state.hooks
  expect(answerHook(paused, state, 'ecs-pause-unknown', 'CONTINUE', 0)).toBeUndefined()
  const went = answerHook(paused, state, hook?.hookId ?? '', 'CONTINUE', view.now) as MachineState
  expect(answerHook(paused, went, hook?.hookId ?? '', 'CONTINUE', view.now)).toBeUndefined()
  expect(advance(paused, went, view, () => 'x').state.stage).toBe('PRODUCTION_TRAFFIC_SHIFT')
  const back = answerHook(paused, state, hook?.hookId ?? '', 'ROLLBACK', view.now)
  expect(back).toMatchObject({ status: 'ROLLBACK_REQUESTED', hooks: [{ status: 'FAILED' }] })
})

test.each([
  [
    'ROLLBACK',
    'ROLLBACK_IN_PROGRESS',
    'Service deployment rolled back because POST_SCALE_UP pause hook timed out.',
  ],
  ['CONTINUE', 'IN_PROGRESS', undefined],
] as const)('takes the action %s when a hook times out', (action, status, statusReason) => {
  const paused: Plan = { ...plan, hooks: [{ stages: ['POST_SCALE_UP'], timeout: 5000, action }] }
  const { state, view } = simulate(paused, initialState(0), seen, s => s.hooks.some(isOpen))
  const after = advance(paused, state, { ...view, now: view.now + 6000 }, () => 'x').state
  expect(after.hooks[0]?.status).toBe('TIMED_OUT')
  expect(after.status).toBe(status)
  expect(after.statusReason).toBe(statusReason)
})

test('shifts a canary in two steps, each with hooks of its own', () => {
  const canary: Plan = {
    ...plan,
    strategy: 'CANARY',
    hooks: [{ stages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'], timeout: 60_000, action: 'CONTINUE' }],
    steps: [
      { percent: 5, bake: 500 },
      { percent: 100, bake: 0 },
    ],
  }
  const first = simulate(canary, initialState(0), seen, s => s.hooks.some(isOpen))
  const go = answerHook(
    canary,
    first.state,
    first.state.hooks[0]?.hookId ?? '',
    'CONTINUE',
    first.view.now,
  ) as MachineState
  const second = simulate(canary, go, first.view, s => s.hooks.some(isOpen))
  expect(second.trace[0]).toContain('production=5')
  expect(second.state.hooks).toHaveLength(2)
  expect(second.view.production).toBe(5)
  const last = answerHook(
    canary,
    second.state,
    second.state.hooks[1]?.hookId ?? '',
    'CONTINUE',
    second.view.now,
  ) as MachineState
  expect(simulate(canary, last, second.view, s => s.status === 'SUCCESSFUL').view.production).toBe(100)
})

test('clears away what a superseded deployment left, traffic first', () => {
  const again: Plan = { ...plan, hasStale: true }
  const messy = { ...seen, stale: all(2), production: 60, test: 100 }
  const first = advance(again, initialState(0), messy, () => 'x')
  expect(first.state.stage).toBe('RECONCILE_SERVICE')
  expect(first.wanted).toEqual({ target: 0, source: 2, stale: 2, production: 0, test: 0 })
  const second = advance(again, first.state, { ...messy, production: 0, test: 0 }, () => 'x')
  expect(second.wanted.stale).toBe(0)
  expect(second.state.stage).toBe('RECONCILE_SERVICE')
  const third = advance(again, second.state, { ...messy, production: 0, test: 0, stale: none }, () => 'x')
  expect(third.state.stage).toBe('SCALE_UP')
})

test('without blue there is nothing to go back to', () => {
  const first: Plan = { ...plan, hasSource: false }
  const state = { ...initialState(0), status: 'IN_PROGRESS' as const, stage: 'SCALE_UP' as const }
  expect(rollBack(first, state, 'Rejected.', 0)).toMatchObject({
    status: 'ROLLBACK_FAILED',
    statusReason: 'Rejected. No rollback candidate was found to run the rollback.',
  })
})

test('a bake that outlasted a restart does not end before green is whole again', () => {
  const baking = {
    ...initialState(0),
    status: 'IN_PROGRESS' as const,
    stage: 'BAKE_TIME' as const,
    production: 100,
    test: 100,
  }
  const restarted = { ...seen, now: 99_000, source: none, production: 100, test: 100 }
  expect(advance(plan, baking, restarted, () => '').state.stage).toBe('BAKE_TIME')
  expect(advance(plan, baking, { ...restarted, target: all(2) }, () => '').state.stage).toBe('CLEAN_UP')
})

test('an ended deployment cannot be superseded or rolled back', () => {
  const ended = { ...initialState(0), status: 'SUCCESSFUL' as const }
  expect(supersede(ended, 'x')).toBe(ended)
  expect(rollBack(plan, ended, 'x', 0)).toBe(ended)
})
