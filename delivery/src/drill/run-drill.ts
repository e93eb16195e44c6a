import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { namesOf } from '@clarity/environments'
import type { Ecs } from '../aws/ecs.ts'
import { isTerminal } from '../deploy/follow.ts'
import type { ReleaseWorld } from '../deploy/prepare.ts'
import { requireGate } from '../deploy/require-gate.ts'
import { type Outcome, ship } from '../deploy/ship.ts'
import { ClarityError } from '../errors.ts'
import { DRILL_SECONDS, secondsOf } from '../evidence/check-drill.ts'
import type { DrillClocks } from '../evidence/document.ts'
import { type Serving, serving } from '../promote/serving.ts'
import { drillReleaseOf } from '../release/drill-release.ts'
import { runStep } from '../ui/events.ts'
import { faultyDefinition } from './faulty-definition.ts'
import { type Observer, observe } from './observe.ts'

export interface DrillResult {
  /** The release that serves, before and after. */
  release: string
  digest: string
  clocks: DrillClocks
  /** From the fault until everything was back. */
  seconds?: number
  /** What did not go as it must; empty when the drill passed. */
  faults: string[]
  outcome: Outcome
  traffic: ReturnType<Observer['counts']>
  /** The deployment of the faulty release. */
  deployment?: string
  /** Whether the faulty release was let into production: otherwise nothing was shown, and nothing failed. */
  held: boolean
}

/** Seconds after the fault at which the drill takes the release back itself: the prober has not seen it. */
const PATIENCE_SECONDS = 60

/**
 * Releases the image that serves with a fault that begins under traffic, by the path of every release, and takes the
 * time until the prober has had it taken back and the release before serves again. Where the environment asks for a
 * person's approval, the drill waits for it as every release does, for as long as the pause lasts.
 * @throws ClarityError `not_settled`, `cannot_be_gated`; `interrupted` once its release has been ordered back
 */
export async function runDrill(world: ReleaseWorld): Promise<DrillResult> {
  const { environment, emit, ecs } = world
  requireGate(environment)
  const before = await serving(world)
  const token = randomBytes(12).toString('hex')
  const faulty = drillReleaseOf(before.release)
  const definition = await runStep(
    emit,
    'drill.register',
    'register what serves with a fault that waits for traffic',
    async () =>
      ecs.registerTaskDefinition(
        faultyDefinition(await ecs.taskDefinition(before.apiTaskDefinition), faulty, token),
      ),
    ({ family, revision }) => `${family}:${revision}`,
  )
  const taskDefinition = definition.taskDefinitionArn ?? ''
  const observer = observe({
    baseUrl: environment.loadBalancer.baseUrl,
    faulty,
    good: before.release,
    token,
    loadBalancing: world.loadBalancing,
    ruleArn: world.handedOn['production-rule-arn'],
    targetGroup: before.targetGroup,
    pollMs: world.pollMs,
  })
  const guard = takeBackIfUnseen(world, observer, taskDefinition)
  try {
    const outcome = await ship(
      { ...world, ecs: timed(ecs, observer) },
      {
        release: faulty,
        digest: before.digest,
        apiTaskDefinition: taskDefinition,
        workerTaskDefinition: before.workerTaskDefinition,
      },
      { waitForApproval: true, onShift: observer.begin },
    )
    observer.ended()
    const { deployment, byItself } = await guard.stop()
    if (outcome.verdict.kind === 'succeeded') await putBack(world, before)
    else if (observer.begun()) await observer.recovered(DRILL_SECONDS)
    const clocks = observer.clocks()
    return {
      release: before.release,
      digest: before.digest,
      clocks,
      seconds: secondsOf(clocks),
      faults: await faultsOf(world, { before, outcome, observer, byItself }),
      outcome,
      traffic: observer.counts(),
      deployment,
      held: observer.begun(),
    }
  } catch (error) {
    const { deployment } = await guard.stop()
    throw await breakOff(world, deployment, error)
  } finally {
    await guard.stop()
    await observer.stop()
  }
}

/**
 * Orders back what a drill that ends early has begun: a release that was made to fail is not left to ECS.
 * @returns the error to end with
 */
