import type { TaskStopCode } from '@aws-sdk/client-ecs'
import type { TargetState } from '../aws/load-balancing.ts'

/** What is known of a task that stopped. */
export interface StoppedTask {
  id: string
  stopCode?: TaskStopCode
  stoppedReason?: string
  exitCode?: number
  /** ECS's word on the container, such as a pull error. */
  containerReason?: string
}

/** Why a deployment cannot succeed. */
export interface Failure {
  cause: string
  /** The task whose log is worth reading. */
  task?: string
}

/** Tasks that must end alike before the pattern is believed: one may be bad luck. */
const ALIKE = 2

/**
 * Finds what keeps happening to the tasks of one deployment: ECS itself would try again for hours.
 * @returns undefined while nothing repeats
 */
export function repeatedFailure(stopped: StoppedTask[]): Failure | undefined {
  const alike = new Map<string, StoppedTask[]>()
  for (const task of stopped.filter(failedByItself)) {
    const key = `${task.stopCode}/${task.exitCode}/${withoutIds(task.stoppedReason)}/${withoutIds(task.containerReason)}`
    alike.set(key, [...(alike.get(key) ?? []), task])
  }
  const [worst] = [...alike.values()].sort((a, b) => b.length - a.length)
  const [task] = worst ?? []
  if (!task || !worst || worst.length < ALIKE) return undefined
  return { cause: `${worst.length} tasks ended alike: ${explainStop(task)}`, task: task.id }
}

/** A task's end in one line. */
export function explainStop({ stoppedReason, exitCode, containerReason }: StoppedTask): string {
  const parts = [stoppedReason ?? 'no reason given']
  if (containerReason && containerReason !== stoppedReason) parts.push(containerReason)
  if (exitCode !== undefined) parts.push(`exit code ${exitCode}`)
  return parts.join(', ')
}

/** @returns the one reason for which every target is unhealthy; undefined when one is well or they differ */
export function unhealthyForOneReason(targets: TargetState[]): string | undefined {
  const waiting = targets.filter(target => target.state !== 'draining' && target.state !== 'unused')
  const [first] = waiting
  if (!first || waiting.some(target => target.state !== 'unhealthy' || target.reason !== first.reason))
    return undefined
  return `every target is unhealthy: ${first.reason}: ${first.description}`
}

function failedByItself({ stopCode, stoppedReason = '' }: StoppedTask): boolean {
  return (
    stopCode === 'TaskFailedToStart' ||
    stopCode === 'EssentialContainerExited' ||
    /health checks/.test(stoppedReason)
  )
}

function withoutIds(text = ''): string {
  return text.replace(/[0-9a-f]{32}|127\.0\.0\.1:\d+|port \d+/g, '…')
}
