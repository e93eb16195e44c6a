import type {
  DeploymentLifecycleHookAction,
  DeploymentLifecycleHookDetail,
  ServiceDeployment,
} from '@aws-sdk/client-ecs'
import type { Approval } from '../aws/approval-table.ts'
import { APPROVAL_STAGE, SUITES_STAGE } from '../release/services.ts'
import type { Verdict } from '../release/verdict.ts'
import type { Step } from '../ui/events.ts'
import { type PauseAnswer, waitingHook } from './follow.ts'
import type { ApiOptions, ApprovedBy, ShipContext, Shipment } from './ship.ts'
import { runSuites } from './suites.ts'

/** What answers the pauses of one deployment, and what it found. */
export interface Gates {
  onPause(hook: DeploymentLifecycleHookDetail, deployment: ServiceDeployment): Promise<PauseAnswer>
  /** Why the release was refused at a gate. */
  refused(): string | undefined
  /** Who let it into production. */
  approved(): ApprovedBy | undefined
  /** The verdict when a person must answer and this command does not wait. */
  left(): Verdict | undefined
}

/**
 * Answers the pauses of a deployment: the suites decide at the test listener, a person's recorded decision before
 * production. The decision counts only for the deployment, release and digest that were tested.
 * @param passing called before production may shift
 */
export function createGates(
  context: ShipContext,
  { arn, shipment, step, options }: { arn: string; shipment: Shipment; step: Step; options: ApiOptions },
  passing: () => void,
): Gates {
  const { ecs, environment, approvals, identity, emit, suiteUser } = context
  let refused: string | undefined
  let left: Verdict | undefined
  let approved: ApprovedBy | undefined
  let told = false

  async function test(): Promise<string[] | undefined> {
    const { passed, failed } = await runSuites(
      environment.loadBalancer.testBaseUrl,
      shipment.release,
      step,
      suiteUser,
    )
    refused = failed
    return failed ? undefined : passed
  }

  function record(passed: string[]): Promise<Approval> {
    return approvals.record({
      deployment: arn,
      release: shipment.release,
      digest: shipment.digest,
      workerTaskDefinition: shipment.workerTaskDefinition,
      passed,
      testedBy: `${identity.who} on ${identity.host}`,
      testedAt: new Date(),
    })
  }

  /** The person decided on this digest before it was deployed here; a rejection meanwhile stands. */
  async function decideAsToldBefore(): Promise<Approval> {
    const by = `${identity.who} on ${identity.host}, before it was deployed`
    await approvals.decide(arn, { state: 'approved', by, at: new Date() })
    return (await approvals.read(arn)) as Approval
  }

  async function answer(hookId: string, action: DeploymentLifecycleHookAction): Promise<PauseAnswer> {
    try {
      await ecs.answerHook(arn, hookId, action)
    } catch (error) {
      // another may have answered, or the deployment ended meanwhile: following it tells
      if (waitingHook(await ecs.deployment(arn))?.hookId === hookId) throw error
    }
    return 'answered'
  }

  async function askPerson(hook: DeploymentLifecycleHookDetail): Promise<PauseAnswer> {
    const hookId = hook.hookId as string
    let approval = await approvals.read(arn)
    if (!approval) {
      emit({ type: 'note', message: 'nobody has recorded a test of this deployment: the suites run again' })
      const passed = await test()
      if (!passed) return answer(hookId, 'ROLLBACK')
      approval = await record(passed)
    }
    if (approval.release !== shipment.release || approval.digest !== shipment.digest)
      refused = `what was tested is ${approval.release} (${approval.digest}), not what waits here`
    else if (approval.state === 'waiting' && options.approvedBefore === shipment.digest)
      approval = await decideAsToldBefore()
    if (approval.state === 'rejected') refused = rejectionWords(approval)
    if (refused) return answer(hookId, 'ROLLBACK')
    if (approval.state === 'approved') {
      approved = { by: approval.decidedBy ?? 'unknown', at: approval.decidedAt ?? new Date(0) }
      refused = await options.beforeProduction?.()
      if (!refused) passing()
      return answer(hookId, refused ? 'ROLLBACK' : 'CONTINUE')
    }
    if (!options.waitForApproval) {
      const { release, digest } = shipment
      left = { kind: 'needs-approval', release, digest, passed: approval.passed, expiresAt: hook.expiresAt }
      return 'leave'
    }
    const pause = `waits for a person until ${hook.expiresAt?.toISOString() ?? 'the pause ends'}: clarity approve ${environment.name} --release ${shipment.release}`
    if (!told) step.progress(pause, { pause })
    told = true
    return 'again'
  }

  return {
    refused: () => refused,
    approved: () => approved,
    left: () => left,
    onPause: async (hook, deployment) => {
      if (isApprovalPause(deployment)) return askPerson(hook)
      const hookId = hook.hookId as string
      const passed = await test()
      if (!passed) return answer(hookId, 'ROLLBACK')
      // before the answer, so that what was tested is known whatever becomes of this command
      if (asksPerson(deployment)) await record(passed)
      else passing()
      return answer(hookId, 'CONTINUE')
    },
  }
}

/** Who rejected a release, and when. */
export function rejectionWords({ decidedBy, decidedAt }: Approval): string {
  return `rejected by ${decidedBy} at ${decidedAt?.toISOString()}`
}

/**
 * Whether a deployment that pauses waits for a person. ECS names the stage and not the hook; where it names no such
 * stage (its SDK's list lacks it) the pause after the suites' is meant.
 */
export function isApprovalPause({ lifecycleStage, lifecycleHookDetails = [] }: ServiceDeployment): boolean {
  if ((lifecycleStage as string) !== SUITES_STAGE) return true
  return lifecycleHookDetails.some(hook => hook.status === 'SUCCEEDED')
}

/** Whether a deployment will wait for a person before production, by its own configuration. */
export function asksPerson({ deploymentConfiguration }: ServiceDeployment): boolean {
  return (deploymentConfiguration?.lifecycleHooks ?? []).some(hook =>
    (hook.lifecycleStages as string[] | undefined)?.includes(APPROVAL_STAGE),
  )
}
