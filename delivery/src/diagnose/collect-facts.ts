import type { Task } from '@aws-sdk/client-ecs'
import type { Alarms } from '../aws/alarms.ts'
import type { Ecs } from '../aws/ecs.ts'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import type { Logs } from '../aws/logs.ts'
import type { TrafficSettings } from '../aws/traffic-settings.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { type DeploymentFacts, type Facts, failedByItself } from '../release/diagnosis/facts.ts'
import { describeDefinition, describeDeployment, describeTask, logOf, targetGroupOf } from './describe.ts'

/** Whom a diagnosis asks; it only reads. */
export interface Witnesses {
  ecs: Ecs
  loadBalancing: LoadBalancing
  traffic: TrafficSettings
  logs: Logs
  alarms: Alarms
  now(): Date
}

export interface Question {
  /** The environment's name. */
  environment: string
  cluster: string
  service: string
  /** ARN of the deployment. @default the newest */
  deployment?: string
  /** How the names of the environment's alarms begin. */
  alarmPrefix: string
}

/** Deployments among which the one in question and its successor are looked for: as many as ECS lists at once. */
const LOOK_BACK = 100
/** Of a deployment that succeeded only what happened within this time, in ms, still says anything. */
const RECENT_MS = 3_600_000
/** Failed tasks whose log is read, and how many of its last lines. */
const LOGS_READ = 3
const LOG_LINES = 20

/**
 * Collects all that is known of one deployment of a service. Who cannot be asked is named in `unchecked`; only
 * that ECS itself does not answer is an error.
 * @throws ClarityError `no_such_deployment`
 */
export async function collectFacts(who: Witnesses, question: Question): Promise<Facts> {
  const { environment, cluster, service: name, alarmPrefix } = question
  const { ecs, loadBalancing, traffic, logs, alarms } = who
  const facts: Facts = {
    environment,
    cluster,
    service: name,
    tasks: [],
    events: [],
    targets: [],
    alarms: [],
    unchecked: [],
  }
  const ask = async <T>(what: string, call: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await call()
    } catch (error) {
      facts.unchecked.push(`${what}: ${(error as Error).name}`)
      return undefined
    }
  }

  if (!(await ecs.service(cluster, name))) return facts
  const chosen = await choose(ecs, question)
  const deployment = chosen && (await ecs.deployment(chosen.arn))
  if (deployment) facts.deployment = describeDeployment(deployment)
  const during = spanOf(facts.deployment, chosen?.next, who.now())

  const revisionArn = deployment?.targetServiceRevision?.arn
  const revisions = revisionArn && (await ask('the service revision', () => ecs.revisions([revisionArn])))
  const revision = revisions ? revisions[0] : undefined
  const taskDefinition = revision?.taskDefinition
  const definition =
    taskDefinition && (await ask('the task definition', () => ecs.taskDefinition(taskDefinition)))
  if (definition) facts.taskDefinition = describeDefinition(definition)

  const stopped = await ask('stopped tasks', () => ecs.tasks(cluster, name, 'STOPPED'))
  facts.tasks = (stopped ?? [])
    .filter((task: Task) => task.taskDefinitionArn === taskDefinition && during(task.createdAt))
    .map(describeTask)
    .sort((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0))
  const log = definition ? logOf(definition) : undefined
  if (log)
    for (const task of facts.tasks.filter(failedByItself).slice(0, LOGS_READ))
      task.log = await ask('logs', () => logs.tail(log.group, `${log.prefix}/${task.id}`, LOG_LINES))

  // last, so that the reason for every stopped task is among the events
  const service = await ecs.service(cluster, name)
  const { desiredCount: desired = 0, runningCount: running = 0, pendingCount: pending = 0 } = service ?? {}
  facts.counts = { desired, running, pending }
  facts.events = (service?.events ?? [])
    .filter(event => during(event.createdAt))
    .map(({ createdAt, message = '' }) => ({ at: createdAt, message }))

  const group = targetGroupOf(revision)
  if (group) {
    facts.targets = (await ask('target health', () => loadBalancing.targets(group))) ?? []
    const settings = (await ask('the health check', () => traffic.targetGroup(group)))?.group
    if (settings)
      facts.healthCheck = {
        path: settings.HealthCheckPath ?? '/',
        port: settings.HealthCheckPort ?? 'traffic-port',
        codes: settings.Matcher?.HttpCode ?? '200',
      }
  }
  const known = (await ask('alarms', () => alarms.withPrefix(alarmPrefix))) ?? []
  facts.alarms = known.filter(({ state }) => state === 'ALARM').map(({ name, reason }) => ({ name, reason }))
  facts.unchecked = [...new Set(facts.unchecked)]
  return facts
}

/** The deployment in question, and when the one after it began. */
async function choose(
  ecs: Ecs,
  { cluster, service, deployment }: Question,
): Promise<{ arn: string; next?: Date } | undefined> {
  const listed = await ecs.deployments(cluster, service, LOOK_BACK)
  const at = deployment === undefined ? 0 : listed.findIndex(d => d.serviceDeploymentArn === deployment)
  if (at < 0)
    throw new ClarityError(
      'no_such_deployment',
      `'${deployment}' is none of the last ${listed.length} deployments of ${service}`,
      "'clarity history <env> --limit 100 --json' lists them",
      { exitCode: EXIT.usage },
    )
  const arn = listed[at]?.serviceDeploymentArn
  return arn === undefined ? undefined : { arn, next: listed[at - 1]?.createdAt }
}

/** When a thing must have happened to belong to the deployment. */
function spanOf(
  deployment: DeploymentFacts | undefined,
  next: Date | undefined,
  now: Date,
): (moment: Date | undefined) => boolean {
  const began = deployment?.createdAt?.getTime() ?? 0
  const from =
    deployment?.status === 'SUCCESSFUL' && !next ? Math.max(began, now.getTime() - RECENT_MS) : began
  const to = next?.getTime() ?? Number.POSITIVE_INFINITY
  return moment => moment === undefined || (moment.getTime() >= from && moment.getTime() <= to)
}
