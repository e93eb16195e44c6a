import type { ServiceContext } from '../../core/service.ts'
import { nextProvider } from './capacity-providers.ts'
import type { Events } from './events.ts'
import type { Records, TaskRecord } from './records.ts'
import { pinnedImages, startedByOf } from './revisions.ts'
import { tasksOf } from './service-view.ts'
import { taskTags } from './services.ts'
import { lookUp } from './task-definitions.ts'
import { isProtected } from './task-protection.ts'
import { taskIdOf, taskKey } from './task-record.ts'
import type { TaskRunner } from './task-runner.ts'

/** Starts and stops the tasks of services, and says so in their events. */
export interface Fleet {
  /** Starts tasks of a revision, unless the service is throttled. */
  launch(serviceKey: string, revisionArn: string, count: number): void
  /** Stops `count` of the tasks that are not protected: those that are not healthy first, then the oldest. */
  remove(serviceKey: string, tasks: TaskRecord[], count: number, healthy: Set<TaskRecord>): void
}

export function createFleet(world: {
  context: ServiceContext
  records: Records
  runner: TaskRunner
  events: Events
}): Fleet {
  const { context, records, runner, events } = world

  function launch(key: string, arn: string, count: number): void {
    const record = records.services.get(key)
    const revision = records.revisions.get(arn)
    if (!record || !revision || context.clock.now() < record.launchNotBefore) return
    const [cluster = '', name = ''] = key.split('/')
    const definition = lookUp(records, revision.taskDefinition)
    if (!definition) {
      context.log('ecs', 'the task definition of a revision has been deleted', { revision: arn })
      return
    }
    const providers = tasksOf(records, key)
      .filter(({ task }) => task.desiredStatus === 'RUNNING')
      .map(({ task }) => task.capacityProviderName)
    for (let i = 0; i < count; i++) providers.push(nextProvider(revision.capacityProviderStrategy, providers))
    const launched = providers.slice(-count).map(capacityProviderName =>
      runner.launch({
        cluster,
        clusterArn: record.service.clusterArn as string,
        definition,
        group: `service:${name}`,
        startedBy: startedByOf(arn),
        service: name,
        revisionArn: arn,
        launchType: revision.launchType as 'FARGATE' | undefined,
        capacityProviderName,
        networkConfiguration: revision.networkConfiguration,
        enableExecuteCommand: record.service.enableExecuteCommand,
        images: pinnedImages(revision),
        loadBalancers: (revision.loadBalancers ?? []).map((balancer, index) => ({
          ...balancer,
          targetGroupArn: revision.resolvedConfiguration?.loadBalancers?.[index]?.targetGroupArn,
        })),
      }),
    )
    const tags = taskTags(records, record, definition.taskDefinitionArn as string)
    for (const { task } of launched) if (tags.length > 0) records.tags.put(task.taskArn as string, tags)
    events.add(cluster, name, `has started ${count} tasks: ${named(launched)}.`)
  }

  function remove(key: string, tasks: TaskRecord[], count: number, healthy: Set<TaskRecord>): void {
    const [cluster = '', name] = key.split('/')
    const age = ({ task }: TaskRecord) => task.createdAt ?? 0
    const now = context.clock.now()
    const leaving = tasks
      .filter(task => !isProtected(task, now))
      .sort((a, b) => Number(healthy.has(a)) - Number(healthy.has(b)) || age(a) - age(b))
      .slice(0, count)
    if (leaving.length === 0) return
    events.add(cluster, name, `has stopped ${leaving.length} running tasks: ${named(leaving)}.`)
    for (const task of leaving)
      runner.stop(taskKey(task), {
        reason: `Scaling activity initiated by (deployment ${startedByOf(task.revisionArn ?? '')})`,
        code: 'ServiceSchedulerInitiated',
      })
  }

  return { launch, remove }
}

const named = (tasks: TaskRecord[]) => tasks.map(task => `(task ${taskIdOf(task)})`).join(' ')
