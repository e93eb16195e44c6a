import { type Environment, namesOf } from '@clarity/environments'
import type { Ecs } from '../aws/ecs.ts'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import type { Logs } from '../aws/logs.ts'
import type { HandedOnValues } from '../aws/parameters.ts'
import type { Verdict } from '../release/verdict.ts'
import type { Emit } from '../ui/events.ts'
import type { ProbeCount } from './prober.ts'
import { shipApi } from './ship-api.ts'
import { shipWorker } from './ship-worker.ts'

/** What is shipped: two registered task definitions of one release. */
export interface Shipment {
  release: string
  digest: string
  apiTaskDefinition: string
  workerTaskDefinition: string
}

export interface ShipContext {
  environment: Environment
  handedOn: HandedOnValues
  ecs: Ecs
  loadBalancing: LoadBalancing
  logs: Logs
  emit: Emit
  signal: AbortSignal
  /** Pause between two looks at ECS. */
  pollMs: number
}

/** What became of one service's deployment. */
export interface Part {
  verdict: Verdict
  /** How long it took by ECS's own clock. */
  seconds: number
  /** What the prober saw; absent on a first release, which has nothing to keep serving. */
  probes?: ProbeCount
}

export interface Outcome {
  verdict: Verdict
  ecsSeconds: { api?: number; worker?: number }
  probes?: ProbeCount
}

/**
 * Moves both services to a release: first the worker, which understands both neighbours, then the API under
 * test traffic, suites and a prober. When the API does not make it, the worker goes back too.
 */
export async function ship(context: ShipContext, shipment: Shipment): Promise<Outcome> {
  const names = namesOf(context.environment)
  const workerBefore = (await context.ecs.service(names.cluster, names.workerService))?.taskDefinition
  const worker = await shipWorker(context, shipment.workerTaskDefinition, shipment)
  if (worker.verdict.kind !== 'succeeded')
    return { verdict: worker.verdict, ecsSeconds: { worker: worker.seconds } }
  const api = await shipApi(context, shipment)
  if (api.verdict.kind !== 'succeeded' && workerBefore && workerBefore !== shipment.workerTaskDefinition)
    await shipWorker(context, workerBefore)
  return {
    verdict: api.verdict,
    ecsSeconds: { api: api.seconds, worker: worker.seconds },
    probes: api.probes,
  }
}
