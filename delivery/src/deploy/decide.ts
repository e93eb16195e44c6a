import type { Approval } from '../aws/approval-table.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { isDrillRelease } from '../release/drill-release.ts'
import { type Attached, attach } from './attach.ts'
import { waitingHook } from './follow.ts'
import { isApprovalPause } from './gates.ts'
import type { ReleaseWorld } from './prepare.ts'
import { standings } from './standing.ts'
import { lockOf } from './under-lock.ts'

/**
 * Records a person's decision on the deployment that waits for one, and follows it to its verdict. The decision is
 * bound to what was tested: deployment, release and digest. Where the deploying command still waits, it carries the
 * decision out and this one watches.
 * @param wanted the release that is decided on; whichever waits when absent
 * @throws ClarityError `nothing_waits`, `not_tested`, `another_release`, `decided_already`, `approval_expired`,
 * `drill_waits`, `drill_gone`
 */
export async function decide(
  world: ReleaseWorld,
  state: 'approved' | 'rejected',
  wanted?: string,
): Promise<Attached> {
  const { environment, approvals, identity, emit } = world
  const { name } = environment
  const approval = await findTested(world, state, wanted)
  const by = `${identity.who} on ${identity.host}`
  const decided = await approvals.decide(approval.deployment, { state, by, at: new Date() })
  const now = decided ? undefined : await approvals.read(approval.deployment)
  if (now && now.state !== state)
    throw refusal('decided_already', `${approval.release} was ${now.state} by ${now.decidedBy} already`, name)
  emit({
    type: 'note',
    message: `${approval.release} (${approval.digest}) is ${state} by ${now?.decidedBy ?? by}; tested by ${approval.testedBy} at ${approval.testedAt.toISOString()}`,
    data: { ...approval, state, decidedBy: now?.decidedBy ?? by },
  })
  return attach(world)
}

/**
 * What a decision would be on, with everything but the decision looked at.
 * @throws ClarityError as `decide`
 */
export async function findTested(
  world: ReleaseWorld,
  state: 'approved' | 'rejected',
  wanted?: string,
): Promise<Approval> {
  const { ecs, environment, approvals } = world
  const { name } = environment
  const { api } = await standings(ecs, environment)
  const newest = api?.newest
  const waiting = newest && waitingHook(newest.deployment)
  if (!newest || !waiting || !isApprovalPause(newest.deployment)) throw nothingWaits(name, newest?.deployment)
  const approval = await approvals.read(newest.arn)
  if (wanted !== undefined && !newest.release?.startsWith(wanted))
    throw refusal('another_release', `what waits in ${name} is ${newest.release}, not ${wanted}`, name)
  if (state === 'approved') await requireDrill(world, newest.release, wanted)
  if (!approval)
    throw new ClarityError(
      'not_tested',
      `nobody has recorded a test of ${newest.release}, which waits in ${name}`,
      `run its suites first: clarity deploy ${name} --attach`,
    )
  if (approval.release !== newest.release || approval.digest !== newest.digest)
    throw refusal(
      'another_release',
      `what was tested is ${approval.release} (${approval.digest}), and what waits is ${newest.release} (${newest.digest})`,
      name,
    )
  return approval
}

/**
 * A drill's release is let into production only by who names it, and so knows that it will fail, and only while its
 * drill is there to see that and take it back.
 */
async function requireDrill(
  world: ReleaseWorld,
  release: string | undefined,
  wanted: string | undefined,
): Promise<void> {
  if (!isDrillRelease(release)) return
  const { name } = world.environment
  const holder = await lockOf(world).holder(name)
  if (holder?.why === 'drill' && holder.expires.getTime() > Date.now()) {
    if (wanted === release) return
    throw new ClarityError(
      'drill_waits',
      `what waits in ${name} is a drill: ${release} was made to fail, and spoils requests of clients until it is back`,
      `let it, by its name: clarity approve ${name} --release ${release}`,
      { exitCode: EXIT.needsApproval },
    )
  }
  throw new ClarityError(
    'drill_gone',
    `${release} was made to fail by a drill that is gone: nobody would see it fail`,
    `take it back: clarity reject ${name}; then hold another: clarity drill ${name}`,
  )
}

/** A pause that ended unanswered has rolled the deployment back already. */
function nothingWaits(
  environment: string,
  deployment: { status?: string; statusReason?: string } | undefined,
): ClarityError {
  const { status, statusReason = '' } = deployment ?? {}
  if (status?.startsWith('ROLLBACK') && /timed out/.test(statusReason))
    return new ClarityError(
      'approval_expired',
      `the pause in ${environment} ended before anybody answered: ${statusReason}`,
      `what served before still serves; deploy again: clarity deploy ${environment}`,
      { exitCode: EXIT.rolledBack },
    )
  return new ClarityError(
    'nothing_waits',
    `no deployment in ${environment} waits for a person${status ? `; the last one is ${status}` : ''}`,
    `what runs: clarity status ${environment}`,
  )
}

function refusal(code: string, message: string, environment: string): ClarityError {
  return new ClarityError(code, message, `what runs: clarity status ${environment}`)
}
