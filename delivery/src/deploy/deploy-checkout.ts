import { namesOf } from '@clarity/environments'
import { createRegistry } from '../aws/registry.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { imageTag } from '../image/image-tag.ts'
import type { Release } from '../release/task-definitions.ts'
import { runStep } from '../ui/events.ts'
import { planRelease, prepareImage, type ReleaseWorld } from './prepare.ts'
import { requirePreflight } from './require-preflight.ts'
import { type Outcome, type Shipment, ship } from './ship.ts'
import { type Standing, standingLines, standings } from './standing.ts'
import { underLock } from './under-lock.ts'

export interface DeployOptions {
  /** How long to wait for another's lock. */
  waitSeconds: number
  /** Waits at the pause for a person, instead of ending with exit code 5. */
  waitForApproval?: boolean
}

/**
 * Builds, pushes and releases the checkout under the environment's lock. A deployment of the same release that a
 * command before has left under way is carried on.
 * @returns no outcome when that very release serves already
 * @throws ClarityError `locked`, `deployment_running`, `preflight_failed`
 */
export async function deployCheckout(
  world: ReleaseWorld,
  { waitSeconds, waitForApproval }: DeployOptions,
): Promise<{ release: string; outcome?: Outcome }> {
  const tag = await imageTag(world.target.root)
  return underLock(world, { why: 'deploy', commit: tag, waitSeconds }, async held => {
    const { ecs, environment, emit } = held
    const digest = await createRegistry(held.access).digest(namesOf(environment).repository, { tag })
    const known = digest ? (await planRelease(held, { tag, digest })).release.name : undefined
    const before = await standings(ecs, environment)
    const flying = [before.api, before.worker].filter(isFlying)
    if (flying.length > 0) requireSame(flying, known, environment.name)
    else if (known && [before.api, before.worker].every(part => isSettledOn(part, known)))
      return { release: known }
    if (known && [before.api, before.worker].some(part => part && definitionIn(part, known)))
      emit({ type: 'note', message: ['carrying on:', ...standingLines(before)].join('\n  ') })
    if (!isFlying(before.api))
      await requirePreflight(held, { tag, digest }, flying.length > 0 ? ['no-deployment'] : [])
    const { release } = await planRelease(held, await prepareImage(held))
    const shipment = await register(held, release, before)
    return { release: release.name, outcome: await ship(held, shipment, { waitForApproval }) }
  })
}

/** Registers what the services do not have already, so that a release that is carried on stays the same one. */
async function register(
  { ecs, emit }: ReleaseWorld,
  release: Release,
  before: { api?: Standing; worker?: Standing },
): Promise<Shipment> {
  const known = {
    api: definitionIn(before.api, release.name),
    worker: definitionIn(before.worker, release.name),
  }
  const [apiTaskDefinition, workerTaskDefinition] = await runStep(
    emit,
    'release.register',
    'register the task definitions',
    async () => [
      known.api ?? (await ecs.registerTaskDefinition(release.api)).taskDefinitionArn ?? '',
      known.worker ?? (await ecs.registerTaskDefinition(release.worker)).taskDefinitionArn ?? '',
    ],
    arns => arns.map(arn => arn.split('/').pop()).join(', '),
  )
  return {
    release: release.name,
    digest: release.digest,
    apiTaskDefinition: apiTaskDefinition ?? '',
    workerTaskDefinition: workerTaskDefinition ?? '',
  }
}

/** The task definition of a release that a service has, or is being moved to. */
export function definitionIn(standing: Standing | undefined, release: string): string | undefined {
  if (standing?.newest?.release === release) return standing.newest.taskDefinition
  return standing?.release === release ? standing.taskDefinition : undefined
}

function isFlying(standing: Standing | undefined): standing is Standing {
  return standing?.newest?.inFlight === true
}

/** Whether a service has ended its last deployment well, and is on the release. */
function isSettledOn(standing: Standing | undefined, release: string): boolean {
  const status = standing?.newest?.deployment.status ?? ''
  return standing?.release === release && ['SUCCESSFUL', 'ROLLBACK_SUCCESSFUL'].includes(status)
}

/** Only a deployment of the same release that still goes forward can be carried on. */
function requireSame(flying: Standing[], release: string | undefined, environment: string): void {
  const other = flying.find(
    ({ newest }) => newest?.release !== release || newest?.deployment.status?.match(/^(STOP|ROLLBACK)/),
  )?.newest
  if (!other) return
  const status = other.deployment.status ?? ''
  throw new ClarityError(
    'deployment_running',
    `a deployment of ${other.release ?? 'an unnamed release'} is under way (${status}${other.deployment.lifecycleStage ? ` at ${other.deployment.lifecycleStage}` : ''}): ${other.arn}`,
    status.startsWith('ROLLBACK')
      ? `wait until it is back: clarity deploy ${environment} --attach; then deploy again`
      : `carry it on: clarity deploy ${environment} --attach; or take it back: clarity rollback ${environment}`,
    { exitCode: EXIT.locked },
  )
}
