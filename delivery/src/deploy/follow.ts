import { setTimeout as sleep } from 'node:timers/promises'
import type { DeploymentLifecycleHookDetail, ServiceDeployment } from '@aws-sdk/client-ecs'
import type { Ecs } from '../aws/ecs.ts'

const TERMINAL = new Set(['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'])

export interface FollowOptions {
  pollMs: number
  /** Gives up waiting after this, in ms; the deployment itself goes on. */
  timeoutMs: number
  signal: AbortSignal
  onChange(deployment: ServiceDeployment): void
  /** Called once for each hook that waits for an answer. */
  onPause(hook: DeploymentLifecycleHookDetail, deployment: ServiceDeployment): Promise<void>
}

/** Follows one deployment to its end, by its own record and not by the service's. */
export async function followDeployment(
  ecs: Ecs,
  arn: string,
  options: FollowOptions,
): Promise<{ deployment: ServiceDeployment; timedOut: boolean }> {
  const answered = new Set<string>()
  const deadline = performance.now() + options.timeoutMs
  let before = ''
  for (;;) {
    options.signal.throwIfAborted()
    const deployment = await ecs.deployment(arn)
    const now = fingerprint(deployment)
    if (now !== before) options.onChange(deployment)
    before = now
    if (isTerminal(deployment.status)) return { deployment, timedOut: false }
    if (performance.now() > deadline) return { deployment, timedOut: true }
    const waiting = (deployment.lifecycleHookDetails ?? []).find(
      hook => hook.status === 'AWAITING_ACTION' && hook.hookId && !answered.has(hook.hookId),
    )
    if (waiting?.hookId) {
      answered.add(waiting.hookId)
      await options.onPause(waiting, deployment)
    } else await sleep(options.pollMs)
  }
}

export function isTerminal(status: string | undefined): boolean {
  return status !== undefined && TERMINAL.has(status)
}

/** `SCALE_UP 1/2 tasks, test 0 %, production 0 %`: one line of where a deployment stands. */
export function describeStage(deployment: ServiceDeployment): string {
  const { targetServiceRevision: revision, lifecycleStage, status } = deployment
  const parts: string[] = [lifecycleStage ?? status ?? 'PENDING']
  if (status?.startsWith('ROLLBACK')) parts.unshift(status)
  if (revision) parts.push(`${revision.runningTaskCount ?? 0}/${revision.requestedTaskCount ?? 0} tasks`)
  if (revision?.requestedTestTrafficWeight !== undefined)
    parts.push(`test ${revision.requestedTestTrafficWeight} %`)
  if (revision?.requestedProductionTrafficWeight !== undefined)
    parts.push(`production ${revision.requestedProductionTrafficWeight} %`)
  return parts.join(', ')
}

function fingerprint(deployment: ServiceDeployment): string {
  return describeStage(deployment) + deployment.status
}
