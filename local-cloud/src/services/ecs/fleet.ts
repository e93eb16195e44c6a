import type { ServiceContext } from '../../core/service.ts'
import type { Events } from './events.ts'
import type { Records, TaskRecord } from './records.ts'
import { pinnedImages, startedByOf } from './revisions.ts'
import { taskTags } from './services.ts'
import { lookUp } from './task-definitions.ts'
import { taskIdOf, taskKey } from './task-record.ts'
import type { TaskRunner } from './task-runner.ts'
import { pickProvider } from './tasks.ts'

/** Starts and stops the tasks of services, and says so in their events. */
export interface Fleet {
  /** Starts tasks of a revision, unless the service is throttled. */
  launch(serviceKey: string, revisionArn: string, count: number): void
  /** Stops `count` of the tasks: those that are not healthy first, then the oldest. */
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
    const launched = Array.from({ length: count }, () =>
      runner.launch({
        cluster,
        clusterArn: record.service.clusterArn as string,
        definition,
        group: `service:${name}`,
        startedBy: startedByOf(arn),
        service: name,
        revisionArn: arn,
        launchType: revision.launchType as 'FARGATE' | undefined,
        capacityProviderName: pickProvider(revision.capacityProviderStrategy),
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
    const leaving = [...tasks]
      .sort((a, b) => Number(healthy.has(a)) - Number(healthy.has(b)) || age(a) - age(b))
      .slice(0, count)
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
