import { namesOf } from '@clarity/environments'
import { createWorkerService, updateWorkerService } from '../release/services.ts'
import { judge } from '../release/verdict.ts'
import { runStep, type Step } from '../ui/events.ts'
import { followOrGiveUp } from './follow-or-give-up.ts'
import { ecsSeconds, newestOther, runningDigests } from './gather-facts.ts'
import { isGood, verdictWords, withCause } from './outcome.ts'
import type { Part, ShipContext, Shipment } from './ship.ts'
import { causeIn } from './ship-api.ts'
import { standingOf } from './standing.ts'
import { startDeployment } from './start-deployment.ts'

/**
 * Moves the worker service to a task definition, rolling, or follows the deployment that does.
 * @param shipment absent when the worker is put back to where it was
 */
export async function shipWorker(
  context: ShipContext,
  taskDefinition: string,
  shipment?: Shipment,
): Promise<Part> {
  const { environment, handedOn, ecs, emit } = context
  const { cluster, workerService: service } = namesOf(environment)

  async function move(step: Step): Promise<Part> {
    const before = await standingOf(ecs, cluster, service)
    // ECS itself went back to it
    if (
      before?.taskDefinition === taskDefinition &&
      before.newest?.deployment.status === 'ROLLBACK_SUCCESSFUL'
    )
      return { verdict: { kind: 'succeeded' }, seconds: 0 }
    const { arn } = await startDeployment(ecs, { ...context, cluster, service, taskDefinition }, current =>
      current
        ? ecs.updateService(updateWorkerService(environment, handedOn, taskDefinition))
        : ecs.createService(createWorkerService(environment, handedOn, taskDefinition)),
    )
    const end = await followOrGiveUp(context, { part: 'worker', arn, taskDefinition, step })
    const { deployment, timedOut } = end
    const running = await runningDigests(ecs, cluster, service)
    const wanted = shipment?.digest ?? running[0] ?? ''
    const supersededBy = await newestOther(ecs, cluster, service, arn)
    const verdict = judge({
      deployment,
      timedOut,
      supersededBy,
      behindBalancer: false,
      digest: { wanted, running },
    })
    const good = verdict.kind === 'succeeded' || verdict.kind === 'superseded'
    const diagnosis = end.diagnosis ?? (good ? undefined : await context.explain('worker', arn))
    return {
      verdict: withCause(verdict, causeIn(diagnosis) ?? end.cause),
      seconds: ecsSeconds(deployment),
      deployment: arn,
      diagnosis,
    }
  }

  const [name, words] = shipment
    ? (['release.worker', 'release the worker (rolling)'] as const)
    : (['release.worker-back', 'put the worker back'] as const)
  return runStep(emit, name, words, move, part => verdictWords(part.verdict), isGood)
}
