import { setTimeout as sleep } from 'node:timers/promises'
import { namesOf } from '@clarity/environments'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { releaseOf } from '../release/task-definitions.ts'
import { runStep } from '../ui/events.ts'
import { formatSeconds } from '../ui/render.ts'
import { describeStage, followDeployment, isTerminal, stageData } from './follow.ts'
import { liveTargetGroupOf } from './gather-facts.ts'
import type { ReleaseWorld } from './prepare.ts'
import { putWorkerBack } from './put-worker-back.ts'
import { type Standing, standingOf } from './standing.ts'
import { underLock } from './under-lock.ts'
import { watchWeights } from './watch-weights.ts'

export interface Stopped {
  deployment: string
  /** The release that serves again. */
  restored?: string
  /** From the command's start until the load balancer sent everything to the revision before; absent for the worker. */
  weightsSeconds?: number
}

/** Longest that ECS is waited for, in ms. */
const PATIENCE_MS = 10 * 60_000
/** Longest that the command whose deployment was stopped is waited for, in ms: it puts the worker back itself. */
const HOLDER_MS = 5 * 60_000

/**
 * Stops what is under way; ECS turns the weights back by itself. This is the brake, and needs no lock: it names one
 * deployment, and the command that follows it and holds the lock sees it end. Only the worker waits for the lock.
 * @returns undefined when the deployment has succeeded before it could be stopped
 */
export async function stopInFlight(
  world: ReleaseWorld,
  { newest }: Standing,
  part: 'api' | 'worker',
): Promise<Stopped | undefined> {
  const { ecs, loadBalancing, handedOn, emit, signal, pollMs } = world
  if (!newest) return undefined
  const { arn, deployment, release = 'an unnamed release' } = newest
  const before = deployment.rollback?.serviceRevisionArn ?? deployment.sourceServiceRevisions?.[0]?.arn
  const [revision] = before ? await ecs.revisions([before]) : []
  const watch =
    part === 'api' && revision
      ? watchWeights(loadBalancing, {
          rule: handedOn['production-rule-arn'],
          targetGroup: liveTargetGroupOf(revision),
          pollMs: pollMs / 5,
        })
      : undefined

  async function brake(): Promise<boolean> {
    try {
      await ecs.rollBack(arn)
      return true
    } catch (error) {
      // it may be going back already, or have ended in the meantime
      const { status } = await ecs.deployment(arn)
      if (status === 'SUCCESSFUL') return false
      if (!isTerminal(status) && !status?.startsWith('ROLLBACK')) throw error
      return true
    }
  }

  try {
    const status = await runStep(
      emit,
      'rollback.stop',
      `stop the deployment of ${release} and restore what served before`,
      async step => {
        if (!(await brake())) return 'SUCCESSFUL'
        let told = false
        const end = await followDeployment(ecs, arn, {
          pollMs,
          timeoutMs: PATIENCE_MS,
          signal,
          onChange: now => step.progress(describeStage(now), stageData(now)),
          onPause: async () => 'again',
          until: async () => {
            const at = watch?.reachedAt()
            if (at !== undefined && !told)
              step.progress(`all weight is back after ${formatSeconds(at / 1000)}`)
            told ||= at !== undefined
            return false
          },
        })
        return requireRolledBack(end.deployment)
      },
      status => status,
    )
    if (status === 'SUCCESSFUL') return undefined
  } finally {
    await watch?.stop()
  }
  const restored = revision?.taskDefinition && releaseOf(await ecs.taskDefinition(revision.taskDefinition))
  if (part === 'api' && before) await workerFollows(world, before, restored)
  const at = watch?.reachedAt()
  return { deployment: arn, restored: restored || undefined, weightsSeconds: at && at / 1000 }
}

function requireRolledBack({
  status,
  statusReason,
  ...deployment
}: {
  status?: string
  statusReason?: string
  serviceDeploymentArn?: string
}): string {
  if (status === 'ROLLBACK_SUCCESSFUL') return status
  throw new ClarityError(
    'rollback_failed',
    `ECS ended the rollback of ${deployment.serviceDeploymentArn} as ${status}: ${statusReason ?? 'no reason given'}`,
    "look at 'clarity status' now: traffic may be on either release",
    { exitCode: EXIT.failed },
  )
}

/** Waits until the command that holds the lock has put the worker back, or does it once the lock is free. */
async function workerFollows(world: ReleaseWorld, apiRevision: string, release = ''): Promise<void> {
  const { ecs, environment, signal, pollMs, emit } = world
  const { cluster, workerService } = namesOf(environment)
  const deadline = performance.now() + HOLDER_MS
  for (let told = false; ; told = true) {
    const worker = await standingOf(ecs, cluster, workerService)
    if (!worker || (worker.release === release && !worker.newest?.inFlight)) return
    try {
      await underLock(world, { why: 'rollback', commit: release, waitSeconds: 0 }, held =>
        putWorkerBack(held, apiRevision),
      )
      return
    } catch (error) {
      if (!(error instanceof ClarityError) || error.code !== 'locked' || performance.now() > deadline)
        throw error
      if (!told) emit({ type: 'note', message: `the worker waits for its turn: ${error.message}` })
    }
    await sleep(Math.max(pollMs, 200), undefined, { signal })
  }
}
