import type { Container, LoadBalancer, TaskStopCode } from '@aws-sdk/client-ecs'
import type { ServiceContext } from '../../core/service.ts'
import type { Arns } from './arns.ts'
import type { TaskCredentials } from './credentials-endpoint.ts'
import { quote, TaskFailure } from './errors.ts'
import type { Events } from './events.ts'
import type { ImageStore } from './image-store.ts'
import type { Ports } from './ports.ts'
import type { Records, Stored, TaskRecord } from './records.ts'
import { prepareContainers, startContainers, stopContainers, type TaskContainer } from './task-containers.ts'
import { type LaunchSpec, newTask, taskIdOf, taskKey } from './task-record.ts'
import type { Traffic } from './traffic.ts'

/** What running a task takes. */
export interface TaskWorld {
  context: ServiceContext
  records: Records
  arns: Arns
  images: ImageStore
  ports: Ports
  traffic: Traffic
  credentials: TaskCredentials
  events: Events
  /** Aborted when the cloud stops: no draining, and two seconds between SIGTERM and SIGKILL. */
  hurry: AbortSignal
}

/** Why a task is to stop. */
export interface StopOrder {
  reason: string
  code: TaskStopCode
}

export interface TaskRunner {
  /** Records a task and begins to run it. */
  launch(spec: LaunchSpec): TaskRecord
  /** Orders a task to stop, once; later orders change nothing. */
  stop(key: string, order: StopOrder): void
  /** Resolves when every task has ended. */
  idle(): Promise<void>
  /** Called after each change of a task. */
  onChange(listener: (record: TaskRecord) => void): void
}

type End = { kind: 'ordered' } | { kind: 'exited' } | { kind: 'failed'; reason: string }

