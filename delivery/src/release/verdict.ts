import type { ServiceDeployment } from '@aws-sdk/client-ecs'

/** What became of a deployment; only `succeeded` is success. */
export type Verdict =
  | { kind: 'succeeded' }
  | { kind: 'rolled-back'; reason: string }
  | { kind: 'superseded'; by: string }
  | { kind: 'timed-out'; stage: string }
  /** Tested, and paused before production until a person answers or the pause ends. */
  | { kind: 'needs-approval'; release: string; digest: string; passed: string[]; expiresAt?: Date }
  | { kind: 'failed'; reasons: string[] }

export interface Facts {
  /** The own deployment, as ECS last described it. */
  deployment: Pick<
    ServiceDeployment,
    'status' | 'statusReason' | 'lifecycleStage' | 'rollback' | 'targetServiceRevision'
  >
  /** Another deployment that began after the own one and took its place. */
  supersededBy?: string
  /** Whether waiting for it ended before it did. */
  timedOut?: boolean
  /** Whether a load balancer is before the service: then its weight and its answers must be known for success. */
  behindBalancer: boolean
  /** Weight in percent that the production rule gives the own revision's target group; 100 only when it has all. */
  productionWeight?: number
  /** Digest that was to be released, and the ones that the running tasks have. */
  digest: { wanted: string; running: string[] }
  /** Release names that answered last through the production listener; empty when none was asked. */
  answered?: { wanted: string; names: string[] }
}

const ROLLED_BACK = new Set(['ROLLBACK_SUCCESSFUL', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_REQUESTED'])

/**
 * Judges by everything that is known, not by ECS's word alone: the own deployment must be SUCCESSFUL, its
 * revision must take all traffic by the load balancer's own rule, run the digest, and answer.
 */
export function judge(facts: Facts): Verdict {
  const { status, statusReason, rollback, lifecycleStage } = facts.deployment
  if (facts.supersededBy) return { kind: 'superseded', by: facts.supersededBy }
  if (facts.timedOut) return { kind: 'timed-out', stage: lifecycleStage ?? 'an unknown stage' }
  if (status && ROLLED_BACK.has(status))
    return { kind: 'rolled-back', reason: rollback?.reason ?? statusReason ?? 'ECS gave no reason' }
  const reasons: string[] = []
  if (status !== 'SUCCESSFUL')
    reasons.push(`the deployment is ${status}${statusReason ? `: ${statusReason}` : ''}`)
  if (facts.behindBalancer && status === 'SUCCESSFUL' && facts.productionWeight === undefined)
    reasons.push('the weights of the production rule are not known')
  if (facts.behindBalancer && status === 'SUCCESSFUL' && !facts.answered)
    reasons.push('the production listener was not asked')
  if (facts.productionWeight !== undefined && facts.productionWeight !== 100)
    reasons.push(`the production rule gives the new revision ${facts.productionWeight} % of the weight`)
  const strangers = facts.digest.running.filter(digest => digest !== facts.digest.wanted)
  if (facts.digest.running.length === 0) reasons.push('no task of the service runs')
  if (strangers.length > 0) reasons.push(`tasks run another digest: ${[...new Set(strangers)].join(', ')}`)
  if (facts.answered) {
    const others = facts.answered.names.filter(name => name !== facts.answered?.wanted)
    if (facts.answered.names.length === 0) reasons.push('nothing answered through the production listener')
    if (others.length > 0)
      reasons.push(`the production listener still answers as ${[...new Set(others)].join(', ')}`)
  }
  return reasons.length === 0 ? { kind: 'succeeded' } : { kind: 'failed', reasons }
}
