import type { ServiceContext } from '../../core/service.ts'
import { announce, look, type Outlook, type Step, stepDeployment } from './deployment-runner.ts'
import { quote } from './errors.ts'
import type { Events } from './events.ts'
import { createFleet } from './fleet.ts'
import { shiftTo } from './listener-weights.ts'
import type { Records, ServiceRecord, TaskRecord } from './records.ts'
import { startedByOf } from './revisions.ts'
import { judgeTask } from './service-health.ts'
import { tasksOf } from './service-view.ts'
import { createOutcomes, serviceKeyOfTask } from './task-outcomes.ts'
import { taskIdOf, taskKey } from './task-record.ts'
import type { TaskRunner } from './task-runner.ts'
import type { Traffic } from './traffic.ts'

/** How often a service is looked at while something is to happen, and while nothing is. */
const BUSY_MS = 100
const CALM_MS = 500
/** Between two rounds that follow each other. */
const BREATH_MS = 10

export interface Scheduler {
  /** Looks at a service soon; called after whatever may concern it. */
  kick(serviceKey: string): void
  start(): void
  /** Nothing is launched or stopped any more. */
  stop(): void
}

/**
 * Keeps each service at what is wanted of it. Level triggered: every round looks at what is and does what is
 * missing, so that a restart, a lost event or a task that dies at any moment needs no case of its own.
 */
