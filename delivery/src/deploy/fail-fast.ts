import { setTimeout as sleep } from 'node:timers/promises'
import type { Task } from '@aws-sdk/client-ecs'
import type { Ecs } from '../aws/ecs.ts'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import { repeatedFailure, type StoppedTask, unhealthyForOneReason } from '../release/failure-pattern.ts'

export interface FailFastOptions {
  ecs: Ecs
  cluster: string
  service: string
  taskDefinition: string
  pollMs: number
  /** When the deployment began: older tasks are not its own. */
  since: Date
  /** For a service behind a load balancer: where the new tasks register. */
  targets?: { loadBalancing: LoadBalancing; groups: string[]; persistMs: number }
}

export interface FailFast {
  /** Why the deployment was given up; undefined while there is hope. */
  cause(): string | undefined
  /** Waits for `giveUp`, if it is under way. */
  stop(): Promise<void>
}

/**
 * Watches the tasks of a deployment beside it and gives up as soon as the same failure repeats, which ECS itself
 * does not do for blue/green. It only reads: `giveUp` acts.
 */
export function failFast(options: FailFastOptions, giveUp: (cause: string) => Promise<void>): FailFast {
  const ended = new AbortController()
  let cause: string | undefined
  let unhealthy: { reason: string; since: number } | undefined

  async function look(): Promise<string | undefined> {
    const stopped = await options.ecs.tasks(options.cluster, options.service, 'STOPPED')
    const ours = stopped.filter(
      task =>
        task.taskDefinitionArn === options.taskDefinition &&
        (task.createdAt?.getTime() ?? 0) >= options.since.getTime() - 1000,
    )
    return (
      repeatedFailure(ours.map(summarize))?.cause ??
      (options.targets && (await lookAtTargets(options.targets)))
    )
  }

  async function lookAtTargets({
    loadBalancing,
    groups,
    persistMs,
  }: NonNullable<FailFastOptions['targets']>) {
    for (const group of groups) {
      const reason = unhealthyForOneReason(await loadBalancing.targets(group))
      if (!reason) continue
      if (unhealthy?.reason !== reason) unhealthy = { reason, since: performance.now() }
      return performance.now() - unhealthy.since >= persistMs ? reason : undefined
    }
    unhealthy = undefined
    return undefined
  }

  const watching = (async () => {
    while (!ended.signal.aborted && cause === undefined) {
      // a look that fails is not a failure of the deployment: look again
      cause = await look().catch(() => undefined)
      if (cause !== undefined) await giveUp(cause)
      else await sleep(options.pollMs * 2, undefined, { signal: ended.signal }).catch(() => {})
    }
  })()

  return {
    cause: () => cause,
    stop: async () => {
      ended.abort()
      await watching
    },
  }
}

function summarize({ taskArn = '', stopCode, stoppedReason, containers }: Task): StoppedTask {
  const container = containers?.find(c => c.exitCode !== undefined || c.reason !== undefined)
  return {
    id: taskArn.split('/').pop() ?? taskArn,
    stopCode,
    stoppedReason,
    exitCode: container?.exitCode,
    containerReason: container?.reason,
  }
}
