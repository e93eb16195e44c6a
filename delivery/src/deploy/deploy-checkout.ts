import { namesOf } from '@clarity/environments'
import { runStep } from '../ui/events.ts'
import { isTerminal } from './follow.ts'
import { planRelease, prepareImage, type ReleaseWorld } from './prepare.ts'
import { type Outcome, ship } from './ship.ts'

/**
 * Builds, pushes and releases the checkout.
 * @returns no outcome when that very release serves already
 */
export async function deployCheckout(world: ReleaseWorld): Promise<{ release: string; outcome?: Outcome }> {
  const image = await prepareImage(world)
  const { release, current } = await planRelease(world, image)
  if (release.name === current && (await isSettled(world))) return { release: release.name }
  const [api, worker] = await runStep(
    world.emit,
    'release.register',
    'register the task definitions',
    async () => [
      await world.ecs.registerTaskDefinition(release.api),
      await world.ecs.registerTaskDefinition(release.worker),
    ],
    definitions => definitions.map(d => `${d.family}:${d.revision}`).join(', '),
  )
  const outcome = await ship(world, {
    release: release.name,
    digest: release.digest,
    apiTaskDefinition: api?.taskDefinitionArn ?? '',
    workerTaskDefinition: worker?.taskDefinitionArn ?? '',
  })
  return { release: release.name, outcome }
}

/** Whether both services have ended their last deployment well. */
async function isSettled({ ecs, environment }: ReleaseWorld): Promise<boolean> {
  const { cluster, apiService, workerService } = namesOf(environment)
  for (const service of [apiService, workerService]) {
    const [newest] = await ecs.deployments(cluster, service, 1)
    if (!isTerminal(newest?.status)) return false
  }
  return true
}
