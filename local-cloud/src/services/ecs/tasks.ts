import type {
  DescribeTasksRequest,
  ListTasksRequest,
  RunTaskRequest,
  StopTaskRequest,
  Task,
} from '@aws-sdk/client-ecs'
import type { Clock } from '../../core/clock.ts'
import type { Operation } from '../../core/service.ts'
import { type Arns, lastPart } from './arns.ts'
import { checkStrategy, nextProvider } from './capacity-providers.ts'
import { findCluster } from './clusters.ts'
import { clientError, invalidParameter } from './errors.ts'
import { page } from './pages.ts'
import { dated, type Records, type TaskDefinitionRecord, type TaskRecord } from './records.ts'
import { setTags, tagsOf } from './tags.ts'
import { findTaskDefinition } from './task-definitions.ts'
import { taskKey } from './task-record.ts'
import type { TaskRunner } from './task-runner.ts'

/** How long a stopped task can still be described, as on AWS. */
const KEPT_MS = 60 * 60_000
/** Most tasks of one RunTask. */
const MOST_TASKS = 10
/** Most ARNs of one description. */
const MOST_DESCRIBED = 100

export function taskOperations(
  records: Records,
  arns: Arns,
  clock: Clock,
  runner: TaskRunner,
): Record<string, Operation> {
  function runTask(input: RunTaskRequest) {
    const cluster = findCluster(records, input.cluster)
    const definition = findTaskDefinition(records, input.taskDefinition)
    const { count = 1 } = input
    if (!(count >= 1 && count <= MOST_TASKS))
      throw invalidParameter(`count should be between 1 and ${MOST_TASKS}.`)
    if (input.startedBy && !/^[\w/-]{1,128}$/.test(input.startedBy))
      throw invalidParameter('startedBy contains invalid characters.')
    checkNetwork(definition, input.networkConfiguration)
    const names = definition.containerDefinitions?.map(container => container.name)
    const stranger = input.overrides?.containerOverrides?.find(({ name }) => !names?.includes(name))
    if (stranger)
      throw invalidParameter(
        `Override for container named ${stranger.name} is not a container in the TaskDefinition.`,
      )
    checkStrategy(input.capacityProviderStrategy, input.launchType)
    const strategy =
      input.capacityProviderStrategy ?? (input.launchType ? [] : cluster.defaultCapacityProviderStrategy)
    const providers: (string | undefined)[] = []
    for (let i = 0; i < count; i++) providers.push(nextProvider(strategy, providers))
    const tasks = providers.map(capacityProviderName =>
      runner.launch({
        cluster: cluster.clusterName as string,
        clusterArn: cluster.clusterArn as string,
        definition,
        group: input.group ?? `family:${definition.family}`,
        startedBy: input.startedBy,
        overrides: input.overrides,
        launchType: checkLaunchType(input.launchType),
        capacityProviderName,
        platformVersion: input.platformVersion === 'LATEST' ? undefined : input.platformVersion,
        networkConfiguration: input.networkConfiguration,
        enableExecuteCommand: input.enableExecuteCommand,
      }),
    )
    const propagated =
      input.propagateTags === 'TASK_DEFINITION'
        ? tagsOf(records, definition.taskDefinitionArn as string).filter(
            ({ key }) => !input.tags?.some(tag => tag.key === key),
          )
        : []
    const managed = input.enableECSManagedTags
      ? [{ key: 'aws:ecs:clusterName', value: cluster.clusterName }]
      : []
    for (const { task } of tasks) {
      setTags(records, task.taskArn as string, input.tags)
      const own = tagsOf(records, task.taskArn as string)
      records.tags.put(task.taskArn as string, [...own, ...propagated, ...managed])
    }
    return { tasks: tasks.map(record => show(record, true)), failures: [] }
  }

  function stopTask(input: StopTaskRequest) {
    const record = find(input.cluster, input.task)
    if (!record) throw invalidParameter('The referenced task was not found.')
    runner.stop(taskKey(record), { reason: input.reason ?? 'Task stopped by user', code: 'UserInitiated' })
    return { task: show(find(input.cluster, input.task) ?? record) }
  }

  function describeTasks(input: DescribeTasksRequest) {
    const cluster = findCluster(records, input.cluster)
    if (!input.tasks?.length) throw invalidParameter('Tasks cannot be empty.')
    if (input.tasks.length > MOST_DESCRIBED)
      throw invalidParameter(`Tasks cannot be more than ${MOST_DESCRIBED}.`)
    prune()
    const tasks: Task[] = []
    const failures: object[] = []
    for (const wanted of input.tasks) {
      const record = find(input.cluster, wanted)
      if (record) tasks.push(show(record, input.include?.includes('TAGS')))
      else
        failures.push({ arn: arns.task(cluster.clusterName as string, lastPart(wanted)), reason: 'MISSING' })
    }
    return { tasks, failures }
  }

  function listTasks(input: ListTasksRequest) {
    const cluster = findCluster(records, input.cluster)
    prune()
    const desired = input.desiredStatus ?? 'RUNNING'
    if (input.serviceName && !records.services.get(`${cluster.clusterName}/${lastPart(input.serviceName)}`))
      throw invalidParameter('Service not found.')
    const all = records.tasks
      .list(`${cluster.clusterName}/`)
      .filter(({ task, service }) => {
        if (task.desiredStatus !== desired) return false
        if (input.serviceName && service !== lastPart(input.serviceName)) return false
        if (input.startedBy && task.startedBy !== input.startedBy) return false
        if (input.launchType && task.launchType !== input.launchType) return false
        return !input.family || lastPart(task.taskDefinitionArn ?? '').split(':')[0] === input.family
      })
      .map(({ task }) => task.taskArn)
    const { items, nextToken } = page(all, input)
    return { taskArns: items, nextToken }
  }

  function find(cluster: string | undefined, task = ''): TaskRecord | undefined {
    const { clusterName } = findCluster(records, cluster)
    return records.tasks.get(`${clusterName}/${lastPart(task)}`)
  }

  function show(record: TaskRecord, withTags = false): Task {
    const tags = withTags ? tagsOf(records, record.task.taskArn as string) : []
    return { ...dated<Task>(record.task), tags }
  }

  function prune(): void {
    for (const record of records.tasks.list())
      if (record.task.stoppedAt && record.task.stoppedAt < clock.now() - KEPT_MS) {
        records.tasks.delete(taskKey(record))
        records.tags.delete(record.task.taskArn as string)
      }
  }

  return { RunTask: runTask, StopTask: stopTask, DescribeTasks: describeTasks, ListTasks: listTasks }
}

/** Only Fargate is here. @throws when an instance is asked for */
export function checkLaunchType(launchType: string | undefined): 'FARGATE' | undefined {
  if (launchType && launchType !== 'FARGATE')
    throw clientError(
      `The local cloud has no instances: launch type ${launchType} is not possible, FARGATE is.`,
    )
  return launchType as 'FARGATE' | undefined
}

/** @throws InvalidParameterException as AWS does for awsvpc tasks without subnets */
export function checkNetwork(
  definition: TaskDefinitionRecord,
  network: RunTaskRequest['networkConfiguration'],
): void {
  if (definition.networkMode !== 'awsvpc') return
  if (!network?.awsvpcConfiguration)
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  if (!network.awsvpcConfiguration.subnets?.length) throw invalidParameter('subnets can not be empty.')
}
