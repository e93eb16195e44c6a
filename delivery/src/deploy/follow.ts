import { setTimeout as sleep } from 'node:timers/promises'
import type { DeploymentLifecycleHookDetail, ServiceDeployment } from '@aws-sdk/client-ecs'
import type { Ecs } from '../aws/ecs.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'

const TERMINAL = new Set(['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'])
/** How long ECS may fail to answer before a deployment counts as out of sight, in ms. */
const SILENCE_MS = 120_000

/** What became of a pause: its hook was answered, must be looked at again, or this command leaves it to another. */
export type PauseAnswer = 'answered' | 'again' | 'leave'

export interface FollowOptions {
  pollMs: number
  /** Gives up waiting after this, in ms; the deployment itself goes on. */
  timeoutMs: number
  signal: AbortSignal
  onChange(deployment: ServiceDeployment): void
  /** Called for a hook that waits for an answer, at each look until it is answered. */
  onPause(hook: DeploymentLifecycleHookDetail, deployment: ServiceDeployment): Promise<PauseAnswer>
  /** Ends the following early, at a look. */
  until?(): Promise<boolean>
  /** How long ECS may fail to answer, in ms. @default two minutes */
  silenceMs?: number
}

/** Where following a deployment ended. */
export interface Followed {
  deployment: ServiceDeployment
  /** Waiting ended before the deployment did. */
  timedOut: boolean
  /** A pause was left to another command, or `until` ended the following. */
  left?: boolean
}

/**
 * Follows one deployment to its end, by its own record and not by the service's.
 * @throws ClarityError `out_of_sight` (exit code 8) when ECS does not answer for long
 */
export async function followDeployment(ecs: Ecs, arn: string, options: FollowOptions): Promise<Followed> {
  const { signal, pollMs, silenceMs = SILENCE_MS } = options
  const answered = new Set<string>()
  const deadline = performance.now() + options.timeoutMs
  let heard = performance.now()
  let before = ''

  async function look(): Promise<ServiceDeployment | undefined> {
    try {
      const deployment = await ecs.deployment(arn)
      heard = performance.now()
      return deployment
    } catch (error) {
      // a look that fails says nothing of the deployment: look again, but not for ever
      if (performance.now() - heard < silenceMs && !isRefusal(error)) return undefined
      throw outOfSight(arn, error)
    }
  }

  for (;;) {
    signal.throwIfAborted()
    const deployment = await look()
    if (deployment) {
      const now = fingerprint(deployment)
      if (now !== before) options.onChange(deployment)
      before = now
      if (isTerminal(deployment.status)) return { deployment, timedOut: false }
      if (performance.now() > deadline) return { deployment, timedOut: true }
      if (await options.until?.()) return { deployment, timedOut: false, left: true }
      const waiting = waitingHook(deployment, answered)
      const answer = waiting && (await options.onPause(waiting, deployment))
      if (answer === 'leave') return { deployment, timedOut: false, left: true }
      if (answer === 'answered') {
        answered.add(waiting?.hookId as string)
        continue
      }
    }
    await sleep(pollMs, undefined, { signal })
  }
}

/** The hook that waits for an answer, but for those that have been answered. */
export function waitingHook(
  { lifecycleHookDetails = [] }: ServiceDeployment,
  answered: ReadonlySet<string> = new Set(),
): DeploymentLifecycleHookDetail | undefined {
  return lifecycleHookDetails.find(
    hook => hook.status === 'AWAITING_ACTION' && hook.hookId && !answered.has(hook.hookId),
  )
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

/** The same for programs and the live view. */
export function stageData({ targetServiceRevision: revision, lifecycleStage, status }: ServiceDeployment) {
  return {
    stage: lifecycleStage,
    status,
    tasks: { running: revision?.runningTaskCount ?? 0, wanted: revision?.requestedTaskCount ?? 0 },
    weights: {
      test: revision?.requestedTestTrafficWeight,
      production: revision?.requestedProductionTrafficWeight,
    },
  }
}

function fingerprint(deployment: ServiceDeployment): string {
  return describeStage(deployment) + deployment.status
}

/** What will not pass by looking again. */
function isRefusal(error: unknown): boolean {
  return /AccessDenied|UnrecognizedClient|ExpiredToken|InvalidClientToken|SignatureDoesNotMatch|CredentialsProvider/.test(
    (error as Error).name,
  )
}

function outOfSight(arn: string, cause: unknown): ClarityError {
  const { name, message } = cause as Error
  return new ClarityError(
    'out_of_sight',
    `ECS does not tell how ${arn} stands: ${name}: ${message}`,
    "it goes on without this command; once ECS answers: 'clarity status', then 'clarity deploy <env> --attach'",
    { exitCode: EXIT.timedOut, cause },
  )
}