/** Runs tasks: each is one course from PROVISIONING to STOPPED, recorded at every step before anybody is told. */
export function createTaskRunner(world: TaskWorld): TaskRunner {
  const { context, records, arns, traffic, events } = world
  const { clock } = context
  const running = new Map<string, { done: Promise<void>; order: PromiseWithResolvers<void> }>()
  const listeners: ((record: TaskRecord) => void)[] = []

  function launch(spec: LaunchSpec): TaskRecord {
    const record = newTask(spec, arns, context.region, clock.now())
    const key = taskKey(record)
    records.tasks.put(key, record)
    const order = Promise.withResolvers<void>()
    const done = course(record, spec, order.promise)
      .catch(error => context.log('ecs', 'a task was lost', { task: key, error: (error as Error).stack }))
      .finally(() => running.delete(key))
    running.set(key, { done, order })
    return record
  }

  function stop(key: string, { reason, code }: StopOrder): void {
    const found = running.get(key)
    const record = records.tasks.get(key)
    if (!found || !record || record.task.desiredStatus === 'STOPPED') return
    save(key, ({ task }) => {
      task.desiredStatus = 'STOPPED'
      task.stoppedReason = reason
      task.stopCode = code
    })
    found.order.resolve()
  }

  async function course(record: TaskRecord, spec: LaunchSpec, ordered: Promise<void>): Promise<void> {
    const key = taskKey(record)
    const update = (change: (record: TaskRecord) => void) => save(key, change)
    const isStopping = () => records.tasks.get(key)?.task.desiredStatus === 'STOPPED'
    let containers: TaskContainer[] = []
    let end: End
    try {
      const starting = begin()
      const started = starting.then(() => essentialExit(containers))
      started.catch(() => {})
      end = await Promise.race([started, ordered.then((): End => ({ kind: 'ordered' }))])
      // A task that is told to stop while it starts first ends the step that it is at.
      if (end.kind === 'ordered') await starting.catch(() => {})
    } catch (error) {
      const reason = error instanceof TaskFailure ? error.message : `Task failed to start: ${quote(error)}`
      end = { kind: 'failed', reason }
    }
    await windDown(key, end, containers, record.marker)

    async function begin(): Promise<void> {
      update(({ task }) => {
        task.lastStatus = 'PENDING'
        task.connectivity = 'CONNECTED'
        task.connectivityAt = clock.now()
      })
      const role = spec.overrides?.taskRoleArn ?? spec.definition.taskRoleArn
      const credentials = await world.credentials.open(record.marker, role, taskIdOf(record))
      containers = await prepareContainers(record, spec, world, credentials, begun =>
        update(({ task }) => {
          task[begun ? 'pullStartedAt' : 'pullStoppedAt'] = clock.now()
        }),
      )
      if (isStopping()) return
      await startContainers(containers, world, {
        started: container => showStarted(key, container),
        health: (container, status) => showHealth(key, container, status),
        stopping: ordered,
      })
      if (isStopping()) return
      update(({ task }) => {
        task.lastStatus = 'ACTIVATING'
      })
      await register(key, spec, containers)
      if (isStopping()) return
      update(({ task }) => {
        task.lastStatus = 'RUNNING'
        task.startedAt = clock.now()
      })
    }
  }

  function essentialExit(containers: TaskContainer[]): Promise<End> {
    const essential = containers.filter(container => container.definition.essential !== false)
    return Promise.race(essential.map(c => c.exited.promise.then((): End => ({ kind: 'exited' }))))
  }

  async function register(key: string, spec: LaunchSpec, containers: TaskContainer[]): Promise<void> {
    const targets = (spec.loadBalancers ?? []).flatMap((balancer: LoadBalancer) => {
      const container = containers.find(c => c.definition.name === balancer.containerName)
      const port = container?.ports.get(balancer.containerPort ?? 0)
      if (!balancer.targetGroupArn || port === undefined) return []
      return [{ targetGroupArn: balancer.targetGroupArn, id: '127.0.0.1', port }]
    })
    if (targets.length === 0) return
    // Recorded first: what was perhaps registered is deregistered after a crash.
    save(key, record => {
      record.targets = targets
    })
    await traffic.register(targets).catch(error => {
      const where = targets.map(target => target.targetGroupArn).join(', ')
      events.add(
        spec.cluster,
        spec.service,
        `failed to register targets in (target-group ${where}) with (error ${quote(error)})`,
      )
      throw new TaskFailure(
        `failed to register targets in (target-group ${where}) with (error ${quote(error)})`,
      )
    })
    for (const { targetGroupArn } of targets)
      events.add(spec.cluster, spec.service, `registered 1 targets in (target-group ${targetGroupArn})`)
  }

  async function windDown(key: string, end: End, containers: TaskContainer[], marker: string): Promise<void> {
    const record = records.tasks.get(key)
    if (!record) return
    if (record.targets.length > 0) await deregister(key, record, end, containers)
    save(key, ({ task }) => {
      task.lastStatus = 'STOPPING'
      task.stoppingAt = clock.now()
      if (task.desiredStatus !== 'STOPPED') {
        task.desiredStatus = 'STOPPED'
        task.stopCode = end.kind === 'failed' ? 'TaskFailedToStart' : 'EssentialContainerExited'
        task.stoppedReason = end.kind === 'failed' ? end.reason : 'Essential container in task exited'
      }
    })
    await stopContainers(containers, world)
    const codes = new Map<string, number>()
    for (const { definition, process } of containers)
      if (process) codes.set(definition.name ?? '', await process.exited)
    const executionStoppedAt = clock.now()
    await Promise.all(containers.map(container => container.log.close()))
    for (const { ports } of containers) for (const port of ports.values()) world.ports.release(port)
    world.credentials.close(marker)
    save(key, record => {
      const { task } = record
      task.lastStatus = 'STOPPED'
      task.stoppedAt = clock.now()
      if (codes.size > 0) task.executionStoppedAt = executionStoppedAt
      record.processes = []
      record.targets = []
      for (const container of task.containers ?? []) {
        container.lastStatus = 'STOPPED'
        const code = codes.get(container.name ?? '')
        if (code !== undefined) container.exitCode = code
        else if (end.kind === 'failed') container.reason = end.reason
      }
    })
  }

  /** Out of the load balancer, and not before its last request is answered, unless the process is gone anyway. */
  async function deregister(
    key: string,
    { targets, service }: TaskRecord,
    end: End,
    containers: TaskContainer[],
  ): Promise<void> {
    const [cluster = ''] = key.split('/')
    save(key, ({ task }) => {
      task.lastStatus = 'DEACTIVATING'
    })
    try {
      await traffic.deregister(targets)
      for (const { targetGroupArn } of targets)
        events.add(cluster, service, `deregistered 1 targets in (target-group ${targetGroupArn})`)
      if (end.kind === 'ordered') {
        events.add(cluster, service, `has begun draining connections on ${targets.length} tasks.`)
        await Promise.race([traffic.drained(targets, world.hurry), essentialExit(containers)])
      }
    } catch (error) {
      context.log('ecs', 'targets could not be deregistered', { task: key, error: quote(error) })
    }
  }

  function showStarted(key: string, { definition, process, image, ports }: TaskContainer): void {
    save(key, record => {
      if (process)
        record.processes.push({
          container: definition.name ?? '',
          pid: process.pid,
          started: process.started,
        })
      change(record, definition.name, container => {
        container.lastStatus = 'RUNNING'
        container.imageDigest = image.digest
        container.runtimeId = `${taskIdOf(record)}-${process?.pid}`
        container.networkBindings = [...ports].map(([containerPort, hostPort]) => ({
          bindIP: '127.0.0.1',
          containerPort,
          hostPort,
          protocol: 'tcp' as const,
        }))
      })
    })
    void process?.exited.then(code =>
      save(key, record =>
        change(record, definition.name, container => {
          container.lastStatus = 'STOPPED'
          container.exitCode = code
        }),
      ),
    )
  }

  function showHealth(
    key: string,
    { definition }: TaskContainer,
    status: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN',
  ): void {
    save(key, record => {
      change(record, definition.name, container => {
        container.healthStatus = status
      })
      const states = record.task.containers?.map(c => c.healthStatus) ?? []
      record.task.healthStatus = states.includes('UNHEALTHY')
        ? 'UNHEALTHY'
        : states.includes('HEALTHY')
          ? 'HEALTHY'
          : 'UNKNOWN'
    })
  }

  function save(key: string, alter: (record: TaskRecord) => void): void {
    const record = records.tasks.get(key)
    if (!record) return
    alter(record)
    record.task.version = (record.task.version ?? 0) + 1
    records.tasks.put(key, record)
    for (const listener of listeners) listener(record)
  }

  return {
    launch,
    stop,
    idle: async () => void (await Promise.all([...running.values()].map(task => task.done))),
    onChange: listener => void listeners.push(listener),
  }
}

function change(
  record: TaskRecord,
  name: string | undefined,
  alter: (container: Stored<Container>) => void,
): void {
  const container = record.task.containers?.find(c => c.name === name)
  if (container) alter(container)
}
