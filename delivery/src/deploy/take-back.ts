import { namesOf } from '@clarity/environments'
import { createRegistry } from '../aws/registry.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { chooseRollback } from '../release/rollback-target.ts'
import { runStep } from '../ui/events.ts'
import { describeStage, followDeployment, isTerminal } from './follow.ts'
import type { ReleaseWorld } from './prepare.ts'
import { listReleases, type ReleaseRecord } from './releases.ts'
import { type Outcome, type Shipment, ship } from './ship.ts'

export type Takeback =
  /** A deployment was under way and has been stopped; the release before it serves. */
  | { kind: 'stopped'; deployment: string; restored?: string; seconds: number }
  /** An earlier release has been released again. */
  | { kind: 'returned'; release: string; outcome: Outcome; seconds: number }

/**
 * Takes a release back. In flight or in bake ECS restores the weights itself; afterwards the last release that
 * worked goes through the same path again.
 * @throws ClarityError `no_rollback_target` naming what is possible
 */
export async function takeBack(world: ReleaseWorld, wanted?: string): Promise<Takeback> {
  const { ecs, environment } = world
  const { cluster, apiService } = namesOf(environment)
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  const records = await listReleases(ecs, cluster, apiService)
  const newest = records[0]
  if (newest && !isTerminal(newest.status) && wanted === undefined) {
    await stopInFlight(world, newest)
    const restored = records.slice(1).find(record => record.status === 'SUCCESSFUL')
    if (restored) await restoreWorker(world, restored.release)
    return { kind: 'stopped', deployment: newest.deployment, restored: restored?.release, seconds: seconds() }
  }
  const shipment = await chooseShipment(world, records, wanted)
  const outcome = await ship(world, shipment)
  return { kind: 'returned', release: shipment.release, outcome, seconds: seconds() }
}

/** What `takeBack` would release again; checked to be possible. */
export async function chooseShipment(
  world: ReleaseWorld,
  records: ReleaseRecord[],
  wanted?: string,
): Promise<Shipment> {
  const { ecs, environment } = world
  const names = namesOf(environment)
  const current = records.find(record => record.status === 'SUCCESSFUL')?.release
  const choice = chooseRollback(records, current, wanted)
  if (choice.kind === 'none') throw impossible(choice.why, choice.possible)
  const { release, digest, taskDefinition } = choice.target
  if (!(await createRegistry(world.access).digest(names.repository, { digest })))
    throw impossible(`the image ${digest} of ${release} is no longer in ${names.repository}`, [])
  const workers = await listReleases(ecs, names.cluster, names.workerService)
  const worker = workers.find(record => record.release === release)
  if (!worker) throw impossible(`the worker of ${release} is not on ECS's record any more`, [])
  return { release, digest, apiTaskDefinition: taskDefinition, workerTaskDefinition: worker.taskDefinition }
}

async function stopInFlight(world: ReleaseWorld, { deployment, release }: ReleaseRecord): Promise<void> {
  const { ecs, emit, signal, pollMs } = world
  const words = `stop the deployment of ${release} and restore the weights`
  const end = await runStep(
    emit,
    'rollback.stop',
    words,
    async step => {
      await ecs.rollBack(deployment)
      return followDeployment(ecs, deployment, {
        pollMs,
        timeoutMs: 10 * 60_000,
        signal,
        onChange: now => step.progress(describeStage(now)),
        onPause: async () => {},
      })
    },
    ({ deployment: { status } }) => `${status}`,
  )
  if (end.deployment.status !== 'ROLLBACK_SUCCESSFUL')
    throw new ClarityError(
      'rollback_failed',
      `ECS ended the rollback as ${end.deployment.status}: ${end.deployment.statusReason ?? 'no reason given'}`,
      "look at 'clarity status' now: traffic may be on either release",
    )
}

/** The worker may have moved already when the API was stopped: it goes back to the same release. */
async function restoreWorker(world: ReleaseWorld, release: string): Promise<void> {
  const { ecs, environment, handedOn } = world
  const { cluster, workerService } = namesOf(environment)
  const workers = await listReleases(ecs, cluster, workerService)
  const target = workers.find(record => record.release === release)
  const current = await ecs.service(cluster, workerService)
  if (!target || !current || current.taskDefinition === target.taskDefinition) return
  const { updateWorkerService } = await import('../release/services.ts')
  await runStep(world.emit, 'rollback.worker', `put the worker back to ${release}`, () =>
    ecs.updateService(updateWorkerService(environment, handedOn, target.taskDefinition)),
  )
}

function impossible(why: string, possible: string[]): ClarityError {
  const fix =
    possible.length > 0
      ? `choose one of: ${possible.map(p => `--to ${p}`).join(', ')}`
      : 'deploy a commit that is known to be good'
  return new ClarityError('no_rollback_target', why, fix, { exitCode: EXIT.preflightFailed })
}
