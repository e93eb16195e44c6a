import { EXIT } from '../cli/exit-codes.ts'
import type { Outcome } from '../deploy/ship.ts'
import type { Takeback } from '../deploy/take-back.ts'
import { isDrillRelease } from '../release/drill-release.ts'
import type { Verdict } from '../release/verdict.ts'
import type { EvidenceKind } from './document.ts'
import type { EvidenceRequest, Told } from './with-evidence.ts'

/** What releasing, following and deciding have in common: no outcome when nothing was to be done. */
interface Shipped {
  release: string
  digest?: string
  outcome?: Outcome
}

type By = { identity: EvidenceRequest<unknown>['identity'] }

/** Evidence of a deployment, a promotion included, or of one that was followed to its end. */
export const deploymentEvidence = (by: By) => ofShipped('deployment', by)

/** Evidence of an approval and of what became of the release. */
export function approvalEvidence({ identity }: By): EvidenceRequest<Shipped> {
  return {
    kind: 'approval',
    identity,
    tell: shipped => shipped.outcome && tellApproval(shipped.outcome, shipped),
  }
}

/** Evidence of a rejection: that the release went back is its end as ordered. */
export function rejectionEvidence({ identity }: By): EvidenceRequest<Shipped> {
  return {
    kind: 'rejection',
    identity,
    tell: shipped => shipped.outcome && tellRejection(shipped.outcome, shipped),
  }
}

/** Evidence of a rollback. */
export function rollbackEvidence({ identity }: By): EvidenceRequest<Takeback> {
  return { kind: 'rollback', identity, tell: tellTakeback }
}

function ofShipped(kind: EvidenceKind, { identity }: By): EvidenceRequest<Shipped> {
  return { kind, identity, tell: shipped => shipped.outcome && tellOutcome(shipped.outcome, shipped) }
}

/** What evidence says of a shipped release. */
function tellOutcome(
  { verdict, probes, deployments, approval }: Outcome,
  { release, digest }: { release: string; digest?: string },
): Told {
  const exitCodes: Record<Verdict['kind'], number> = {
    succeeded: EXIT.succeeded,
    'needs-approval': EXIT.needsApproval,
    'rolled-back': EXIT.rolledBack,
    superseded: EXIT.superseded,
    'timed-out': EXIT.timedOut,
    failed: EXIT.failed,
  }
  const told = Object.values(deployments).filter(arn => arn !== undefined)
  return {
    release,
    digest,
    deployments: told,
    foreign: verdict.kind === 'superseded' ? verdict.by : undefined,
    verdict: verdict.kind,
    exitCode: exitCodes[verdict.kind],
    reason: why(verdict),
    probes,
    approval,
    // a drill's release is made to go back, whoever sees to it
    stopped: isDrillRelease(release) && verdict.kind === 'rolled-back' ? told : undefined,
  }
}

/** What evidence says of a rollback: the release is the one that serves again. */
function tellTakeback(back: Takeback): Told {
  if (back.kind === 'returned') return tellOutcome(back.outcome, { release: back.release })
  return { release: back.restored, verdict: 'stopped', exitCode: EXIT.succeeded, stopped: [back.deployment] }
}

/** What evidence says of an approval; that a drill's release goes back again is its purpose. */
function tellApproval(outcome: Outcome, shipped: { release: string }): Told {
  const told = tellOutcome(outcome, shipped)
  if (!isDrillRelease(shipped.release) || outcome.verdict.kind !== 'rolled-back') return told
  return { ...told, verdict: 'approved', exitCode: EXIT.succeeded }
}

/** What evidence says of a release that a person turned away: that it went back was its end as ordered. */
function tellRejection(outcome: Outcome, shipped: { release: string }): Told {
  const told = tellOutcome(outcome, shipped)
  if (outcome.verdict.kind !== 'rolled-back') return told
  return { ...told, verdict: 'rejected', exitCode: EXIT.succeeded, stopped: told.deployments }
}

function why(verdict: Verdict): string | undefined {
  switch (verdict.kind) {
    case 'succeeded':
    case 'needs-approval':
      return undefined
    case 'rolled-back':
      return verdict.reason
    case 'superseded':
      return `by ${verdict.by}`
    case 'timed-out':
      return `at ${verdict.stage}`
    case 'failed':
      return verdict.reasons.join('; ')
  }
}
