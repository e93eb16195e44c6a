import type { Clock } from '../../core/clock.ts'
import { TERMINAL } from './deployment-machine.ts'
import type { Events } from './events.ts'
import type { Records, TaskRecord } from './records.ts'
import { taskKey } from './task-record.ts'

/** Waits after the second and later failures in a row to start a task; AWS's grow to minutes. */
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 5000
/** Failures in a row after which AWS says that it cannot start tasks consistently. */
const INCONSISTENT = 3

/** What the ends of tasks mean for their service: the throttle, the circuit breaker's count, and events. */
export interface Outcomes {
  /** A task became healthy for the first time: what failed before it does not count any more. */
  served(task: TaskRecord): void
  /** A task has ended. One that never served, and was not told to go, has failed. */
  ended(task: TaskRecord): void
}

export function createOutcomes(records: Records, events: Events, clock: Clock): Outcomes {
  function served(task: TaskRecord): void {
    task.served = true
    records.tasks.put(taskKey(task), task)
    const key = serviceKeyOfTask(task)
    const record = records.services.get(key)
    if (!record) return
    records.services.put(key, { ...record, failures: 0, launchNotBefore: 0 })
    const deployment = records.deployments.get(record.deploymentArn)
    const { resetOnHealthyTask = true } = deployment?.configuration.deploymentCircuitBreaker ?? {}
    if (
      deployment &&
      deployment.targetArn === task.revisionArn &&
      deployment.state.failures > 0 &&
      resetOnHealthyTask
    )
      records.deployments.put(deployment.arn, { ...deployment, state: { ...deployment.state, failures: 0 } })
  }

  function ended(task: TaskRecord): void {
    const key = serviceKeyOfTask(task)
    const record = records.services.get(key)
    if (!record || task.served || !failedByItself(task)) return
    const failures = record.failures + 1
    const wait = failures < 2 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - 2), LONGEST_WAIT_MS)
    records.services.put(key, {
      ...record,
      failures,
      launchNotBefore: clock.now() + wait,
      deployments: record.deployments.map(entry =>
        entry.revisionArn === task.revisionArn
          ? { ...entry, failedTasks: (entry.failedTasks ?? 0) + 1 }
          : entry,
      ),
    })
    const [cluster = '', name] = key.split('/')
    const { stopCode, stoppedReason } = task.task
    if (stopCode === 'TaskFailedToStart')
      events.add(cluster, name, `was unable to place a task. Reason: ${stoppedReason}.`)
    if (failures === INCONSISTENT)
      events.add(
        cluster,
        name,
        'is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.',
      )
    const deployment = records.deployments.get(record.deploymentArn)
    if (!deployment || deployment.targetArn !== task.revisionArn || TERMINAL.has(deployment.state.status))
      return
    records.deployments.put(deployment.arn, {
      ...deployment,
      state: { ...deployment.state, failures: deployment.state.failures + 1 },
    })
  }

  return { served, ended }
}

/** `cluster/service` of a service's task. */
export function serviceKeyOfTask({ task, service }: TaskRecord): string {
  return `${(task.taskArn ?? '').split('/')[1]}/${service}`
}

function failedByItself({ task }: TaskRecord): boolean {
  const { stopCode, stoppedReason = '' } = task
  if (stopCode === 'TaskFailedToStart' || stopCode === 'EssentialContainerExited') return true
  return stoppedReason.startsWith('Task failed ')
}
