import { randomBytes } from 'node:crypto'
import type { DescribeAlarmsCommandOutput } from '@aws-sdk/client-cloudwatch'
import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { ServiceContext } from '../../core/service.ts'
import {
  advance,
  type Counts,
  isShare,
  type MachineState,
  rollBack,
  type Seen,
  TERMINAL,
  type Wanted,
} from './deployment-machine.ts'
import { planOf } from './deployment-plan.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import { quote } from './errors.ts'
import type { Events } from './events.ts'
import { networkingProblem, type Shares, sharesOf } from './listener-weights.ts'
import type { DeploymentEntry, Records, RevisionRecord, ServiceRecord, TaskRecord } from './records.ts'
import { startedByOf } from './revisions.ts'
import { countsOf } from './service-view.ts'
import type { Traffic } from './traffic.ts'

/** What can only be found out by asking others; asked before the step, which then takes place at once. */
export interface Outlook {
  deploymentArn: string
  targets: Map<string, TargetHealth>
  shares: Shares
  networkingProblem?: string
  alarms: string[]
}

/** A finished step: what to write, and what is wanted now by revision. */
export interface Step {
  record: ServiceRecord
  deployment?: DeploymentRecord
  wanted: Map<string, number>
  shift?: { revision: RevisionRecord; shares: Shares }
  /** Pools of revisions among which removals are chosen, for rolling deployments: stale ones go with the source. */
  pool: string[]
  active: boolean
}

/** Asks the load balancer and the alarms about a deployment. */
export async function look(
  record: ServiceRecord,
  deployment: DeploymentRecord | undefined,
  tasks: TaskRecord[],
  { records, traffic, context }: { records: Records; traffic: Traffic; context: ServiceContext },
): Promise<Outlook> {
  const groups = tasks.flatMap(task => task.targets.map(target => target.targetGroupArn))
  const outlook: Outlook = {
    deploymentArn: record.deploymentArn,
    targets: await traffic.health(groups).catch(error => {
      context.log('ecs', 'target health could not be read', { error: quote(error) })
      return new Map<string, TargetHealth>()
    }),
    shares: {},
    alarms: [],
  }
  if (!deployment || TERMINAL.has(deployment.state.status)) return outlook
  const revision = records.revisions.get(deployment.targetArn)
  const shifts = (deployment.configuration.strategy ?? 'ROLLING') !== 'ROLLING'
  if (revision && shifts) {
    if (deployment.state.status === 'PENDING' && deployment.staleArns.length === 0)
      outlook.networkingProblem = await networkingProblem(revision, traffic)
    if (!outlook.networkingProblem)
      outlook.shares = await sharesOf(revision, traffic).catch(error => {
        context.log('ecs', 'listener rules could not be read', { error: quote(error) })
        // Unknown is not there: no stage takes it for what it waits for.
        return { production: Number.NaN, test: Number.NaN }
      })
  }
  const { alarms } = deployment.configuration
  if (alarms?.enable) outlook.alarms = await ringing(alarms.alarmNames ?? [], context)
  return outlook
}

async function ringing(names: string[], { invoke }: ServiceContext): Promise<string[]> {
  const input = { AlarmNames: names, StateValue: 'ALARM' }
  const answer = await invoke<DescribeAlarmsCommandOutput>(
    'monitoring',
    'DescribeAlarms',
    input,
    'ecs.amazonaws.com',
  )
  return (answer.MetricAlarms ?? []).map(alarm => alarm.AlarmName ?? '')
}

/** Takes a service's deployment one step on. Changes nothing itself. */
export function stepDeployment(
  record: ServiceRecord,
  deployment: DeploymentRecord,
  outlook: Outlook,
  tasks: TaskRecord[],
  healthy: Set<TaskRecord>,
  context: ServiceContext,
  records: Records,
): Step {
  const now = context.clock.now()
  const desired = record.service.desiredCount ?? 0
  const plan = planOf(deployment, context.clock)
  const counts = (arns: (string | undefined)[]): Counts => {
    const own = tasks.filter(task => arns.includes(task.revisionArn))
    const active = own.filter(({ task }) => task.desiredStatus === 'RUNNING')
    return {
      active: active.length,
      healthy: active.filter(task => healthy.has(task)).length,
      remaining: own.length,
    }
  }
  const ignored = deployment.ignoredAlarms ?? outlook.alarms
  const alarm = outlook.alarms.find(name => !ignored.includes(name))
  const seen: Seen = {
    now,
    desired,
    target: counts([deployment.targetArn]),
    source: counts([deployment.sourceArn ?? '']),
    stale: counts(deployment.staleArns),
    ...outlook.shares,
    ...(alarm && { alarm }),
  }
  let before = deployment.state
  if (outlook.networkingProblem && before.status === 'PENDING') {
    const back = rollBack(plan, before, outlook.networkingProblem, now)
    // Nothing has been touched yet, the rules least of all: there is only to say so.
    before = { ...back, ...(back.rollback && { stage: 'CLEAN_UP' as const }) }
  }
  const { state, wanted } = advance(
    plan,
    before,
    seen,
    () => `ecs-pause-${randomBytes(32).toString('base64url')}`,
  )
  const next: DeploymentRecord = {
    ...deployment,
    state,
    ignoredAlarms: ignored,
    triggeredAlarms: alarm ? [alarm] : deployment.triggeredAlarms,
    startedAt: deployment.startedAt ?? now,
    updatedAt: JSON.stringify(state) === JSON.stringify(deployment.state) ? deployment.updatedAt : now,
    ...(TERMINAL.has(state.status) && !deployment.finishedAt && { finishedAt: now }),
    ...(state.status === 'STOPPED' && { stoppedAt: deployment.stoppedAt ?? now }),
    ...(TERMINAL.has(state.status) && {
      finalCounts: deployment.finalCounts ?? finalCounts(deployment, tasks),
    }),
  }
  const revision = records.revisions.get(deployment.targetArn)
  const shares = toShift(wanted, outlook.shares)
  return {
    record: concluded(record, deployment.state, next, records, now),
    deployment: next,
    wanted: wantedBy(next, wanted),
    ...(revision && shares && { shift: { revision, shares } }),
    pool:
      plan.strategy === 'ROLLING'
        ? [deployment.sourceArn, ...deployment.staleArns].filter(a => a !== undefined)
        : [],
    active: !TERMINAL.has(state.status),
  }
}

