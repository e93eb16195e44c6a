import {
  type Counts,
  type MachineState,
  type Plan,
  rollBack,
  type Seen,
  type Wanted,
} from './deployment-machine.ts'

/**
 * ROLLING: new tasks up and old ones down, never fewer healthy than `minimumHealthyPercent` (rounded up) nor
 * more in all than `maximumPercent` (rounded down) of the desired count. Back is the same the other way round.
 */
export function stepRolling(
  plan: Plan,
  before: MachineState,
  seen: Seen,
): { state: MachineState; wanted: Wanted } {
  let state = before
  const { target, desired } = seen
  const older: Counts = {
    active: seen.source.active + seen.stale.active,
    healthy: seen.source.healthy + seen.stale.healthy,
    remaining: seen.source.remaining + seen.stale.remaining,
  }
  if (state.status === 'IN_PROGRESS') {
    if (target.healthy >= desired && target.active === desired && older.remaining === 0)
      state = { ...state, status: 'SUCCESSFUL' }
    else if (seen.now - state.since >= plan.stageTimeout)
      state = rollBack(
        plan,
        state,
        'Service deployment rolled back because it took longer than 24 hours.',
        seen.now,
      )
  }
  if (state.status === 'ROLLBACK_IN_PROGRESS') {
    const { source } = seen
    if (
      source.healthy >= desired &&
      source.active === desired &&
      target.remaining + seen.stale.remaining === 0
    )
      state = { ...state, status: 'ROLLBACK_SUCCESSFUL' }
    const { newer, old } = ramp(plan, desired, source, target)
    // What is being removed is not replaced when it dies.
    return { state, wanted: { source: newer, target: Math.min(old, target.active) } }
  }
  if (state.status === 'IN_PROGRESS') {
    const { newer, old } = ramp(plan, desired, target, older)
    return { state, wanted: { target: newer, source: Math.min(old, Math.max(desired, seen.source.active)) } }
  }
  if (state.status === 'SUCCESSFUL') return { state, wanted: { target: desired, source: 0 } }
  // Failed without a way back: what runs is left, and nothing of the failed revision is launched.
  return {
    state,
    wanted: { target: target.active, source: plan.hasSource ? Math.max(0, desired - target.healthy) : 0 },
  }
}

function ramp(plan: Plan, desired: number, newer: Counts, old: Counts): { newer: number; old: number } {
  const most = Math.floor((desired * plan.maximumPercent) / 100)
  const least = Math.ceil((desired * plan.minimumHealthyPercent) / 100)
  const wanted = Math.max(newer.active, Math.min(desired, most - old.remaining))
  // Old tasks go one for one as new ones become healthy; sooner only where there is no room to start new ones.
  const cramped = newer.active < desired && old.active + newer.active >= most
  const kept = Math.max(0, (cramped ? least : desired) - newer.healthy)
  return {
    newer: Math.min(wanted, desired),
    // Of the old ones that die, only as many are replaced as the least asks for.
    old: Math.max(Math.min(kept, old.active), least - newer.healthy, 0),
  }
}
