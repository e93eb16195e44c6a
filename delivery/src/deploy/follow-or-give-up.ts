import type { DeploymentLifecycleHookDetail, ServiceDeployment } from '@aws-sdk/client-ecs'
import { namesOf } from '@clarity/environments'
import type { Diagnosis } from '../release/diagnosis/diagnose.ts'
import type { Step } from '../ui/events.ts'
import { failFast } from './fail-fast.ts'
import { describeStage, type Followed, followDeployment, type PauseAnswer, stageData } from './follow.ts'
import { insistOnRollback } from './insist-on-rollback.ts'
import type { ShipContext } from './ship.ts'

/** Longest that one deployment is waited for, in ms, beyond its own pauses and bake. */
const PATIENCE_MS = 30 * 60_000
/** Health checks for which all new targets must stay unhealthy, once they are, before the release is given up. */
const UNHEALTHY_CHECKS = 2

export interface FollowPart {
  part: 'api' | 'worker'
  arn: string
  taskDefinition: string
  step: Step
  onPause?(hook: DeploymentLifecycleHookDetail, deployment: ServiceDeployment): Promise<PauseAnswer>
  onChange?(deployment: ServiceDeployment): void
}

/** Follows a deployment, and takes it back, with its cause, as soon as its tasks keep failing alike. */
export async function followOrGiveUp(
  context: ShipContext,
  { part, arn, taskDefinition, step, onPause, onChange }: FollowPart,
): Promise<Followed & { cause?: string; diagnosis?: Diagnosis }> {
  const { ecs, environment, handedOn, loadBalancing, pollMs, signal } = context
  const names = namesOf(environment)
  const { bakeMinutes, testTimeoutMinutes, approvalTimeoutMinutes } = environment.deployment
  const behindBalancer = {
    loadBalancing,
    groups: [handedOn['blue-target-group-arn'], handedOn['green-target-group-arn']],
    persistMs: environment.loadBalancer.healthCheckSeconds * 1000 * UNHEALTHY_CHECKS,
  }
  const { createdAt } = await ecs.deployment(arn)
  let diagnosis: Diagnosis | undefined
  const followed = new AbortController()
  const watch = failFast(
    {
      ecs,
      cluster: names.cluster,
      service: part === 'api' ? names.apiService : names.workerService,
      taskDefinition,
      pollMs,
      since: createdAt ?? new Date(),
      targets: part === 'api' ? behindBalancer : undefined,
    },
    async () => {
      // first the cause: the targets that show it go with the rollback, and nobody is served by them yet
      diagnosis = await context.explain(part, arn)
      step.progress('the tasks keep failing alike: taking it back')
      await insistOnRollback(ecs, arn, { pollMs, signal: followed.signal, step })
    },
  )
  try {
    const end = await followDeployment(ecs, arn, {
      pollMs,
      timeoutMs: PATIENCE_MS + (bakeMinutes + testTimeoutMinutes + approvalTimeoutMinutes) * 60_000,
      signal,
      onChange: deployment => {
        step.progress(describeStage(deployment), stageData(deployment))
        onChange?.(deployment)
      },
      onPause: onPause ?? (async () => 'again'),
    })
    return { ...end, cause: watch.cause(), diagnosis }
  } finally {
    followed.abort()
    await watch.stop()
  }
}
