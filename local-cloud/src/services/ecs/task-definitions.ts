import type {
  DeleteTaskDefinitionsRequest,
  DeregisterTaskDefinitionRequest,
  DescribeTaskDefinitionRequest,
  ListTaskDefinitionFamiliesRequest,
  ListTaskDefinitionsRequest,
  RegisterTaskDefinitionRequest,
  TaskDefinition,
} from '@aws-sdk/client-ecs'
import type { Clock } from '../../core/clock.ts'
import type { Operation, RequestContext } from '../../core/service.ts'
import { type Arns, lastPart } from './arns.ts'
import { clientError, invalidParameter } from './errors.ts'
import { page } from './pages.ts'
import { dated, type Records, type TaskDefinitionRecord } from './records.ts'
import { setTags, tagsOf } from './tags.ts'
import { checkTaskDefinition, inUnits } from './task-definition-rules.ts'

/** Most task definitions of one DeleteTaskDefinitions. */
const MOST_DELETED = 10

export function taskDefinitionOperations(
  records: Records,
  arns: Arns,
  clock: Clock,
): Record<string, Operation> {
  function register(input: RegisterTaskDefinitionRequest, { caller }: RequestContext) {
    checkTaskDefinition(input)
    const { tags, ...shape } = input
    const { family = '' } = input
    const revision = (records.families.get(family) ?? 0) + 1
    const definition: TaskDefinitionRecord = {
      ...structuredClone(shape),
      cpu: inUnits(input.cpu),
      memory: inUnits(input.memory),
      taskDefinitionArn: arns.taskDefinition(family, revision),
      containerDefinitions: input.containerDefinitions?.map(container => ({
        ...container,
        cpu: container.cpu ?? 0,
        essential: container.essential ?? true,
        environment: container.environment ?? [],
        mountPoints: container.mountPoints ?? [],
        volumesFrom: container.volumesFrom ?? [],
        systemControls: container.systemControls ?? [],
        portMappings: (container.portMappings ?? []).map(mapping => ({
          ...mapping,
          hostPort: mapping.hostPort ?? (input.networkMode === 'awsvpc' ? mapping.containerPort : 0),
          protocol: mapping.protocol ?? 'tcp',
        })),
      })),
      volumes: input.volumes ?? [],
      placementConstraints: input.placementConstraints ?? [],
      revision,
      status: 'ACTIVE',
      compatibilities: input.networkMode === 'awsvpc' ? ['EC2', 'FARGATE'] : ['EC2', 'EXTERNAL'],
      requiresAttributes: [],
      registeredAt: clock.now(),
      registeredBy: caller.arn,
    } as TaskDefinitionRecord
    records.store.transaction(() => {
      records.families.put(family, revision)
      records.taskDefinitions.put(keyOf(family, revision), definition)
      setTags(records, definition.taskDefinitionArn as string, tags)
    })
    return { taskDefinition: dated<TaskDefinition>(definition), tags: tags ?? [] }
  }

  function describe(input: DescribeTaskDefinitionRequest) {
    const definition = lookUp(records, input.taskDefinition)
    if (!definition) throw clientError('Unable to describe task definition.')
    const tags = input.include?.includes('TAGS')
      ? { tags: tagsOf(records, definition.taskDefinitionArn as string) }
      : {}
    return { taskDefinition: dated<TaskDefinition>(definition), ...tags }
  }

  function deregister(input: DeregisterTaskDefinitionRequest) {
    if (!/:\d+$/.test(input.taskDefinition ?? '')) throw invalidParameter('Revision is missing.')
    const definition = lookUp(records, input.taskDefinition)
    if (!definition) throw clientError('The specified task definition does not exist.')
    const inactive: TaskDefinitionRecord = {
      ...definition,
      status: 'INACTIVE',
      deregisteredAt: definition.deregisteredAt ?? clock.now(),
    }
    records.taskDefinitions.put(keyOf(definition.family, definition.revision), inactive)
    return { taskDefinition: dated<TaskDefinition>(inactive) }
  }

  function remove(input: DeleteTaskDefinitionsRequest) {
    const taskDefinitions: TaskDefinition[] = []
    const failures: object[] = []
    if (!input.taskDefinitions?.length || input.taskDefinitions.length > MOST_DELETED)
      throw invalidParameter(`taskDefinitions must name 1 to ${MOST_DELETED} task definitions.`)
    for (const name of input.taskDefinitions) {
      const found = lookUp(records, name)
      if (found?.status !== 'INACTIVE') {
        const reason = found ? 'The specified task definition is still in ACTIVE status.' : 'MISSING'
        failures.push({ arn: name, reason })
        continue
      }
      const leaving = { ...found, status: 'DELETE_IN_PROGRESS' as const, deleteRequestedAt: clock.now() }
      records.taskDefinitions.put(keyOf(found.family, found.revision), leaving)
      taskDefinitions.push(dated<TaskDefinition>(leaving))
    }
    purge()
    return { taskDefinitions, failures }
  }

  /** What is to be deleted goes once no task and no service uses it. */
  function purge(): void {
    const leaving = records.taskDefinitions.list().filter(one => one.status === 'DELETE_IN_PROGRESS')
    if (leaving.length === 0) return
    const used = new Set([
      ...records.tasks
        .list()
        .flatMap(({ task }) => (task.lastStatus === 'STOPPED' ? [] : [task.taskDefinitionArn])),
      ...records.services
        .list()
        .filter(({ service }) => service.status !== 'INACTIVE')
        .flatMap(({ deployments }) =>
          deployments.map(({ revisionArn }) => records.revisions.get(revisionArn)?.taskDefinition),
        ),
    ])
    for (const { taskDefinitionArn, family, revision } of leaving)
      if (!used.has(taskDefinitionArn)) records.taskDefinitions.delete(keyOf(family, revision))
  }

  function list(input: ListTaskDefinitionsRequest) {
    purge()
    const status = input.status ?? 'ACTIVE'
    const all = records.taskDefinitions
      .list(input.familyPrefix ? `${input.familyPrefix}:` : '')
      .filter(definition => definition.status === status)
      .map(definition => definition.taskDefinitionArn)
    const { items, nextToken } = page(input.sort === 'DESC' ? all.reverse() : all, input)
    return { taskDefinitionArns: items, nextToken }
  }

  function listFamilies(input: ListTaskDefinitionFamiliesRequest) {
    const status = input.status ?? 'ACTIVE'
    const active = new Set(
      records.taskDefinitions.list().flatMap(d => (d.status === 'ACTIVE' ? [d.family] : [])),
    )
    const all = records.families
      .keys(input.familyPrefix)
      .filter(family => status === 'ALL' || active.has(family) === (status === 'ACTIVE'))
    const { items, nextToken } = page(all, input)
    return { families: items, nextToken }
  }

  return {
    RegisterTaskDefinition: register,
    DescribeTaskDefinition: describe,
    DeregisterTaskDefinition: deregister,
    DeleteTaskDefinitions: remove,
    ListTaskDefinitions: list,
    ListTaskDefinitionFamilies: listFamilies,
  }
}

/**
 * The task definition to run: an ARN, `family:revision`, or the latest active revision of a family.
 * @throws ClientException when there is none, or when it has been deregistered
 */
export function findTaskDefinition(records: Records, name = ''): TaskDefinitionRecord {
  const definition = lookUp(records, name)
  if (!definition) throw clientError('TaskDefinition not found.')
  if (definition.status !== 'ACTIVE') throw clientError('TaskDefinition is inactive')
  return definition
}

/** The same, whatever its state: what runs keeps running when its definition is deregistered. */
export function lookUp(records: Records, name = ''): TaskDefinitionRecord | undefined {
  const [family = '', revision] = lastPart(name).split(':')
  if (revision) return records.taskDefinitions.get(keyOf(family, Number(revision)))
  return records.taskDefinitions
    .list(`${family}:`)
    .filter(definition => definition.status === 'ACTIVE')
    .at(-1)
}

const keyOf = (family = '', revision = 0) => `${family}:${String(revision).padStart(9, '0')}`
