import type { ServiceDeployment, ServiceRevision, Task, TaskDefinition } from '@aws-sdk/client-ecs'
import type { DeploymentFacts, TaskDefinitionFacts, TaskFacts } from '../release/diagnosis/facts.ts'
import { releaseOf } from '../release/task-definitions.ts'

/** A deployment as the rules look at it. */
export function describeDeployment(deployment: ServiceDeployment): DeploymentFacts {
  const { deploymentCircuitBreaker: breaker, alarms, lifecycleHookDetails: hooks = [] } = deployment
  return {
    arn: deployment.serviceDeploymentArn ?? '',
    status: deployment.status ?? 'PENDING',
    statusReason: deployment.statusReason,
    rollbackReason: deployment.rollback?.reason,
    stage: deployment.lifecycleStage,
    createdAt: deployment.createdAt,
    finishedAt: deployment.finishedAt,
    hooks: hooks.map(({ hookId = '', status = '', expiresAt }) => ({ id: hookId, status, expiresAt })),
    circuitBreaker: breaker && {
      status: breaker.status ?? '',
      failures: breaker.failureCount ?? 0,
      threshold: breaker.threshold ?? 0,
    },
    triggeredAlarms: alarms?.triggeredAlarmNames ?? [],
  }
}

/** A task definition as the rules look at it: its first container is the one that counts. */
export function describeDefinition(definition: TaskDefinition): TaskDefinitionFacts {
  const container = definition.containerDefinitions?.[0]
  const variable = (wanted: string) => container?.environment?.find(({ name }) => name === wanted)?.value
  return {
    arn: definition.taskDefinitionArn ?? '',
    family: definition.family ?? '',
    release: releaseOf(definition),
    container: container?.name ?? '',
    image: container?.image ?? '',
    architecture: definition.runtimePlatform?.cpuArchitecture ?? 'X86_64',
    memory: definition.memory ?? String(container?.memory ?? ''),
    stopTimeout: container?.stopTimeout ?? 30,
    executionRole: definition.executionRoleArn ?? '',
    taskRole: definition.taskRoleArn ?? '',
    logGroup: container?.logConfiguration?.options?.['awslogs-group'] ?? '',
    containerPort: container?.portMappings?.[0]?.containerPort,
    port: variable('PORT'),
    host: variable('HOST'),
  }
}

/** A stopped task as the rules look at it. */
export function describeTask(task: Task): TaskFacts {
  const { stopCode, stoppedReason, createdAt, stoppingAt, executionStoppedAt, stoppedAt } = task
  return {
    id: task.taskArn?.split('/').pop() ?? '',
    stopCode,
    stoppedReason,
    createdAt,
    stoppingAt,
    executionStoppedAt,
    stoppedAt,
    containers: (task.containers ?? []).map(({ name = '', exitCode, reason }) => ({
      name,
      exitCode,
      reason,
    })),
  }
}

/** Where the first container's log is: streams are `<prefix>/<task id>` of the answer. */
export function logOf(definition: TaskDefinition): { group: string; prefix: string } | undefined {
  const container = definition.containerDefinitions?.[0]
  const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix } =
    container?.logConfiguration?.options ?? {}
  return group && prefix ? { group, prefix: `${prefix}/${container?.name}` } : undefined
}

/** The group in which the tasks of a revision register. */
export function targetGroupOf(revision: ServiceRevision | undefined): string | undefined {
  return (
    revision?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn ??
    revision?.loadBalancers?.[0]?.targetGroupArn
  )
}
