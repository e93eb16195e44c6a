import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import { CONTAINERS, namesOf } from '@clarity/environments'
import type { Step } from '../ui/events.ts'
import { failFast } from './fail-fast.ts'
import { describeStage, followDeployment } from './follow.ts'
import type { ShipContext } from './ship.ts'

/** Longest that one deployment is waited for, in ms, beyond its own pauses and bake. */
const PATIENCE_MS = 30 * 60_000
/** Health checks for which all new targets must stay unhealthy, once they are, before the release is given up. */
const UNHEALTHY_CHECKS = 2

/** Follows a deployment, and takes it back as soon as its tasks keep failing alike. */
export async function followOrGiveUp(
  context: ShipContext,
  part: 'api' | 'worker',
  arn: string,
  taskDefinition: string,
  step: Step,
  onPause: (hookId: string) => Promise<void> = async () => {},
): Promise<{ deployment: ServiceDeployment; timedOut: boolean; cause?: string }> {
  const { ecs, logs, environment, handedOn, loadBalancing, pollMs, signal } = context
  const names = namesOf(environment)
  const { bakeMinutes, testTimeoutMinutes } = environment.deployment
  const behindBalancer = {
    loadBalancing,
    groups: [handedOn['blue-target-group-arn'], handedOn['green-target-group-arn']],
    persistMs: environment.loadBalancer.healthCheckSeconds * 1000 * UNHEALTHY_CHECKS,
  }
  const watch = failFast(
    {
      ecs,
      logs,
      cluster: names.cluster,
      service: part === 'api' ? names.apiService : names.workerService,
      taskDefinition,
      logGroup: part === 'api' ? names.apiLogGroup : names.workerLogGroup,
      containerName: CONTAINERS[part],
      pollMs,
      targets: part === 'api' ? behindBalancer : undefined,
    },
    () => {
      step.progress('the tasks keep failing alike: taking it back')
      ecs.rollBack(arn).catch(() => step.progress('ECS refused the rollback; it may have ended already'))
    },
  )
  try {
    const end = await followDeployment(ecs, arn, {
      pollMs,
      timeoutMs: PATIENCE_MS + (bakeMinutes + testTimeoutMinutes) * 60_000,
      signal,
      onChange: deployment =>
        step.progress(describeStage(deployment), {
          stage: deployment.lifecycleStage,
          status: deployment.status,
        }),
      onPause: hook => onPause(hook.hookId as string),
    })
    return { ...end, cause: watch.cause() }
  } finally {
    await watch.stop()
  }
}
