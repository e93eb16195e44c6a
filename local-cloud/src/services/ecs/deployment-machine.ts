import type {
  DeploymentLifecycleHookAction,
  DeploymentLifecycleHookStatus,
  ServiceDeploymentLifecycleStage,
  ServiceDeploymentStatus,
} from '@aws-sdk/client-ecs'
import { stepBlueGreen } from './blue-green.ts'
import { stepRolling } from './rolling.ts'

/** AWS documents PRE_PRODUCTION_TRAFFIC_SHIFT, though its SDK's type lacks it. */
export type Stage = ServiceDeploymentLifecycleStage | 'PRE_PRODUCTION_TRAFFIC_SHIFT'

export interface Hook {
  hookId: string
  stage: Stage
  /** Of the production shift: PRE_PRODUCTION_TRAFFIC_SHIFT comes again with each. */
  step: number
  status: DeploymentLifecycleHookStatus
  expiresAt: number
  timeoutAction: DeploymentLifecycleHookAction
}

/** Where a deployment is. Everything in it survives a restart. */
export interface MachineState {
  status: ServiceDeploymentStatus
  statusReason?: string
  stage?: Stage
  /** When the stage, or its present step, began; milliseconds since the epoch. */
  since: number
  step: number
  hooks: Hook[]
  /** Percent of production and test traffic last asked for, for the target revision. */
  production: number
  test: number
  /** Consecutive tasks of the target revision that failed to start or to become healthy. */
  failures: number
  /** The circuit breaker has tripped. */
  tripped?: boolean
  rollback?: { reason: string; startedAt: number }
}

/** What does not change while a deployment lasts. Durations are milliseconds. */
export interface Plan {
  strategy: 'ROLLING' | 'BLUE_GREEN' | 'LINEAR' | 'CANARY'
  hooks: { stages: Stage[]; timeout: number; action: DeploymentLifecycleHookAction }[]
  /** How production shifts: percent, and how long to wait at it. The last is 100. */
  steps: { percent: number; bake: number }[]
  bake: number
  /** There is a revision to go back to. */
  hasSource: boolean
  /** Superseded deployments have left tasks. */
  hasStale: boolean
  minimumHealthyPercent: number
  maximumPercent: number
  breaker?: { type: 'COUNT' | 'BOUNDED_PERCENT' | 'UNBOUNDED_PERCENT'; value: number; rollback: boolean }
  alarms?: { rollback: boolean }
  /** Longest that a stage may take: 24 hours on AWS. */
  stageTimeout: number
}

/** Tasks of a revision. */
export interface Counts {
  /** Not told to stop. */
  active: number
  /** Active, running and healthy by every check. */
  healthy: number
  /** Not ended yet, those that are stopping among them. */
  remaining: number
}

/** What is so now. */
export interface Seen {
  now: number
  desired: number
  target: Counts
  source: Counts
  stale: Counts
  /** Percent for the target by the listener rules; undefined without such a rule. */
  production?: number
  test?: number
  /** An alarm of the deployment that has gone off. */
  alarm?: string
}

/** What is wanted now. Weights are named only in the stages that set them. */
export interface Wanted {
  target: number
  source: number
  /** Of superseded deployments; nothing where not given. */
  stale?: number
  production?: number
  test?: number
}

export const TERMINAL: ReadonlySet<string> = new Set([
  'SUCCESSFUL',
  'STOPPED',
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
])

/** A deployment that has not begun. */
export const initialState = (now: number): MachineState => ({
  status: 'PENDING',
  since: now,
  step: 0,
  hooks: [],
  production: 0,
  test: 0,
  failures: 0,
})

/**
 * One step of a deployment: a pure function of what is planned, where it is, and what is so. It is level
 * triggered: called again with the same input it gives the same output, so a lost answer or a restart costs nothing.
 */
export function advance(
  plan: Plan,
  before: MachineState,
  seen: Seen,
  newHookId: () => string,
): { state: MachineState; wanted: Wanted } {
  let state = structuredClone(before)
  if (state.status === 'PENDING') state = { ...state, status: 'IN_PROGRESS', since: seen.now }
  if (state.status === 'ROLLBACK_REQUESTED')
    state.status = plan.hasSource ? 'ROLLBACK_IN_PROGRESS' : 'ROLLBACK_FAILED'
  if (state.status === 'IN_PROGRESS') state = watch(plan, state, seen)
  const step = plan.strategy === 'ROLLING' ? stepRolling : stepBlueGreen
  return step(plan, state, seen, newHookId)
}

