import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Records, ServiceRecord, TaskRecord } from './records.ts'
import { lookUp } from './task-definitions.ts'
import { taskIdOf } from './task-record.ts'
import type { StopOrder } from './task-runner.ts'
import { targetKey } from './traffic.ts'

/**
 * How long a task without a load balancer and without a health check must run before it counts as healthy.
 * AWS waits 40 seconds (DeploymentConfiguration, minimumHealthyPercent).
 */
const SETTLE_MS = 2000

export type Verdict = 'healthy' | 'unknown' | { unhealthy: StopOrder; event: string }

/** What a service's scheduler makes of one of its tasks. */
export function judgeTask(
  record: TaskRecord,
  service: ServiceRecord,
  targets: Map<string, TargetHealth>,
  records: Records,
  now: number,
): Verdict {
  const { task } = record
  if (task.desiredStatus !== 'RUNNING' || task.lastStatus !== 'RUNNING') return 'unknown'
  const age = now - (task.startedAt ?? now)
  const grace = (service.service.healthCheckGracePeriodSeconds ?? 0) * 1000
  if (task.healthStatus === 'UNHEALTHY')
    return age < grace
      ? 'unknown'
      : {
          unhealthy: { reason: 'Task failed container health checks', code: 'ServiceSchedulerInitiated' },
          event: `(task ${taskIdOf(record)}) failed container health checks.`,
        }
  for (const target of record.targets) {
    const state = targets.get(targetKey(target))
    if (state?.State === 'healthy') continue
    if (state?.State !== 'unhealthy' || age < grace) return 'unknown'
    const port = task.containers
      ?.flatMap(container => container.networkBindings ?? [])
      .find(binding => binding.hostPort === target.port)?.containerPort
    const group = `(target-group ${target.targetGroupArn})`
    return {
      unhealthy: { reason: `Task failed ELB health checks in ${group}`, code: 'ServiceSchedulerInitiated' },
      event: `(task ${taskIdOf(record)}) (port ${port}) is unhealthy in ${group} due to (reason ${state.Description ?? state.Reason}).`,
    }
  }
  if (record.targets.length > 0 && !hasHealthCheck(record, records)) return 'healthy'
  if (hasHealthCheck(record, records)) return task.healthStatus === 'HEALTHY' ? 'healthy' : 'unknown'
  return age >= SETTLE_MS ? 'healthy' : 'unknown'
}

function hasHealthCheck({ task }: TaskRecord, records: Records): boolean {
  const containers = lookUp(records, task.taskDefinitionArn)?.containerDefinitions ?? []
  return containers.some(c => c.healthCheck && c.healthCheck.command?.[0] !== 'NONE' && c.essential !== false)
}
