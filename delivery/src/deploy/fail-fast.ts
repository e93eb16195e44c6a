import { setTimeout as sleep } from 'node:timers/promises'
import type { Task } from '@aws-sdk/client-ecs'
import type { Ecs } from '../aws/ecs.ts'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import type { Logs } from '../aws/logs.ts'
import { repeatedFailure, type StoppedTask, unhealthyForOneReason } from '../release/failure-pattern.ts'

export interface FailFastOptions {
  ecs: Ecs
  logs: Logs
  cluster: string
  service: string
  taskDefinition: string
  logGroup: string
  containerName: string
  pollMs: number
  /** For a service behind a load balancer: where the new tasks register. */
  targets?: { loadBalancing: LoadBalancing; groups: string[]; persistMs: number }
}

export interface FailFast {
  /** Why the deployment was given up, with the last lines that the task wrote; undefined while there is hope. */
  cause(): string | undefined
  stop(): Promise<void>
}

/** Log lines that are quoted of a task that ended. */
const QUOTED_LINES = 3

/**
 * Watches the tasks of a deployment beside it and gives up as soon as the same failure repeats, which ECS itself
 * does not do for blue/green. It only reads: `giveUp` acts.
 */
export function failFast(options: FailFastOptions, giveUp: () => void): FailFast {
  const ended = new AbortController()
  const since = Date.now()
  let cause: string | undefined
  let unhealthy: { reason: string; since: number } | undefined

  async function look(): Promise<string | undefined> {
    const stopped = await options.ecs.tasks(options.cluster, options.service, 'STOPPED')
    const ours = stopped.filter(
      task =>
        task.taskDefinitionArn === options.taskDefinition && (task.createdAt?.getTime() ?? 0) >= since - 1000,
    )
    const failure = repeatedFailure(ours.map(summarize))
    if (failure) return `${failure.cause}${failure.task ? await quote(failure.task) : ''}`
    return options.targets && (await lookAtTargets(options.targets))
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

  async function quote(task: string): Promise<string> {
    const lines = await options.logs.tail(
      options.logGroup,
      `ecs/${options.containerName}/${task}`,
      QUOTED_LINES,
    )
    return lines.length > 0 ? `; it wrote: ${lines.join(' | ')}` : '; it wrote nothing'
  }

  const watching = (async () => {
    while (!ended.signal.aborted && cause === undefined) {
      // a look that fails is not a failure of the deployment: look again
      cause = await look().catch(() => undefined)
      if (cause !== undefined) giveUp()
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