/** What ends a deployment from outside its stages: the circuit breaker and alarms. */
function watch(plan: Plan, state: MachineState, seen: Seen): MachineState {
  if (plan.breaker && state.failures >= breakerThreshold(plan.breaker, seen.desired)) {
    const tripped = { ...state, tripped: true }
    if (plan.breaker.rollback)
      return rollBack(
        plan,
        tripped,
        'Service deployment rolled back because the circuit breaker threshold was exceeded.',
        seen.now,
      )
    return { ...tripped, status: 'STOPPED', statusReason: 'The circuit breaker threshold was exceeded.' }
  }
  if (plan.alarms && seen.alarm) {
    if (plan.alarms.rollback)
      return rollBack(
        plan,
        state,
        `Service deployment rolled back because alarm(s) went into ALARM state: ${seen.alarm}`,
        seen.now,
      )
    return { ...state, status: 'STOPPED', statusReason: `alarm detected: ${seen.alarm}` }
  }
  return state
}

/** How many failed tasks trip the breaker. BOUNDED_PERCENT, the usual one, is kept within 3 and 200. */
export function breakerThreshold(breaker: NonNullable<Plan['breaker']>, desired: number): number {
  if (breaker.type === 'COUNT') return breaker.value
  const share = Math.ceil((breaker.value * desired) / 100)
  return breaker.type === 'BOUNDED_PERCENT' ? Math.min(200, Math.max(3, share)) : Math.max(1, share)
}

/**
 * Turns a deployment back. Without a revision to go back to it fails in AWS's words, and what runs is left.
 * A deployment that has ended, or is rolling back already, stays as it is.
 */
export function rollBack(
  plan: Pick<Plan, 'hasSource'>,
  state: MachineState,
  reason: string,
  now: number,
  requested = false,
): MachineState {
  if (TERMINAL.has(state.status) || state.rollback) return state
  const hooks = state.hooks.map(hook => (isOpen(hook) ? { ...hook, status: 'FAILED' as const } : hook))
  if (!plan.hasSource)
    return {
      ...state,
      hooks,
      status: requested ? 'ROLLBACK_REQUESTED' : 'ROLLBACK_FAILED',
      statusReason: `${reason} No rollback candidate was found to run the rollback.`,
    }
  return {
    ...state,
    hooks,
    status: requested ? 'ROLLBACK_REQUESTED' : 'ROLLBACK_IN_PROGRESS',
    statusReason: reason,
    stage: plan.hasSource && state.stage ? 'SCALE_UP' : state.stage,
    since: now,
    rollback: { reason, startedAt: now },
  }
}

/** Answers a hook that waits. @returns undefined when no such hook waits */
export function answerHook(
  plan: Pick<Plan, 'hasSource'>,
  state: MachineState,
  hookId: string,
  action: DeploymentLifecycleHookAction,
  now: number,
): MachineState | undefined {
  const hook = state.hooks.find(h => h.hookId === hookId && isOpen(h))
  if (!hook) return undefined
  const status: DeploymentLifecycleHookStatus = action === 'CONTINUE' ? 'SUCCEEDED' : 'FAILED'
  const hooks = state.hooks.map(h => (h === hook ? { ...h, status } : h))
  if (action === 'CONTINUE') return { ...state, hooks }
  return rollBack(
    plan,
    { ...state, hooks },
    `Service deployment rolled back because ${hook.stage} lifecycle hook(s) failed. ROLLBACK was chosen for pause hook ${hookId}.`,
    now,
    true,
  )
}

/** Ends a deployment in favour of a newer one. */
export function supersede(state: MachineState, by: string): MachineState {
  if (TERMINAL.has(state.status)) return state
  return {
    ...state,
    status: 'STOPPED',
    statusReason: `Service deployment stopped because a new service deployment started: ${by}`,
    hooks: state.hooks.map(hook => (isOpen(hook) ? { ...hook, status: 'FAILED' as const } : hook)),
  }
}

export const isOpen = (hook: Hook) => hook.status === 'AWAITING_ACTION'

/** Rules have whole weights: what is near is there. */
export const isShare = (seen: number, wanted: number) => Math.abs(seen - wanted) < 0.06
