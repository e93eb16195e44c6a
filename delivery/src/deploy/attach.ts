import { setTimeout as sleep } from 'node:timers/promises'
import { type Environment, namesOf } from '@clarity/environments'
import { ClarityError } from '../errors.ts'
import { isDrillRelease } from '../release/drill-release.ts'
import { judge, type Verdict } from '../release/verdict.ts'
import { runStep } from '../ui/events.ts'
import { describeStage, followDeployment, stageData } from './follow.ts'
import { asksPerson, rejectionWords } from './gates.ts'
import { ecsSeconds, gatherFacts } from './gather-facts.ts'
import { withCause } from './outcome.ts'
import type { ReleaseWorld } from './prepare.ts'
import { registeredDefinition } from './registered-definition.ts'
import { type Outcome, type Shipment, ship } from './ship.ts'
import { definitionIn, type Standing, standings } from './standing.ts'
import { stopInFlight } from './stop-in-flight.ts'
import { lockOf, underLock } from './under-lock.ts'

/** Longest that a deployment is only watched, in ms: a pause for a person may last a day. */
const WATCH_MS = 48 * 3_600_000

export interface Attached {
  release: string
  /** `sha256:…` of its image. */
  digest: string
  outcome: Outcome
}

/**
 * Follows the deployment that is under way to its verdict. While another command holds the lock it only watches;
 * once the lock is free it takes over: it answers the pauses, probes production, and moves what has not moved yet.
 * @throws ClarityError `nothing_under_way`
 */
export async function attach(
  world: ReleaseWorld,
  options: { waitForApproval?: boolean } = {},
): Promise<Attached> {
  const { emit, environment } = world
  const { release, digest } = requireFlying(await standings(world.ecs, environment), environment.name)
  for (;;) {
    try {
      const request = { why: 'deploy', commit: release, waitSeconds: 0 }
      return await underLock(world, request, held => carryOn(held, options))
    } catch (error) {
      if (!(error instanceof ClarityError) || error.code !== 'locked') throw error
      emit({ type: 'note', message: `watching only, and taking over when it ends: ${error.message}` })
      const ended = await watchOnly(world, release)
      if (ended) return { release, digest, outcome: ended }
    }
  }
}

/** Carries on what is under way; the caller holds the lock. */
async function carryOn(world: ReleaseWorld, options: { waitForApproval?: boolean }): Promise<Attached> {
  const { ecs, environment } = world
  const now = await standings(ecs, environment)
  const flying = requireFlying(now, environment.name)
  if (isDrillRelease(flying.release)) return endDrill(world, flying, now.api)
  const shipment = await shipmentOf(world, flying, now)
  const context = { ...world, environment: asDeployed(environment, now.api) }
  return { ...flying, outcome: await ship(context, shipment, options) }
}

/** A drill that has gone leaves a release that was made to fail: nobody would watch it do so, and it must not stay. */
async function endDrill(world: ReleaseWorld, flying: Flying, api: Standing | undefined): Promise<Attached> {
  const { name } = world.environment
  const { release } = flying
  world.emit({ type: 'note', message: `the drill that began ${release} is gone: its release is taken back` })
  const stopped = api && (await stopInFlight(world, api, 'api'))
  const verdict: Verdict = stopped
    ? { kind: 'rolled-back', reason: 'it was made to fail, and its drill is gone' }
    : { kind: 'failed', reasons: [`${release} was made to fail, and serves: clarity rollback ${name}`] }
  return { ...flying, outcome: { verdict, ecsSeconds: {}, deployments: { api: api?.newest?.arn } } }
}

/** The environment with the strategy and the approval that the deployment under way really has. */
function asDeployed(environment: Environment, api: Standing | undefined): Environment {
  const deployment = api?.newest?.inFlight ? api.newest.deployment : undefined
  if (!deployment) return environment
  const strategy = deployment.deploymentConfiguration?.strategy ?? environment.deployment.strategy
  return {
    ...environment,
    deployment: { ...environment.deployment, strategy, approval: asksPerson(deployment) },
  }
}

