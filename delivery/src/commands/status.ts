import type { Service, Task } from '@aws-sdk/client-ecs'
import { namesOf } from '@clarity/environments'
import { createEcs, type Ecs } from '../aws/ecs.ts'
import { createLoadBalancing, type RuleWeights } from '../aws/load-balancing.ts'
import { type HandedOnValues, readHandedOn } from '../aws/parameters.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { releaseOf } from '../release/task-definitions.ts'
import { access, chooseTarget } from '../target.ts'

/** Events shown of each service. */
const EVENTS = 6

/** `clarity status [env]`: what runs and where traffic goes, from ECS's and the load balancer's own word. */
export const run: RunCommand = async ({ emit, root, variables, positionals: [name = 'local'] }) => {
  const target = chooseTarget(name, root, variables)
  const to = await access(target)
  const { environment } = target
  const handedOn = await readHandedOn(to, environment)
  const ecs = createEcs(to)
  const balancing = createLoadBalancing(to)
  const names = namesOf(environment)

  const services = await Promise.all(
    [names.apiService, names.workerService].map(service =>
      serviceStatus(ecs, names.cluster, service, target.onLocalCloud === true),
    ),
  )
  const groups = await Promise.all(
    (['blue', 'green'] as const).map(async colour => ({
      colour,
      targets: await balancing.targets(handedOn[`${colour}-target-group-arn`]),
    })),
  )
  const production = await balancing.weights(handedOn['production-rule-arn'])
  const test = await balancing.weights(handedOn['test-rule-arn'])
  const weights = { production: byColour(production, handedOn), test: byColour(test, handedOn) }

  const text = [
    `${environment.name}  ${environment.loadBalancer.baseUrl}`,
    '',
    ...services.flatMap(serviceLines),
    'load balancer',
    `  production rule  blue ${weights.production.blue} : green ${weights.production.green}`,
    `  test rule        blue ${weights.test.blue} : green ${weights.test.green}`,
    ...groups.flatMap(({ colour, targets }) =>
      targets.length === 0
        ? [`  ${colour.padEnd(6)} no targets`]
        : targets.map(
            t =>
              `  ${colour.padEnd(6)} ${t.target}  ${t.state}${t.reason ? ` ${t.reason}: ${t.description}` : ''}`,
          ),
    ),
  ]
  emit({
    type: 'result',
    text: text.join('\n'),
    data: { environment: environment.name, services, weights, groups },
  })
  return services.every(isWell) ? EXIT.succeeded : EXIT.unhealthy
}

interface ServiceStatus {
  service: string
  exists: boolean
  release?: string
  digest?: string
  desired: number
  running: number
  deployment?: { status: string; stage?: string; reason?: string }
  /** `process` is the pid on this machine; only the laptop's tasks have one. */
  tasks: { id: string; status: string; digest?: string; startedAt?: Date; process?: number }[]
  stopped: { id: string; reason: string; at?: Date }[]
  events: { at?: Date; message: string }[]
}

async function serviceStatus(
  ecs: Ecs,
  cluster: string,
  name: string,
  local: boolean,
): Promise<ServiceStatus> {
  const service = await ecs.service(cluster, name)
  if (!service)
    return { service: name, exists: false, desired: 0, running: 0, tasks: [], stopped: [], events: [] }
  const [definition, running, stopped, [newest]] = await Promise.all([
    ecs.taskDefinition(service.taskDefinition ?? ''),
    ecs.tasks(cluster, name, 'RUNNING'),
    ecs.tasks(cluster, name, 'STOPPED'),
    ecs.deployments(cluster, name, 1),
  ])
  const deployment = newest?.serviceDeploymentArn
    ? await ecs.deployment(newest.serviceDeploymentArn)
    : undefined
  return {
    service: name,
    exists: true,
    release: releaseOf(definition),
    digest: definition.containerDefinitions?.[0]?.image?.split('@')[1],
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    deployment: deployment && {
      status: deployment.status ?? 'PENDING',
      stage: deployment.lifecycleStage,
      reason: deployment.statusReason,
    },
    tasks: running.map(task => ({
      id: taskId(task),
      status: task.lastStatus ?? '',
      digest: task.containers?.[0]?.imageDigest,
      startedAt: task.startedAt,
      process: local ? processOf(task) : undefined,
    })),
    stopped: stopped
      .filter(task => task.stopCode !== 'ServiceSchedulerInitiated')
      .map(task => ({ id: taskId(task), reason: stopReason(task), at: task.stoppedAt })),
    events: eventsOf(service),
  }
}

function serviceLines(status: ServiceStatus): string[] {
  if (!status.exists) return [`${status.service}  does not exist`, '']
  const { deployment } = status
  return [
    `${status.service}  ${status.running}/${status.desired} tasks`,
    `  release     ${status.release ?? 'unnamed'}`,
    `  digest      ${status.digest ?? 'unknown'}`,
    `  deployment  ${deployment?.status}${deployment?.stage ? ` at ${deployment.stage}` : ''}${deployment?.reason ? `: ${deployment.reason}` : ''}`,
    ...status.tasks.map(
      t =>
        `  task        ${t.id}  ${t.status} since ${t.startedAt?.toISOString() ?? 'not yet'}${t.process ? `  process ${t.process}` : ''}`,
    ),
    ...status.stopped.map(t => `  stopped     ${t.id}  ${t.reason} (${t.at?.toISOString()})`),
    ...status.events.map(event => `  event       ${event.at?.toISOString()}  ${event.message}`),
    '',
  ]
}

function isWell({ exists, running, desired, deployment }: ServiceStatus): boolean {
  return exists && running >= desired && deployment?.status !== 'ROLLBACK_FAILED'
}

function byColour(weights: RuleWeights, handedOn: HandedOnValues): { blue: number; green: number } {
  return {
    blue: weights[handedOn['blue-target-group-arn']] ?? 0,
    green: weights[handedOn['green-target-group-arn']] ?? 0,
  }
}

function eventsOf({ events = [] }: Service): ServiceStatus['events'] {
  return events.slice(0, EVENTS).map(({ createdAt, message = '' }) => ({ at: createdAt, message }))
}

function stopReason({ stopCode, stoppedReason, containers }: Task): string {
  const exit = containers?.find(container => container.exitCode !== undefined)?.exitCode
  return `${stopCode}: ${stoppedReason}${exit === undefined ? '' : ` (exit code ${exit})`}`
}

function taskId({ taskArn = '' }: Task): string {
  return taskArn.split('/').pop() ?? taskArn
}

/** The local ECS ends a container's runtime id with its process id. */
function processOf({ containers }: Task): number | undefined {
  const pid = Number(containers?.[0]?.runtimeId?.split('-').pop())
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}
