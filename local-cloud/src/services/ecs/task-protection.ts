import type {
  GetTaskProtectionRequest,
  ProtectedTask,
  UpdateTaskProtectionRequest,
} from '@aws-sdk/client-ecs'
import type { Clock } from '../../core/clock.ts'
import type { Operation } from '../../core/service.ts'
import { type Arns, lastPart } from './arns.ts'
import { findCluster } from './clusters.ts'
import { invalidParameter } from './errors.ts'
import type { Records, TaskRecord } from './records.ts'
import { taskKey } from './task-record.ts'

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html */
const USUAL_MINUTES = 120
const MOST_MINUTES = 2880
const MOST_UPDATED = 10
const MOST_DESCRIBED = 100

/** Protection of a service's tasks from scaling in and from deployments. */
export function taskProtectionOperations(
  records: Records,
  arns: Arns,
  clock: Clock,
): Record<string, Operation> {
  /** Alters each task that is found, and tells what is true of it then. */
  function each(
    cluster: string | undefined,
    names: string[],
    alter: (record: TaskRecord) => TaskRecord,
  ): { protectedTasks: ProtectedTask[]; failures: object[] } {
    const { clusterName = '' } = findCluster(records, cluster)
    const protectedTasks: ProtectedTask[] = []
    const failures: object[] = []
    for (const name of names) {
      const arn = arns.task(clusterName, lastPart(name))
      const found = records.tasks.get(`${clusterName}/${lastPart(name)}`)
      if (!found) failures.push({ arn, reason: 'MISSING' })
      else if (!found.service || found.task.desiredStatus === 'STOPPED')
        failures.push({
          arn,
          reason: 'TASK_NOT_VALID',
          detail: 'The task is not a running task of a service.',
        })
      else {
        const record = alter(found)
        records.tasks.put(taskKey(record), record)
        const on = isProtected(record, clock.now())
        protectedTasks.push({
          taskArn: arn,
          protectionEnabled: on,
          ...(on && { expirationDate: new Date(record.protectedUntil ?? 0) }),
        })
      }
    }
    return { protectedTasks, failures }
  }

  function update(input: UpdateTaskProtectionRequest) {
    const { tasks = [], protectionEnabled, expiresInMinutes = USUAL_MINUTES } = input
    if (tasks.length === 0 || tasks.length > MOST_UPDATED)
      throw invalidParameter(`tasks must name 1 to ${MOST_UPDATED} tasks.`)
    if (!(expiresInMinutes >= 1 && expiresInMinutes <= MOST_MINUTES))
      throw invalidParameter(`expiresInMinutes ${expiresInMinutes} must be between 1 and ${MOST_MINUTES}.`)
    return each(input.cluster, tasks, ({ protectedUntil: _, ...record }) =>
      protectionEnabled
        ? { ...record, protectedUntil: clock.now() + clock.minutes(expiresInMinutes) }
        : record,
    )
  }

  function get(input: GetTaskProtectionRequest) {
    const { clusterName = '' } = findCluster(records, input.cluster)
    const all = () =>
      records.tasks
        .list(`${clusterName}/`)
        .flatMap(({ task, service }) =>
          service && task.desiredStatus === 'RUNNING' ? [task.taskArn ?? ''] : [],
        )
    const tasks = input.tasks?.length ? input.tasks : all()
    if (tasks.length > MOST_DESCRIBED) throw invalidParameter(`Tasks cannot be more than ${MOST_DESCRIBED}.`)
    return each(input.cluster, tasks, record => record)
  }

  return { UpdateTaskProtection: update, GetTaskProtection: get }
}

/** Whether neither scaling in nor a deployment may stop a task now. */
export function isProtected({ protectedUntil }: TaskRecord, now: number): boolean {
  return protectedUntil !== undefined && protectedUntil > now
}
