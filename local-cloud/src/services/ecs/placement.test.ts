import {
  CreateServiceCommand,
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeCapacityProvidersCommand,
  DescribeTaskDefinitionCommand,
  ExecuteCommandCommand,
  GetTaskProtectionCommand,
  ListTaskDefinitionsCommand,
  PutClusterCapacityProvidersCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { nextProvider } from './capacity-providers.ts'
import { network, register, serviceOf, startEcs, taskIn, tasksOfService, until } from './fixture.ts'

const spread = [
  { capacityProvider: 'FARGATE', base: 1, weight: 1 },
  { capacityProvider: 'FARGATE_SPOT', weight: 3 },
]

test('fills the base first, then keeps to the weights', () => {
  const names: (string | undefined)[] = []
  for (let i = 0; i < 9; i++) names.push(nextProvider(spread, names))
  expect(names[0]).toBe('FARGATE')
  expect(names.filter(name => name === 'FARGATE')).toHaveLength(3)
  expect(nextProvider(undefined, [])).toBeUndefined()
})

test('spreads tasks over providers, hands on tags, and spares protected tasks', async () => {
  const { ecs } = await startEcs()
  const command = ['node', 'server.js', 'idle']
  const definition = await register(ecs, { command }, { tags: [{ key: 'team', value: 'one' }] })
  const run = (change: Partial<RunTaskCommandInput>) =>
    ecs.send(
      new RunTaskCommand({
        cluster: 'main',
        taskDefinition: definition,
        networkConfiguration: network,
        overrides: { containerOverrides: [{ name: 'web', command: ['node', 'server.js', 'exit', '0'] }] },
        ...change,
      }),
    )
  await expect(run({ launchType: 'FARGATE', capacityProviderStrategy: spread })).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringContaining('Specifying both a launch type and capacity provider strategy'),
  })
  const { tasks } = await run({
    count: 2,
    capacityProviderStrategy: spread,
    propagateTags: 'TASK_DEFINITION',
    enableECSManagedTags: true,
    tags: [{ key: 'own', value: 'yes' }],
  })
  expect(tasks?.map(task => task.capacityProviderName)).toEqual(['FARGATE', 'FARGATE_SPOT'])
  expect(tasks?.[0]?.tags).toEqual([
    { key: 'own', value: 'yes' },
    { key: 'team', value: 'one' },
    { key: 'aws:ecs:clusterName', value: 'main' },
  ])
  const providers = await ecs.send(
    new DescribeCapacityProvidersCommand({ capacityProviders: ['FARGATE', 'x'] }),
  )
  expect(providers).toMatchObject({
    capacityProviders: [{ name: 'FARGATE', status: 'ACTIVE' }],
    failures: [{ arn: 'x', reason: 'MISSING' }],
  })
  await expect(
    ecs.send(
      new ExecuteCommandCommand({
        cluster: 'main',
        task: tasks?.[0]?.taskArn,
        command: 'sh',
        interactive: true,
      }),
    ),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } })

  await ecs.send(
    new PutClusterCapacityProvidersCommand({
      cluster: 'main',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
    }),
  )
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'main',
      serviceName: 'worker',
      taskDefinition: definition,
      desiredCount: 2,
      networkConfiguration: network,
    }),
  )
  await until(async () => (await serviceOf(ecs, 'worker')).runningCount === 2)
  const before = await tasksOfService(ecs, 'worker')
  expect(before.map(task => task.capacityProviderName)).toEqual(['FARGATE_SPOT', 'FARGATE_SPOT'])
  const [oldest] = before.toSorted((a, b) => Number(a.createdAt) - Number(b.createdAt))
  const protect = (protectionEnabled: boolean, task = oldest?.taskArn ?? '') =>
    ecs.send(new UpdateTaskProtectionCommand({ cluster: 'main', tasks: [task], protectionEnabled }))
  expect((await protect(true)).protectedTasks).toMatchObject([
    { taskArn: oldest?.taskArn, protectionEnabled: true, expirationDate: expect.any(Date) },
  ])
  expect((await protect(true, tasks?.[0]?.taskArn)).failures).toMatchObject([{ reason: 'TASK_NOT_VALID' }])
  const scale = (desiredCount: number) =>
    ecs.send(new UpdateServiceCommand({ cluster: 'main', service: 'worker', desiredCount }))
  await scale(0)
  await until(async () => (await tasksOfService(ecs, 'worker')).length === 1)
  const shown = await ecs.send(new GetTaskProtectionCommand({ cluster: 'main' }))
  expect(shown.protectedTasks).toMatchObject([{ taskArn: oldest?.taskArn, protectionEnabled: true }])

  // A deleted definition stays as long as a task is of it.
  const listed = async () =>
    (await ecs.send(new ListTaskDefinitionsCommand({ status: 'DELETE_IN_PROGRESS' }))).taskDefinitionArns
  const remove = () => ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [definition] }))
  expect((await remove()).failures).toHaveLength(1)
  await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: definition }))
  expect((await remove()).taskDefinitions).toMatchObject([{ status: 'DELETE_IN_PROGRESS' }])
  expect(await listed()).toEqual([definition])
  await expect(run({})).rejects.toMatchObject({ name: 'ClientException' })
  const described = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: definition }))
  expect(described.taskDefinition?.status).toBe('DELETE_IN_PROGRESS')
  await protect(false)
  await taskIn(ecs, oldest?.taskArn, 'STOPPED')
})
