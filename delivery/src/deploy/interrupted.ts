import { ClarityError } from '../errors.ts'
import { waitingHook } from './follow.ts'
import { isApprovalPause } from './gates.ts'
import type { ReleaseWorld } from './prepare.ts'
import { standingLines, standings } from './standing.ts'

/**
 * Runs the work of a command; when Ctrl-C ends it, says what goes on in AWS without it and how to go on.
 * @throws ClarityError `interrupted`
 */
export async function explainingInterrupt<T>(world: ReleaseWorld, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!world.signal.aborted) throw error
    throw await interrupted(world)
  }
}

async function interrupted({ ecs, environment }: ReleaseWorld): Promise<ClarityError> {
  const { name } = environment
  const now = await standings(ecs, environment).catch(() => undefined)
  const flying = [now?.api, now?.worker].some(part => part?.newest?.inFlight)
  if (!now || !flying)
    return new ClarityError(
      'interrupted',
      now ? 'interrupted; no deployment is under way' : 'interrupted; ECS does not tell what is under way',
      `what runs: clarity status ${name}`,
      { evidence: now && standingLines(now) },
    )
  const deployment = now.api?.newest?.deployment
  const pause = deployment && waitingHook(deployment)
  const until = pause?.expiresAt ? ` until ${pause.expiresAt.toISOString()}` : ''
  const waits = deployment && isApprovalPause(deployment) ? 'a person' : 'the suites'
  return new ClarityError(
    'interrupted',
    'interrupted; the deployment goes on in ECS without this command',
    `follow it: clarity deploy ${name} --attach; take it back: clarity rollback ${name}`,
    {
      evidence: [
        ...standingLines(now),
        ...(pause
          ? [`it waits for ${waits}${until}: unanswered, ECS rolls it back`]
          : ['nobody probes production or runs the suites until a command follows it']),
      ],
    },
  )
}
