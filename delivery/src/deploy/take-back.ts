import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { asRollback } from '../release/as-rollback.ts'
import { releaseOf } from '../release/task-definitions.ts'
import { formatSpread } from '../ui/format-seconds.ts'
import { liveTargetGroupOf } from './gather-facts.ts'
import type { ReleaseWorld } from './prepare.ts'
import { putWorkerBack } from './put-worker-back.ts'
import { type Outcome, ship } from './ship.ts'
import { type Standing, standings } from './standing.ts'
import { type Stopped, stopInFlight } from './stop-in-flight.ts'
import { underLock } from './under-lock.ts'
import { watchWeights } from './watch-weights.ts'

export type Takeback =
  /** A deployment was under way and has been stopped; the release before it serves. */
  | ({ kind: 'stopped'; seconds: number } & Stopped)
  /** An earlier release has been released again; or the worker alone, where ECS itself took the API back. */
  | {
      kind: 'returned'
      release: string
      outcome: Outcome
      predictedSeconds?: number
      /** From the command's start until the load balancer sent everything to the earlier release. */
      weightsSeconds?: number
      seconds: number
    }

/** Seconds since the command started. */
const sinceStart = () => performance.now() / 1000

/**
 * Takes a release back. In flight or in bake ECS restores the weights itself; afterwards the last release that
 * worked goes through the same path again, under the lock and after the same checks.
 * @throws ClarityError `no_rollback_target` naming what is possible, `locked`, `deployment_running`
 */
export async function takeBack(
  world: ReleaseWorld,
  { wanted, waitSeconds }: { wanted?: string; waitSeconds: number },
): Promise<Takeback> {
  const now = await standings(world.ecs, world.environment)
  const flying = flyingPart(now)
  if (flying) {
    await requireOnTheWay(world, flying.standing, wanted)
    const stopped = await stopInFlight(world, flying.standing, flying.part)
    if (stopped) return { kind: 'stopped', ...stopped, seconds: sinceStart() }
  }
  const request = { why: 'rollback', commit: wanted ?? now.api?.release ?? 'unknown', waitSeconds }
  return underLock(world, request, async held => {
    const followed = wanted === undefined && !flying ? await workerAlone(held, now) : undefined
    return followed ?? goBack(held, wanted)
  })
}

/** What `clarity rollback --dry-run` tells. */
export async function foresee(world: ReleaseWorld, wanted?: string): Promise<{ text: string; data: object }> {
  const flying = flyingPart(await standings(world.ecs, world.environment))
  if (flying) {
    const { release, arn, deployment } = flying.standing.newest ?? {}
    return {
      text: `would stop the deployment of ${release} (${deployment?.status})`,
      data: { stops: arn, release },
    }
  }
  const { predictRollback, rollbackShipment } = await heavy()
  const shipment = await rollbackShipment(world, wanted)
  const prediction = await predictRollback(world, asRollback(world.environment))
  const text = `would release ${shipment.release} again, predicted to serve after ${formatSpread(prediction)}`
  return { text, data: { shipment, prediction } }
}

/** Loads half of AWS's clients, for which the brake must not wait. */
async function heavy() {
  const [predict, shipment, plan] = await Promise.all([
    import('./predict-rollback.ts'),
    import('./rollback-shipment.ts'),
    import('../plan/make-plan.ts'),
  ])
  return { ...predict, ...shipment, ...plan }
}

async function goBack(held: ReleaseWorld, wanted: string | undefined): Promise<Takeback> {
  const { emit, environment, loadBalancing, handedOn, pollMs } = held
  const { predictRollback, rollbackShipment, WORKER_ON_ROLLBACK } = await heavy()
  const context = { ...held, environment: asRollback(environment) }
  // beside the checks: nobody waits for a prediction
  const [shipment, prediction] = await Promise.all([
    rollbackShipment(held, wanted),
    predictRollback(held, context.environment),
  ])
  emit({
    type: 'note',
    message: `predicted: ${shipment.release} serves again after ${formatSpread(prediction)}`,
    data: prediction,
  })
  const watch = watchWeights(loadBalancing, {
    rule: handedOn['production-rule-arn'],
    targetGroup: await otherTargetGroup(held),
    pollMs,
  })
  try {
    const outcome = await ship(context, shipment, { worker: WORKER_ON_ROLLBACK })
    const at = watch.reachedAt()
    return {
      kind: 'returned',
      release: shipment.release,
      outcome,
      predictedSeconds: prediction.seconds,
      weightsSeconds: at && at / 1000,
      seconds: sinceStart(),
    }
  } finally {
    await watch.stop()
  }
}

/** Of the two groups the one that does not serve: the earlier release will. */
async function otherTargetGroup({ ecs, environment, handedOn }: ReleaseWorld): Promise<string> {
  const { api } = await standings(ecs, environment)
  const [revision] = await ecs.revisions(
    [api?.service.currentServiceRevisions?.[0]?.arn ?? ''].filter(Boolean),
  )
  const [blue, green] = [handedOn['blue-target-group-arn'], handedOn['green-target-group-arn']]
  return liveTargetGroupOf(revision) === blue ? green : blue
}

/** A deployment that failed may have left the worker ahead of the API: then it alone goes back. */
async function workerAlone(
  held: ReleaseWorld,
  { api, worker }: { api?: Standing; worker?: Standing },
): Promise<Takeback | undefined> {
  if (!api?.release || !worker || api.release === worker.release) return undefined
  const part = await putWorkerBack(held)
  const verdict = part?.verdict ?? {
    kind: 'failed' as const,
    reasons: [`the worker is on ${worker?.release}, and the API on ${api.release}`],
  }
  return {
    kind: 'returned',
    release: api.release,
    outcome: {
      verdict,
      ecsSeconds: { worker: part?.seconds },
      deployments: { worker: part?.deployment },
      diagnosis: part?.diagnosis,
    },
    seconds: sinceStart(),
  }
}

function flyingPart({ api, worker }: { api?: Standing; worker?: Standing }) {
  if (api?.newest?.inFlight) return { part: 'api' as const, standing: api }
  return worker?.newest?.inFlight ? { part: 'worker' as const, standing: worker } : undefined
}

/** What is under way can only go back to where it came from. */
async function requireOnTheWay(
  world: ReleaseWorld,
  { newest }: Standing,
  wanted: string | undefined,
): Promise<void> {
  if (wanted === undefined || !newest) return
  const source = newest.deployment.sourceServiceRevisions?.[0]?.arn
  const [revision] = source ? await world.ecs.revisions([source]) : []
  const before =
    revision?.taskDefinition && releaseOf(await world.ecs.taskDefinition(revision.taskDefinition))
  if (before?.startsWith(wanted)) return
  throw new ClarityError(
    'deployment_running',
    `a deployment of ${newest.release} is under way, and goes back to ${before || 'nothing'}, not to ${wanted}`,
    `first take it back: clarity rollback ${world.environment.name}; then clarity rollback ${world.environment.name} --to ${wanted}`,
    { exitCode: EXIT.locked },
  )
}