interface Flying {
  release: string
  digest: string
}

function requireFlying({ api, worker }: { api?: Standing; worker?: Standing }, environment: string): Flying {
  const newest = [api, worker].find(part => part?.newest?.inFlight)?.newest
  if (newest) return { release: newest.release ?? 'unnamed', digest: newest.digest }
  throw new ClarityError(
    'nothing_under_way',
    `no deployment is under way in ${environment}`,
    `what runs: clarity status ${environment}; start one: clarity deploy ${environment}`,
  )
}

async function shipmentOf(
  { ecs, environment }: ReleaseWorld,
  { release, digest }: Flying,
  { api, worker }: { api?: Standing; worker?: Standing },
): Promise<Shipment> {
  const { apiFamily, workerFamily } = namesOf(environment)
  /** What no service has yet was registered by the command that has begun this. */
  const registered = async (family: string, standing: Standing | undefined): Promise<string> => {
    const known = definitionIn(standing, release) ?? (await registeredDefinition(ecs, family, release))
    if (known) return known
    throw new ClarityError(
      'not_to_be_carried_on',
      `the deployment of ${release} cannot be carried on: its task definition of ${family} is not known`,
      `deploy it from its own commit, or take it back: clarity rollback ${environment.name}`,
    )
  }
  return {
    release,
    digest,
    apiTaskDefinition: await registered(apiFamily, api),
    workerTaskDefinition: await registered(workerFamily, worker),
  }
}

/** @returns undefined once the lock is free while something is under way: then it is to be taken over */
async function watchOnly(world: ReleaseWorld, release: string): Promise<Outcome | undefined> {
  const { ecs, environment, emit, signal, pollMs } = world
  const lock = lockOf(world)
  const isFree = async () => {
    const holder = await lock.holder(environment.name)
    return !holder || holder.expires.getTime() <= Date.now()
  }
  return runStep(emit, 'attach.watch', `watch the deployment of ${release}`, async step => {
    for (;;) {
      signal.throwIfAborted()
      const { api, worker } = await standings(ecs, environment)
      const flying = [api, worker].find(part => part?.newest?.inFlight)?.newest
      if (flying)
        await followDeployment(ecs, flying.arn, {
          pollMs,
          timeoutMs: WATCH_MS,
          signal,
          onChange: now => step.progress(describeStage(now), stageData(now)),
          onPause: async () => 'again',
          until: isFree,
        })
      else if (await isFree()) return api && verdictOf(world, api, release)
      else await sleep(pollMs, undefined, { signal })
      if (flying && (await isFree()) && (await isStillFlying(flying.arn))) return undefined
    }
  })

  async function isStillFlying(arn: string): Promise<boolean> {
    const { api, worker } = await standings(ecs, environment)
    return [api, worker].some(part => part?.newest?.inFlight && part.newest.arn === arn)
  }
}

/** The verdict on the API's last deployment, by the same facts as its own command's. */
async function verdictOf(world: ReleaseWorld, { newest }: Standing, release: string): Promise<Outcome> {
  if (!newest || newest.release !== release)
    return {
      verdict: { kind: 'failed', reasons: [`${release} has not reached the API`] },
      ecsSeconds: {},
      deployments: {},
    }
  const { deployment, arn, digest, taskDefinition } = newest
  const shipment = { release, digest, apiTaskDefinition: taskDefinition, workerTaskDefinition: '' }
  const approval = await world.approvals.read(arn)
  const verdict = withCause(
    judge(await gatherFacts(world, { deployment, timedOut: false }, shipment)),
    approval?.state === 'rejected' ? rejectionWords(approval) : undefined,
  )
  return {
    verdict,
    ecsSeconds: { api: ecsSeconds(deployment) },
    deployments: { api: arn },
    diagnosis: verdict.kind === 'succeeded' ? undefined : await world.explain('api', arn),
  }
}
