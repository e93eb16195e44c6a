import { readChain } from '../evidence/chain.ts'
import { documentsOf } from '../evidence/verify-chain.ts'
import type { Release } from '../release/task-definitions.ts'
import { judge, type Verdict } from '../release/verdict.ts'
import { runStep, type Step } from '../ui/events.ts'
import { ecsSeconds, gatherFacts } from './gather-facts.ts'
import { isGood, verdictWords } from './outcome.ts'
import type { ReleaseWorld } from './prepare.ts'
import type { Outcome } from './ship.ts'
import type { Standing } from './standing.ts'
import { runSuites } from './suites.ts'

/** Newest links that are looked through for a release's success. */
const LOOK_BACK = 20

/**
 * Whether evidence says that a release was brought to serve. Where the chain cannot be read nothing could be added to
 * it either, and nothing is asked for.
 */
export async function isProven(world: ReleaseWorld, release: string): Promise<boolean> {
  const links = await readChain(world, LOOK_BACK).catch(() => undefined)
  if (!links) return true
  return documentsOf(links).some(document => document.release === release && document.verdict === 'succeeded')
}

/**
 * The verdict on a release that serves although no command has said so: the one that began it was killed, and ECS ended
 * it alone. The same facts as for every release, and the suites, at the production listener.
 * @returns undefined when the newest deployment of the API is of another release: ECS went back to this one
 */
export async function verifyServing(
  world: ReleaseWorld,
  { name, digest }: Release,
  { api, worker }: { api?: Standing; worker?: Standing },
): Promise<Outcome | undefined> {
  const newest = api?.newest
  if (newest?.release !== name || newest.deployment.status !== 'SUCCESSFUL') return undefined
  const { deployment, arn, taskDefinition } = newest
  const shipment = {
    release: name,
    digest,
    apiTaskDefinition: taskDefinition,
    workerTaskDefinition: worker?.taskDefinition ?? '',
  }
  const ofWorker = worker?.newest?.release === name ? worker.newest : undefined

  async function look(step: Step): Promise<{ verdict: Verdict }> {
    const verdict = judge(await gatherFacts(world, { deployment, timedOut: false }, shipment))
    if (verdict.kind !== 'succeeded') return { verdict }
    const { baseUrl } = world.environment.loadBalancer
    const { failed } = await runSuites(baseUrl, name, step, world.suiteUser)
    return { verdict: failed ? { kind: 'failed', reasons: [failed] } : verdict }
  }

  const { verdict } = await runStep(
    world.emit,
    'release.verify',
    `look at ${name}, which serves without evidence of it`,
    look,
    found => verdictWords(found.verdict),
    isGood,
  )
  return {
    verdict,
    ecsSeconds: { api: ecsSeconds(deployment), worker: ofWorker && ecsSeconds(ofWorker.deployment) },
    deployments: { api: arn, worker: ofWorker?.arn },
    diagnosis: isGood({ verdict }) ? undefined : await world.explain('api', arn),
  }
}
