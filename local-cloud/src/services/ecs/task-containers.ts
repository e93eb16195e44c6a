import type { ContainerDefinition, HealthStatus } from '@aws-sdk/client-ecs'
import { commandOf, environmentOf, translatePorts } from './container-environment.ts'
import { type HealthWatch, watchHealth } from './container-health.ts'
import { type ContainerProcess, type ProcessSpec, startProcess } from './container-process.ts'
import { TaskFailure } from './errors.ts'
import { platformOf } from './image-manifest.ts'
import type { Image } from './image-store.ts'
import { type LogDriver, openLogDriver } from './log-driver.ts'
import type { Stored, TaskDefinitionRecord, TaskRecord } from './records.ts'
import { resolveSecrets } from './secrets.ts'
import { type LaunchSpec, taskIdOf } from './task-record.ts'
import type { TaskWorld } from './task-runner.ts'

/** Seconds that a container waits for those it depends on. @default 120, https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
const START_TIMEOUT = 120
/** Seconds between SIGTERM and SIGKILL. */
const STOP_TIMEOUT = 30

/** A container of a task under way. */
export interface TaskContainer {
  definition: ContainerDefinition
  spec: ProcessSpec
  image: Image
  log: LogDriver
  ports: Map<number, number>
  /** Once it runs. */
  process?: ContainerProcess
  health?: HealthWatch
  started: PromiseWithResolvers<void>
  exited: PromiseWithResolvers<number>
  healthy: PromiseWithResolvers<void>
}

/**
 * Everything a task needs before its first process: secrets, log streams, images, ports.
 * @throws TaskFailure
 */
export async function prepareContainers(
  record: TaskRecord,
  { definition, images: pinned = {} }: LaunchSpec,
  world: TaskWorld,
  credentials: { uri: string; token: string } | undefined,
  onPull: (begun: boolean) => void,
): Promise<TaskContainer[]> {
  const { context, images, ports } = world
  const role =
    record.task.overrides?.executionRoleArn ?? definition.executionRoleArn ?? 'ecs-tasks.amazonaws.com'
  const definitions = (definition.containerDefinitions ?? []) as ContainerDefinition[]
  refuseWhatIsNotHere(definition, definitions)
  const secrets = await Promise.all(
    definitions.map(c => resolveSecrets(c.secrets ?? [], role, context.invoke)),
  )
  const logs = await Promise.all(
    definitions.map(c => openLogDriver(c.logConfiguration, c.name ?? '', taskIdOf(record), role, context)),
  )
  onPull(true)
  const platform = platformOf(definition.runtimePlatform)
  const pulled = await Promise.all(
    definitions.map(c => images.pull(pinned[c.name ?? ''] ?? c.image ?? '', platform, role)),
  )
  onPull(false)
  return Promise.all(
    definitions.map(async (container, index) => {
      const image = pulled[index] as Image
      const taken = new Map<number, number>()
      for (const { containerPort = 0 } of container.portMappings ?? [])
        taken.set(containerPort, await ports.take())
      const override = record.task.overrides?.containerOverrides?.find(o => o.name === container.name)
      const environment = environmentOf({
        image: image.config,
        definition: container,
        override,
        secrets: secrets[index] as Record<string, string>,
        region: context.region,
        endpoint: context.endpoint(),
        marker: record.marker,
        credentials,
        ports: taken,
      })
      const workingDirectory = container.workingDirectory ?? (image.config.config?.WorkingDir || '/')
      const argv = commandOf(image.config, container, override)
      return {
        definition: container,
        spec: { rootfs: image.rootfs, argv, workingDirectory, environment },
        image,
        log: logs[index] as LogDriver,
        ports: taken,
        started: settledLater<void>(),
        exited: settledLater<number>(),
        healthy: settledLater<void>(),
      }
    }),
  )
}

/** Who is told of what happens to the containers of a task. */
export interface ContainerEvents {
  started(container: TaskContainer): void
  health(container: TaskContainer, status: HealthStatus): void
  /** Resolves when the task is told to stop: nothing more is started then. */
  stopping: Promise<void>
}