async function breakOff(
  { ecs, environment, signal }: ReleaseWorld,
  deployment: string | undefined,
  error: unknown,
): Promise<unknown> {
  const { name } = environment
  const flying = deployment && (await ecs.deployment(deployment).catch(() => undefined))
  if (!flying || isTerminal(flying.status)) return error
  const ordered = await ecs.rollBack(deployment).then(
    () => true,
    () => flying.status?.startsWith('ROLLBACK') === true,
  )
  if (ordered && !signal.aborted) return error
  return new ClarityError(
    signal.aborted ? 'interrupted' : 'drill_left',
    ordered
      ? 'interrupted; the release of the drill has been ordered back'
      : `the release of the drill is still under way, and ECS did not take it back: ${(error as Error).message}`,
    ordered ? `see that it is back: clarity status ${name}` : `take it back: clarity rollback ${name}`,
    { evidence: [deployment], cause: error },
  )
}

/** An ECS that tells the observer of the rollback. */
function timed(ecs: Ecs, observer: Observer): Ecs {
  return {
    ...ecs,
    rollBack: async arn => {
      observer.detected()
      await ecs.rollBack(arn)
      observer.commanded()
    },
  }
}

/** Finds the drill's own deployment, and stops it when the prober has not had it stopped in time. */
function takeBackIfUnseen(
  { ecs, environment, pollMs }: ReleaseWorld,
  observer: Observer,
  taskDefinition: string,
) {
  const { cluster, apiService } = namesOf(environment)
  const ended = new AbortController()
  let deployment: string | undefined
  let byItself = false

  async function find(): Promise<string | undefined> {
    for (const brief of await ecs.deployments(cluster, apiService, 3)) {
      const [revision] = await ecs.revisions([brief.targetServiceRevisionArn ?? ''])
      if (revision?.taskDefinition === taskDefinition) return brief.serviceDeploymentArn
    }
    return undefined
  }

  const watching = (async () => {
    while (!ended.signal.aborted) {
      deployment ??= await find().catch(() => undefined)
      const late = (observer.sinceFault() ?? 0) > PATIENCE_SECONDS
      if (deployment && late && !byItself && observer.clocks().detected === undefined) {
        byItself = true
        await ecs.rollBack(deployment).catch(() => {})
        observer.commanded()
      }
      await sleep(Math.max(pollMs, 500), undefined, { signal: ended.signal }).catch(() => {})
    }
    deployment ??= await find().catch(() => undefined)
  })()

  return {
    stop: async () => {
      ended.abort()
      await watching
      return { deployment, byItself }
    },
  }
}

/** The faulty release has ended as a success: nothing stopped it, so what served is released again. */
async function putBack(world: ReleaseWorld, { release, digest, ...definitions }: Serving): Promise<void> {
  await ship(world, { release, digest, ...definitions })
}

async function faultsOf(
  { ecs, environment }: ReleaseWorld,
  {
    before,
    outcome,
    observer,
    byItself,
  }: { before: Serving; outcome: Outcome; observer: Observer; byItself: boolean },
): Promise<string[]> {
  const { cluster, apiService } = namesOf(environment)
  const { detected, weights, hundredGood } = observer.clocks()
  const seconds = secondsOf(observer.clocks())
  const service = await ecs.service(cluster, apiService)
  const running = (await ecs.deployments(cluster, apiService, 1)).some(({ status }) => !isTerminal(status))
  const faults: (string | false)[] = [
    observer.sinceFault() === undefined && 'the fault never began: no traffic reached the faulty release',
    outcome.verdict.kind !== 'rolled-back' && `the verdict was ${outcome.verdict.kind}, not rolled-back`,
    (detected === undefined || byItself) && `the prober did not see the fault within ${PATIENCE_SECONDS} s`,
    weights === undefined && 'the production rule did not go back to the release before',
    hundredGood === undefined && `no hundred good answers in a row came from ${before.release}`,
    service?.taskDefinition !== before.apiTaskDefinition && 'the service is not set to the release before',
    running && 'a deployment is still under way',
    seconds !== undefined &&
      seconds >= DRILL_SECONDS &&
      `it took ${seconds.toFixed(1)} s, not under ${DRILL_SECONDS}`,
  ]
  return faults.filter(fault => fault !== false)
}
