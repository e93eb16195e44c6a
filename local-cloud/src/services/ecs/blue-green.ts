import {
  isOpen,
  isShare,
  type MachineState,
  type Plan,
  rollBack,
  type Seen,
  type Stage,
  type Wanted,
} from './deployment-machine.ts'

interface Outcome {
  state: MachineState
  wanted: Wanted
}

/**
 * BLUE_GREEN, LINEAR and CANARY: green beside blue, test traffic, production traffic in one or more steps,
 * bake, and only then blue away. Back: production first, then test, and only then green away.
 */
export function stepBlueGreen(
  plan: Plan,
  before: MachineState,
  seen: Seen,
  newHookId: () => string,
): Outcome {
  let state = before
  // A stage that has nothing to wait for is passed at once; the bound only guards against a mistake here.
  for (let passed = 0; passed < 500; passed++) {
    if (state.status !== 'IN_PROGRESS' && state.status !== 'ROLLBACK_IN_PROGRESS') break
    const next = state.rollback ? back(state, seen) : forward(plan, state, seen, newHookId)
    if (!next) break
    state = next
  }
  return { state, wanted: wantedIn(plan, state, seen) }
}

/** The next state, or undefined while the stage is not done. */
function forward(
  plan: Plan,
  state: MachineState,
  seen: Seen,
  newHookId: () => string,
): MachineState | undefined {
  const enter = (stage: Stage, step = state.step): MachineState => ({
    ...state,
    stage,
    step,
    since: seen.now,
    hooks: [...state.hooks, ...hooksOf(plan, stage, step, seen.now, newHookId)],
  })
  if (state.stage === undefined) return enter(plan.hasStale ? 'RECONCILE_SERVICE' : 'PRE_SCALE_UP')
  const expired = state.hooks.find(hook => isOpen(hook) && hook.expiresAt <= seen.now)
  if (expired) {
    const hooks = state.hooks.map(hook =>
      hook === expired ? { ...hook, status: 'TIMED_OUT' as const } : hook,
    )
    if (expired.timeoutAction === 'CONTINUE') return { ...state, hooks }
    const reason = `Service deployment rolled back because ${expired.stage} pause hook timed out.`
    return rollBack(plan, { ...state, hooks }, reason, seen.now)
  }
  // While a hook waits, its own timeout rules.
  if (state.hooks.some(isOpen)) return undefined
  if (!isDone(plan, state, seen)) return stuck(plan, state, seen)
  switch (state.stage) {
    case 'RECONCILE_SERVICE':
      return enter('PRE_SCALE_UP')
    case 'PRE_SCALE_UP':
      return enter('SCALE_UP')
    case 'SCALE_UP':
      return enter('POST_SCALE_UP')
    case 'POST_SCALE_UP':
      return { ...enter('TEST_TRAFFIC_SHIFT'), test: 100 }
    case 'TEST_TRAFFIC_SHIFT':
      return enter('POST_TEST_TRAFFIC_SHIFT')
    case 'POST_TEST_TRAFFIC_SHIFT':
      return enter('PRE_PRODUCTION_TRAFFIC_SHIFT')
    case 'PRE_PRODUCTION_TRAFFIC_SHIFT':
      return { ...enter('PRODUCTION_TRAFFIC_SHIFT'), production: plan.steps[state.step]?.percent ?? 100 }
    case 'PRODUCTION_TRAFFIC_SHIFT':
      return state.step + 1 < plan.steps.length
        ? enter('PRE_PRODUCTION_TRAFFIC_SHIFT', state.step + 1)
        : enter('POST_PRODUCTION_TRAFFIC_SHIFT')
    case 'POST_PRODUCTION_TRAFFIC_SHIFT':
      return enter('BAKE_TIME')
    case 'BAKE_TIME':
      return enter('CLEAN_UP')
    case 'CLEAN_UP':
      return { ...state, status: 'SUCCESSFUL' }
  }
}