function wantedBy(
  { targetArn, sourceArn, staleArns }: DeploymentRecord,
  wanted: Wanted,
): Map<string, number> {
  const by = new Map<string, number>()
  let left = wanted.stale ?? 0
  for (const arn of staleArns) {
    by.set(arn, left)
    left = 0
  }
  if (sourceArn) by.set(sourceArn, wanted.source)
  return by.set(targetArn, wanted.target)
}

/** The shares that are wanted and not there. */
function toShift(wanted: Wanted, there: Shares): Shares | undefined {
  const missing = (kind: keyof Shares) => {
    const share = wanted[kind]
    return (
      share !== undefined && there[kind] !== undefined && !isShare(there[kind], share) && { [kind]: share }
    )
  }
  const shares = { ...missing('production'), ...missing('test') }
  return Object.keys(shares).length > 0 ? shares : undefined
}

function finalCounts({ targetArn, sourceArn, staleArns }: DeploymentRecord, tasks: TaskRecord[]) {
  const arns = [targetArn, sourceArn, ...staleArns].filter(arn => arn !== undefined)
  return Object.fromEntries(arns.map(arn => [arn, countsOf(tasks.filter(task => task.revisionArn === arn))]))
}

/** What the service shows of its deployment's course. */
function concluded(
  record: ServiceRecord,
  before: MachineState,
  { state, targetArn, sourceArn }: DeploymentRecord,
  records: Records,
  now: number,
): ServiceRecord {
  if (state.status === before.status && state.rollback?.startedAt === before.rollback?.startedAt)
    return record
  const alter = (arn: string, change: Partial<DeploymentEntry>) =>
    record.deployments.map(entry =>
      entry.revisionArn === arn ? { ...entry, ...change, updatedAt: now } : entry,
    )
  const done = (arn: string) =>
    alter(arn, {
      status: 'PRIMARY',
      rolloutState: 'COMPLETED',
      rolloutStateReason: `ECS deployment ${startedByOf(arn)} completed.`,
    }).filter(entry => entry.revisionArn === arn)
  const failure = state.tripped
    ? 'ECS deployment circuit breaker: tasks failed to start.'
    : `ECS deployment failed: ${state.statusReason ?? ''}`
  const failed = alter(targetArn, {
    rolloutState: 'FAILED',
    rolloutStateReason: failure,
    ...(state.rollback && { status: 'ACTIVE' }),
  })
  if (state.status === 'SUCCESSFUL') return { ...record, deployments: done(targetArn) }
  if (state.status === 'ROLLBACK_SUCCESSFUL' && sourceArn)
    return { ...restored(record, sourceArn, records), deployments: done(sourceArn) }
  if (state.rollback && sourceArn) {
    const why = state.tripped ? 'ECS deployment circuit breaker: rolling back' : 'ECS deployment rolling back'
    return {
      ...record,
      deployments: failed
        .map(entry =>
          entry.revisionArn === sourceArn
            ? {
                ...entry,
                status: 'PRIMARY',
                updatedAt: now,
                rolloutState: 'IN_PROGRESS' as const,
                rolloutStateReason: `${why} to deploymentId ${startedByOf(sourceArn)}.`,
              }
            : entry,
        )
        .sort((a, b) => Number(b.status === 'PRIMARY') - Number(a.status === 'PRIMARY')),
    }
  }
  return TERMINAL.has(state.status) ? { ...record, deployments: failed } : record
}

/** The service's settings as the revision has them. */
function restored(record: ServiceRecord, revisionArn: string, records: Records): ServiceRecord {
  const revision = records.revisions.get(revisionArn)
  const { taskDefinition, loadBalancers, networkConfiguration, platformVersion, capacityProviderStrategy } =
    revision ?? {}
  return {
    ...record,
    revisionArn,
    service: {
      ...record.service,
      taskDefinition,
      loadBalancers,
      networkConfiguration,
      platformVersion,
      ...(capacityProviderStrategy && { capacityProviderStrategy }),
    },
  }
}

/** The events of a deployment's changes. */
export function announce(
  events: Events,
  cluster: string,
  service: string,
  before: MachineState,
  { state, targetArn, sourceArn }: DeploymentRecord,
): void {
  if (before.status === state.status) return
  const id = startedByOf(targetArn)
  const failed = state.tripped ? 'tasks failed to start.' : (state.statusReason ?? state.status)
  if (state.status === 'SUCCESSFUL') events.add(cluster, service, `(deployment ${id}) deployment completed.`)
  else if (state.status !== 'IN_PROGRESS' && before.status !== 'ROLLBACK_IN_PROGRESS') {
    events.add(cluster, service, `(deployment ${id}) deployment failed: ${failed}`)
    if (state.rollback && sourceArn)
      events.add(cluster, service, `rolling back to (deployment ${startedByOf(sourceArn)}).`)
  }
  if (state.status === 'ROLLBACK_SUCCESSFUL' && sourceArn)
    events.add(cluster, service, `(deployment ${startedByOf(sourceArn)}) deployment completed.`)
}
