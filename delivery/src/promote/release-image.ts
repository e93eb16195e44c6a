import { planRelease, type ReleaseWorld } from '../deploy/prepare.ts'
import { requirePreflight } from '../deploy/require-preflight.ts'
import { type Outcome, type ShipOptions, ship } from '../deploy/ship.ts'
import { runStep } from '../ui/events.ts'

/** No outcome when that very release serves already. */
export interface Released {
  release: string
  digest: string
  outcome?: Outcome
}

/** Releases an image that the environment's registry has: the path of `deploy`, without a checkout. */
export async function releaseImage(
  world: ReleaseWorld,
  image: { digest: string; tag: string },
  options: ShipOptions = {},
): Promise<Released> {
  const { release, current } = await planRelease(world, image)
  const { name, digest } = release
  if (name === current) return { release: name, digest }
  await requirePreflight(world, image)
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
  const shipment = {
    release: name,
    digest,
    apiTaskDefinition: api?.taskDefinitionArn ?? '',
    workerTaskDefinition: worker?.taskDefinitionArn ?? '',
  }
  return { release: name, digest, outcome: await ship(world, shipment, options) }
}