function isDone(plan: Plan, state: MachineState, seen: Seen): boolean {
  const { target, source, stale, desired, now } = seen
  const healthy = target.healthy >= desired
  switch (state.stage) {
    case 'RECONCILE_SERVICE':
      return stale.remaining === 0 && (!plan.hasSource || (isAt(seen.production, 0) && isAt(seen.test, 0)))
    case 'SCALE_UP':
      return healthy
    case 'TEST_TRAFFIC_SHIFT':
      return isAt(seen.test, 100)
    case 'PRODUCTION_TRAFFIC_SHIFT': {
      const step = plan.steps[state.step]
      return isAt(seen.production, step?.percent ?? 100) && now - state.since >= (step?.bake ?? 0)
    }
    case 'BAKE_TIME':
      // Also after a restart that took as long as the bake: blue must not go before green is back.
      return now - state.since >= plan.bake && healthy
    case 'CLEAN_UP':
      return source.remaining === 0 && healthy
    default:
      return true
  }
}

function stuck(plan: Plan, state: MachineState, seen: Seen): MachineState | undefined {
  const allowed = plan.stageTimeout + (state.stage === 'BAKE_TIME' ? plan.bake : 0)
  if (seen.now - state.since < allowed || state.stage === 'CLEAN_UP') return undefined
  const reason = `Service deployment rolled back because ${state.stage} took longer than 24 hours.`
  return rollBack(plan, state, reason, seen.now)
}

/** The way back; its stages have the same names, as AWS has no others. */
function back(state: MachineState, seen: Seen): MachineState | undefined {
  const { source, target, desired } = seen
  switch (state.stage) {
    case 'SCALE_UP': {
      // Blue may have been scaled in already; it takes the traffic when it is whole, or better than green.
      const ready = source.healthy >= desired || source.healthy > target.healthy
      return ready
        ? { ...state, stage: 'PRODUCTION_TRAFFIC_SHIFT', production: 0, since: seen.now }
        : undefined
    }
    case 'PRODUCTION_TRAFFIC_SHIFT':
      if (!isAt(seen.production, 0)) return undefined
      return { ...state, stage: 'TEST_TRAFFIC_SHIFT', test: 0, since: seen.now }
    case 'TEST_TRAFFIC_SHIFT':
      return isAt(seen.test, 0) ? { ...state, stage: 'CLEAN_UP', since: seen.now } : undefined
    case 'CLEAN_UP':
      return target.remaining === 0 && source.healthy >= desired
        ? { ...state, status: 'ROLLBACK_SUCCESSFUL' }
        : undefined
    default:
      return { ...state, stage: 'SCALE_UP', since: seen.now }
  }
}

function wantedIn(plan: Plan, state: MachineState, seen: Seen): Wanted {
  const { desired, target } = seen
  const source = plan.hasSource ? desired : 0
  if (state.status === 'SUCCESSFUL') return { target: desired, source: 0 }
  if (state.status === 'ROLLBACK_SUCCESSFUL') return { target: 0, source }
  // Nothing to go back to: what runs is left, and nothing is launched.
  if (state.status !== 'IN_PROGRESS' && !state.rollback) return { target: target.active, source }
  const { stage, production, test } = state
  const shifting = {
    ...(stage === 'PRODUCTION_TRAFFIC_SHIFT' && { production }),
    ...(stage === 'TEST_TRAFFIC_SHIFT' && { test }),
  }
  if (state.rollback) return { target: stage === 'CLEAN_UP' ? 0 : target.active, source, ...shifting }
  if (stage === 'RECONCILE_SERVICE') {
    // What a superseded deployment left may be serving: first the traffic, then the tasks.
    const away = !plan.hasSource || (isAt(seen.production, 0) && isAt(seen.test, 0))
    const kept = { stale: away ? 0 : seen.stale.active }
    return { target: 0, source, ...kept, ...(plan.hasSource && { production: 0, test: 0 }) }
  }
  if (stage === undefined || stage === 'PRE_SCALE_UP') return { target: 0, source }
  return { target: desired, source: stage === 'CLEAN_UP' ? 0 : source, ...shifting }
}

function hooksOf(plan: Plan, stage: Stage, step: number, now: number, newHookId: () => string) {
  return plan.hooks
    .filter(hook => hook.stages.includes(stage))
    .map(({ timeout, action }) => ({
      hookId: newHookId(),
      stage,
      step,
      status: 'AWAITING_ACTION' as const,
      expiresAt: now + timeout,
      timeoutAction: action,
    }))
}

/** Without a rule there is nothing to shift, and it is so at once. */
const isAt = (seen: number | undefined, wanted: number) => seen === undefined || isShare(seen, wanted)
