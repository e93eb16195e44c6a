import { namesOf } from '@clarity/environments'
import { createRegistry } from '../aws/registry.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { isDrillRelease } from '../release/drill-release.ts'
import type { Release } from '../release/task-definitions.ts'
import { runStep } from '../ui/events.ts'
import { planRelease, type ReleaseWorld } from './prepare.ts'
import { requirePreflight } from './require-preflight.ts'
import { type Outcome, type Shipment, ship } from './ship.ts'
import { definitionIn, type Standing, standingLines, standings } from './standing.ts'
import { underLock } from './under-lock.ts'
import { isProven, verifyServing } from './verify-serving.ts'

/** Where the image of a release comes from: the checkout, or the registry of another environment. */
export interface ImageSource {
  /** What the lock is for: `deploy`, `promote from staging`. */
  why: string
  /** The tag that the image has, or gets, in the environment's registry: the commit. */
  tag: string
  /** `sha256:…` of an image that exists already; such a one is brought before preflight looks at it. */
  digest?: string
  /** Brings the image into the environment's registry. @param held the world under the lock */
  bring(held: ReleaseWorld): Promise<{ tag: string; digest: string }>
}

export interface DeployOptions {
  /** How long to wait for another's lock. */
  waitSeconds: number
  /** Waits at the pause for a person, instead of ending with exit code 5. */
  waitForApproval?: boolean
  /** `sha256:…` of the image that a person has let into production already; another one waits as ever. */
  approvedBefore?: string
}

export interface Deployed {
  release: string
  /** `sha256:…` of its image. */
  digest: string
  /** Absent when that very release serves already, and there is evidence of it. */
  outcome?: Outcome
}

/**
 * Releases an image under the environment's lock: the one path of every release. A deployment of the same release that
 * a command before has left under way is carried on; one that ended without a command is looked at and recorded.
 * @throws ClarityError `locked`, `deployment_running`, `preflight_failed`
 */
export async function deployImage(
  world: ReleaseWorld,
  source: ImageSource,
  { waitSeconds, ...options }: DeployOptions,
): Promise<Deployed> {
  const { tag, why } = source
  return underLock(world, { why, commit: tag, waitSeconds }, async held => {
    const { ecs, environment, emit } = held
    const { repository } = namesOf(environment)
    const digest = source.digest ?? (await createRegistry(held.access).digest(repository, { tag }))
    const known = digest ? (await planRelease(held, { tag, digest })).release : undefined
    const before = await standings(ecs, environment)
    const parts = [before.api, before.worker]
    const flying = parts.filter(isFlying)
    if (flying.length > 0) requireSame(flying, known?.name, environment.name)
    else if (known && parts.every(part => isSettledOn(part, known.name)))
      return { release: known.name, digest: known.digest, outcome: await settle(held, known, before) }
    if (known && parts.some(part => part && definitionIn(part, known.name)))
      emit({ type: 'note', message: ['carrying on:', ...standingLines(before)].join('\n  ') })
    const ready = source.digest ? await source.bring(held) : undefined
    if (!isFlying(before.api))
      await requirePreflight(held, { tag, digest }, flying.length > 0 ? ['no-deployment'] : [])
    const { release } = await planRelease(held, ready ?? (await source.bring(held)))
    const shipment = await register(held, release, before)
    return { release: release.name, digest: release.digest, outcome: await ship(held, shipment, options) }
  })
}

/** Looks at what serves already where no command has recorded that it does. */
async function settle(
  held: ReleaseWorld,
  release: Release,
  before: { api?: Standing; worker?: Standing },
): Promise<Outcome | undefined> {
  if (await isProven(held, release.name)) return undefined
  return verifyServing(held, release, before)
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
  const carryOn = isDrillRelease(other.release)
    ? ''
    : `carry it on: clarity deploy ${environment} --attach; or `
  throw new ClarityError(
    'deployment_running',
    `a deployment of ${other.release ?? 'an unnamed release'} is under way (${status}${other.deployment.lifecycleStage ? ` at ${other.deployment.lifecycleStage}` : ''}): ${other.arn}`,
    status.startsWith('ROLLBACK')
      ? `wait until it is back: clarity deploy ${environment} --attach; then deploy again`
      : `${carryOn}take it back: clarity rollback ${environment}`,
    { exitCode: EXIT.locked },
  )
}