/** Starts the containers, each when those that it depends on are as far as it asks. @throws TaskFailure */
export async function startContainers(
  containers: TaskContainer[],
  world: TaskWorld,
  events: ContainerEvents,
): Promise<void> {
  let stopping = false
  const stopped = events.stopping.then(() => {
    stopping = true
  })
  const starts = containers.map(async container => {
    try {
      await Promise.race([dependencies(container, containers, world), stopped])
      if (!stopping) await startContainer(container, world, events)
    } catch (error) {
      // Whoever waits for this one fails with it.
      for (const later of [container.started, container.exited, container.healthy]) later.reject(error)
      throw error
    }
  })
  const failed = (await Promise.allSettled(starts)).find(start => start.status === 'rejected')
  if (failed) throw failed.reason
}

async function startContainer(
  container: TaskContainer,
  world: TaskWorld,
  events: ContainerEvents,
): Promise<void> {
  const { definition, spec, log } = container
  const process = await startProcess(spec)
  container.process = process
  log.read(process.stdout)
  log.read(process.stderr)
  void process.exited.then(code => {
    container.health?.stop()
    container.exited.resolve(code)
    container.healthy.reject(new TaskFailure(`${definition.name} exited with ${code} before it was healthy`))
  })
  events.started(container)
  container.started.resolve()
  if (!definition.healthCheck) return
  container.health = watchHealth(
    {
      ...definition.healthCheck,
      command: translatePorts(definition.healthCheck.command ?? [], container.ports),
    },
    spec,
    world.context.clock,
    status => {
      if (status === 'HEALTHY') container.healthy.resolve()
      events.health(container, status)
    },
    message => world.context.log('ecs', message, { container: definition.name }),
  )
}

/** SIGTERM to every process group, SIGKILL after its stop timeout; resolves when all have ended. */
export async function stopContainers(containers: TaskContainer[], world: TaskWorld): Promise<void> {
  await Promise.all(
    containers.map(async ({ process, health, definition }) => {
      health?.stop()
      if (!process) return
      const seconds = Math.min(definition.stopTimeout ?? STOP_TIMEOUT, world.hurry.aborted ? 2 : Infinity)
      process.signal('SIGTERM')
      const kill = () => process.signal('SIGKILL')
      const cancel = world.context.clock.after(seconds * 1000, kill)
      const hurried = () => void world.context.clock.after(2000, kill)
      world.hurry.addEventListener('abort', hurried, { once: true })
      await process.exited
      world.hurry.removeEventListener('abort', hurried)
      cancel()
    }),
  )
}

async function dependencies(
  container: TaskContainer,
  all: TaskContainer[],
  { context }: TaskWorld,
): Promise<void> {
  const { dependsOn = [], startTimeout = START_TIMEOUT, name } = container.definition
  if (dependsOn.length === 0) return
  const expired = new AbortController()
  const timedOut = context.clock.sleep(startTimeout * 1000, expired.signal).then(() => {
    throw new TaskFailure(`Dependency on other containers timed out in container ${name}`)
  })
  const waits = dependsOn.map(async ({ containerName, condition }) => {
    const other = all.find(c => c.definition.name === containerName)
    if (condition === 'HEALTHY') return other?.healthy.promise
    if (condition === 'START') return other?.started.promise
    const code = await other?.exited.promise
    if (condition === 'SUCCESS' && code !== 0)
      throw new TaskFailure(`${name} depends on ${containerName}, which exited with ${code}`)
  })
  try {
    await Promise.race([Promise.all(waits), timedOut])
  } finally {
    expired.abort()
    timedOut.catch(() => {})
  }
}

function refuseWhatIsNotHere(definition: TaskDefinitionRecord, containers: ContainerDefinition[]): void {
  const efs = definition.volumes?.find(
    volume => (volume as Stored<{ efsVolumeConfiguration?: object }>).efsVolumeConfiguration,
  )
  if (efs)
    throw new TaskFailure(
      'ResourceInitializationError: failed to invoke EFS utils commands: EFS is not in the local cloud',
    )
  const files = containers.find(container => container.environmentFiles?.length)
  if (files)
    throw new TaskFailure(
      'ResourceInitializationError: failed to download env files: environmentFiles are not in the local cloud',
    )
}

function settledLater<T>(): PromiseWithResolvers<T> {
  const later = Promise.withResolvers<T>()
  later.promise.catch(() => {})
  return later
}