export function createScheduler(world: {
  context: ServiceContext
  records: Records
  runner: TaskRunner
  traffic: Traffic
  events: Events
}): Scheduler {
  const { context, records, runner, traffic, events } = world
  const { clock } = context
  const fleet = createFleet({ context, records, runner, events })
  const outcomes = createOutcomes(records, events, clock)
  const loops = new Map<string, { running: boolean; again: boolean; cancel?: () => void }>()
  let stopped = false
  runner.onChange(record => {
    if (!record.service) return
    if (record.task.lastStatus === 'STOPPED') outcomes.ended(record)
    kick(serviceKeyOfTask(record))
  })

  function kick(key: string): void {
    const loop = loops.get(key) ?? { running: false, again: false }
    loops.set(key, loop)
    loop.again = true
    if (!loop.running && !stopped) void turn(key, loop)
  }

  async function turn(
    key: string,
    loop: { running: boolean; again: boolean; cancel?: () => void },
  ): Promise<void> {
    loop.cancel?.()
    loop.running = true
    // The caller finishes first: an answer shows the service as the request left it.
    await Promise.resolve()
    let wait: number | undefined = BUSY_MS
    for (let first = true; loop.again && !stopped; first = false) {
      // Others must get their turn between two rounds, as nothing in this process waits for anything outside.
      if (!first) await clock.sleep(BREATH_MS)
      loop.again = false
      wait = await round(key).catch(error => {
        context.log('ecs', 'a scheduling round failed', { service: key, error: (error as Error).stack })
        return CALM_MS
      })
    }
    loop.running = false
    if (wait !== undefined && !stopped) loop.cancel = clock.after(wait, () => kick(key))
  }

  /** One look at a service. @returns when to look again, in ms; undefined when there is nothing to look at */
  async function round(key: string): Promise<number | undefined> {
    const first = records.services.get(key)
    if (!first || first.service.status === 'INACTIVE') return undefined
    const [cluster = '', name = ''] = key.split('/')
    const outlook = await look(
      first,
      records.deployments.get(first.deploymentArn),
      tasksOf(records, key),
      world,
    )
    if (stopped) return undefined
    // From here to the end of `act` nothing is awaited: what was read stays true.
    const record = records.services.get(key)
    const deployment = record && records.deployments.get(record.deploymentArn)
    if (!record) return undefined
    if (record.deploymentArn !== outlook.deploymentArn) return 0
    const tasks = tasksOf(records, key)
    if (record.service.status === 'DRAINING') return drain(key, record, tasks)
    const healthy = sort(record, tasks, outlook, cluster, name)
    const step =
      deployment && !hasSettled(deployment.state.status)
        ? stepDeployment(
            records.services.get(key) ?? record,
            records.deployments.get(deployment.arn) ?? deployment,
            outlook,
            tasks,
            healthy,
            context,
            records,
          )
        : steady(records.services.get(key) ?? record)
    if (step.deployment && deployment) {
      const { deployment: next, record: changed } = step
      records.store.transaction(() => {
        records.deployments.put(next.arn, next)
        records.services.put(key, changed)
      })
      announce(events, cluster, name, deployment.state, next)
    }
    act(key, step, tasks, healthy)
    const calm = settle(key, step, tasks, healthy)
    if (step.shift) await shift(key, step.shift)
    return calm ? CALM_MS : BUSY_MS
  }

  /** Tells healthy tasks, and orders sick ones to stop. */
  function sort(
    record: ServiceRecord,
    tasks: TaskRecord[],
    outlook: Outlook,
    cluster: string,
    name: string,
  ): Set<TaskRecord> {
    const healthy = new Set<TaskRecord>()
    for (const task of tasks) {
      const verdict = judgeTask(task, record, outlook.targets, records, clock.now())
      if (verdict === 'unknown') continue
      if (verdict === 'healthy') {
        healthy.add(task)
        if (!task.served) outcomes.served(task)
        continue
      }
      events.add(cluster, name, verdict.event)
      events.add(cluster, name, `has stopped 1 running tasks: (task ${taskIdOf(task)}).`)
      runner.stop(taskKey(task), verdict.unhealthy)
      task.task.desiredStatus = 'STOPPED'
    }
    return healthy
  }

  /** A service without a deployment under way: its revision, as often as desired. */
  function steady(record: ServiceRecord): Step {
    const wanted = new Map([[record.revisionArn, record.service.desiredCount ?? 0]])
    return { record, wanted, pool: [], active: false }
  }

  /** Launches what is missing and stops what is too much. */
  function act(key: string, { wanted, pool }: Step, tasks: TaskRecord[], healthy: Set<TaskRecord>): void {
    const active = tasks.filter(({ task }) => task.desiredStatus === 'RUNNING')
    // In a rolling deployment the superseded revisions serve beside the source, and go with it.
    const groups = [pool, ...[...wanted.keys()].filter(arn => !pool.includes(arn)).map(arn => [arn])]
    const known = new Set(groups.flat())
    const strays = active.filter(task => !known.has(task.revisionArn ?? ''))
    if (strays.length > 0) fleet.remove(key, strays, strays.length, healthy)
    for (const group of groups) {
      const [arn] = group
      if (arn === undefined) continue
      const own = active.filter(task => group.includes(task.revisionArn ?? ''))
      const count = group.reduce((sum, one) => sum + (wanted.get(one) ?? 0), 0)
      if (own.length > count) fleet.remove(key, own, own.length - count, healthy)
      else if (own.length < count) fleet.launch(key, arn, count - own.length)
    }
  }

  /** Says once that a service is as it should be. @returns whether it is */
  function settle(key: string, step: Step, tasks: TaskRecord[], healthy: Set<TaskRecord>): boolean {
    const record = records.services.get(key)
    if (!record || step.active) return false
    const desired = record.service.desiredCount ?? 0
    const calm = tasks.length === desired && healthy.size === desired
    if (calm === record.steady) return calm
    const [cluster = '', name] = key.split('/')
    if (calm) events.add(cluster, name, 'has reached a steady state.')
    records.services.put(key, { ...record, steady: calm })
    return calm
  }

  function drain(key: string, record: ServiceRecord, tasks: TaskRecord[]): number | undefined {
    for (const task of tasks) {
      const reason = `Scaling activity initiated by (deployment ${startedByOf(task.revisionArn ?? '')})`
      runner.stop(taskKey(task), { reason, code: 'ServiceSchedulerInitiated' })
    }
    if (tasks.length > 0) return BUSY_MS
    records.services.put(key, {
      ...record,
      deployments: [],
      service: { ...record.service, status: 'INACTIVE' },
    })
    return undefined
  }

  async function shift(key: string, { revision, shares }: NonNullable<Step['shift']>): Promise<void> {
    const [cluster = '', name = ''] = key.split('/')
    await shiftTo(revision, shares, traffic).catch(error => {
      context.log('ecs', 'traffic could not be shifted', { service: key, error: quote(error) })
      const message = `failed to shift traffic with (error ${quote(error)})`
      const [last] = events.list(cluster, name)
      if (!last?.message?.endsWith(message)) events.add(cluster, name, message)
    })
    kick(key)
  }

  return {
    kick,
    start: () => {
      for (const key of records.services.keys()) kick(key)
    },
    stop: () => {
      stopped = true
      for (const loop of loops.values()) loop.cancel?.()
    },
  }
}

const hasSettled = (status: string) => status === 'SUCCESSFUL' || status === 'ROLLBACK_SUCCESSFUL'
