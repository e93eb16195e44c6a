import { namesOf } from '@clarity/environments'
import { createWorkerService, updateWorkerService } from '../release/services.ts'
import { judge } from '../release/verdict.ts'
import { runStep } from '../ui/events.ts'
import { followOrGiveUp } from './follow-or-give-up.ts'
import { ecsSeconds, runningDigests } from './gather-facts.ts'
import { verdictWords, withCause } from './outcome.ts'
import type { Part, ShipContext, Shipment } from './ship.ts'
import { startDeployment } from './start-deployment.ts'

/**
 * Moves the worker service to a task definition, rolling.
 * @param shipment absent when the worker is put back to where it was
 */
export async function shipWorker(
  context: ShipContext,
  taskDefinition: string,
  shipment?: Shipment,
): Promise<Part> {
  const { environment, handedOn, ecs, emit } = context
  const { cluster, workerService: service } = namesOf(environment)

  async function move(step: Parameters<Parameters<typeof runStep>[3]>[0]): Promise<Part> {
    const current = await ecs.service(cluster, service)
    if (current?.taskDefinition === taskDefinition) return { verdict: { kind: 'succeeded' }, seconds: 0 }
    const arn = await startDeployment(ecs, { ...context, cluster, service, taskDefinition }, () =>
      current
        ? ecs.updateService(updateWorkerService(environment, handedOn, taskDefinition))
        : ecs.createService(createWorkerService(environment, handedOn, taskDefinition)),
    )
    const { deployment, timedOut, cause } = await followOrGiveUp(context, 'worker', arn, taskDefinition, step)
    const running = await runningDigests(ecs, cluster, service)
    const wanted = shipment?.digest ?? running[0] ?? ''
    const verdict = withCause(judge({ deployment, timedOut, digest: { wanted, running } }), cause)
    return { verdict, seconds: ecsSeconds(deployment) }
  }

  return shipment
    ? runStep(emit, 'release.worker', 'release the worker (rolling)', move, part =>
        verdictWords(part.verdict),
      )
    : runStep(emit, 'release.worker-back', 'put the worker back', move, part => verdictWords(part.verdict))
}
