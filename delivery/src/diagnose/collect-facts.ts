import type { ServiceDeployment, ServiceRevision, Task, TaskDefinition } from '@aws-sdk/client-ecs'
import { type Environment, namesOf } from '@clarity/environments'
import type { Alarms } from '../aws/alarms.ts'
import type { Ecs } from '../aws/ecs.ts'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import type { Logs } from '../aws/logs.ts'
import type { TrafficSettings } from '../aws/traffic-settings.ts'
import {
  type Facts,
  failedByItself,
  type TaskDefinitionFacts,
  type TaskFacts,
} from '../release/diagnosis/facts.ts'
import { releaseOf } from '../release/task-definitions.ts'

/** Whom a diagnosis asks; it only reads. */
export interface Witnesses {
  environment: Environment
  ecs: Ecs
  loadBalancing: LoadBalancing
  traffic: TrafficSettings
  logs: Logs
  alarms: Alarms
  now(): Date
}

/** Newest deployments among which the one in question and its successor are looked for. */
const LOOK_BACK = 100
/** Of a deployment that succeeded only what happened within this time, in ms, still says anything. */
const RECENT_MS = 3_600_000
/** Failed tasks whose log is read, and how many of its last lines. */
const LOGS_READ = 3
const LOG_LINES = 20

/**
 * Collects all that is known of one deployment of a service. Who cannot be asked is named in `unchecked`; only
 * that ECS itself does not answer is an error.
 * @param arn the deployment; the newest one when absent
 */
export async function collectFacts(who: Witnesses, serviceName: string, arn?: string): Promise<Facts> {
  const { environment, ecs, loadBalancing, traffic, logs, alarms } = who
  const { cluster, prefix } = namesOf(environment)
  const facts: Facts = {
    environment: environment.name,
    cluster,
    service: serviceName,
    tasks: [],
    events: [],
    targets: [],
    alarms: [],
    unchecked: [],
  }
  const ask = async <T>(what: string, question: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await question()
    } catch (error) {
      facts.unchecked.push(`${what}: ${(error as Error).name}`)
      return otherwise
    }
  }

  const service = await ecs.service(cluster, serviceName)
  if (!service) return facts
  const { desiredCount: desired = 0, runningCount: running = 0, pendingCount: pending = 0 } = service
  facts.counts = { desired, running, pending }

  const listed = await ecs.deployments(cluster, serviceName, LOOK_BACK)
  const at = arn === undefined ? 0 : listed.findIndex(d => d.serviceDeploymentArn === arn)
  const wanted = arn ?? listed[0]?.serviceDeploymentArn
  if (wanted === undefined) return facts
  const deployment = await ecs.deployment(wanted)
  facts.deployment = describeDeployment(deployment)
  const during = spanOf(deployment, at > 0 ? listed[at - 1]?.createdAt : undefined, who.now())
  facts.events = (service.events ?? [])
    .filter(event => during(event.createdAt))
    .map(({ createdAt, message = '' }) => ({ at: createdAt, message }))

  const [revision] = await ask(
    'the service revision',
    () => ecs.revisions([deployment.targetServiceRevision?.arn ?? '']),
    [] as ServiceRevision[],
  )
  const definition = await ask(
    'the task definition',
    async () => revision?.taskDefinition && (await ecs.taskDefinition(revision.taskDefinition)),
    undefined,
  )
  if (definition) facts.taskDefinition = describeDefinition(definition)

  const stopped = await ask('stopped tasks', () => ecs.tasks(cluster, serviceName, 'STOPPED'), [] as Task[])
  facts.tasks = stopped
    .filter(task => task.taskDefinitionArn === revision?.taskDefinition && during(task.createdAt))
    .map(describeTask)
    .sort((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0))
  const log = definition && logOf(definition)
  if (log)
    for (const task of facts.tasks.filter(failedByItself).slice(0, LOGS_READ))
      await ask(
        'logs',
        async () => {
          task.log = await logs.tail(log.group, `${log.prefix}/${task.id}`, LOG_LINES)
        },
        undefined,
      )

  const group = targetGroupOf(revision)
  if (group) {
    facts.targets = await ask('target health', () => loadBalancing.targets(group), [])
    const settings = await ask('the health check', () => traffic.targetGroup(group), undefined)
    if (settings)
      facts.healthCheck = {
        path: settings.group.HealthCheckPath ?? '/',
        port: settings.group.HealthCheckPort ?? 'traffic-port',
        codes: settings.group.Matcher?.HttpCode ?? '200',
      }
  }
  const known = await ask('alarms', () => alarms.withPrefix(`${prefix}-`), [])
  facts.alarms = known.filter(({ state }) => state === 'ALARM').map(({ name, reason }) => ({ name, reason }))
  return facts
}

/** When a thing must have happened to belong to the deployment. */
function spanOf({ createdAt, status }: ServiceDeployment, next: Date | undefined, now: Date) {
  const began = (createdAt?.getTime() ?? 0) - 1000
  const from = status === 'SUCCESSFUL' && !next ? Math.max(began, now.getTime() - RECENT_MS) : began
  const to = next?.getTime() ?? Number.POSITIVE_INFINITY
  return (moment: Date | undefined) =>
    moment === undefined || (moment.getTime() >= from && moment.getTime() <= to)
}

function describeDeployment(deployment: ServiceDeployment): Facts['deployment'] {
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

function describeDefinition(definition: TaskDefinition): TaskDefinitionFacts {
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

function describeTask(task: Task): TaskFacts {
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

/** Where the first container's log is: streams are `<prefix>/<container>/<task id>`. */
function logOf(definition: TaskDefinition): { group: string; prefix: string } | undefined {
  const container = definition.containerDefinitions?.[0]
  const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix } =
    container?.logConfiguration?.options ?? {}
  return group && prefix ? { group, prefix: `${prefix}/${container?.name}` } : undefined
}

function targetGroupOf(revision: ServiceRevision | undefined): string | undefined {
  return (
    revision?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn ??
    revision?.loadBalancers?.[0]?.targetGroupArn
  )
}
