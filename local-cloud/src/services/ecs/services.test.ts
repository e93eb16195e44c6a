import {
  CreateServiceCommand,
  DeleteServiceCommand,
  type DeploymentConfiguration,
  DescribeServicesCommand,
  type ECSClient,
  ListServicesCommand,
  ListTagsForResourceCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import {
  deploymentThat,
  network,
  newestDeployment,
  register,
  serviceOf,
  stable,
  startEcs,
  tasksOfService,
  until,
} from './fixture.ts'
import { answerOf, createApi, release, startBalancer, startTraffic } from './load-balanced.ts'

async function create(
  ecs: ECSClient,
  taskDefinition: string,
  deploymentConfiguration: DeploymentConfiguration = {},
  desiredCount = 1,
) {
  const { service } = await ecs.send(
    new CreateServiceCommand({
      cluster: 'main',
      serviceName: 'worker',
      taskDefinition,
      desiredCount,
      networkConfiguration: network,
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      deploymentConfiguration,
      tags: [{ key: 'app', value: 'test' }],
      propagateTags: 'SERVICE',
      enableECSManagedTags: true,
    }),
  )
  return service
}

const update = (ecs: ECSClient, change: object) =>
  ecs.send(new UpdateServiceCommand({ cluster: 'main', service: 'worker', ...change }))
const idle = ['node', 'server.js', 'idle']

test('keeps the desired count, and replaces a task whose process is killed', async () => {
  const { cloud, ecs } = await startEcs()
  const created = await create(ecs, await register(ecs, { command: idle }), {}, 2)
  expect(created).toMatchObject({
    status: 'ACTIVE',
    desiredCount: 2,
    runningCount: 0,
    deployments: [
      { status: 'PRIMARY', rolloutState: 'IN_PROGRESS', id: expect.stringMatching(/^ecs-svc\/\d{19}$/) },
    ],
  })
  const service = await stable(ecs, 'worker', cloud.clock)
  const [task] = await tasksOfService(ecs, 'worker')
  expect(task).toMatchObject({
    group: 'service:worker',
    startedBy: service.deployments?.[0]?.id,
    capacityProviderName: 'FARGATE_SPOT',
  })
  const { tags } = await ecs.send(new ListTagsForResourceCommand({ resourceArn: task?.taskArn }))
  expect(tags).toEqual(
    expect.arrayContaining([
      { key: 'app', value: 'test' },
      { key: 'aws:ecs:serviceName', value: 'worker' },
    ]),
  )
  const pid = Number(task?.containers?.[0]?.runtimeId?.split('-').at(-1))
  process.kill(pid, 'SIGKILL')
  const arns = await until(async () => {
    const now = (await tasksOfService(ecs, 'worker'))
      .filter(t => t.lastStatus === 'RUNNING')
      .map(t => t.taskArn)
    return now.length === 2 && !now.includes(task?.taskArn) && now
  })
  expect(arns).toHaveLength(2)
  await update(ecs, { desiredCount: 1 })
  await until(async () => (await tasksOfService(ecs, 'worker')).length === 1)
  const { events } = await until(async () => {
    const seen = await serviceOf(ecs, 'worker')
    return seen.events?.[0]?.message === '(service worker) has reached a steady state.' && seen
  })
  expect(events?.map(event => event.message)).toContainEqual(
    expect.stringMatching(/^\(service worker\) has stopped 1 running tasks: \(task \w+\)\.$/),
  )
})

test('rolls to a new revision, and only for what needs one', async () => {
  const { cloud, ecs } = await startEcs()
  await create(ecs, await register(ecs, { command: idle }))
  await stable(ecs, 'worker', cloud.clock)
  const first = await newestDeployment(ecs, 'worker')
  expect(first.status).toBe('SUCCESSFUL')
  await update(ecs, { healthCheckGracePeriodSeconds: 3, desiredCount: 1 })
  expect((await newestDeployment(ecs, 'worker')).serviceDeploymentArn).toBe(first.serviceDeploymentArn)
  const next = await register(ecs, { command: idle })
  const { service } = await update(ecs, { taskDefinition: next })
  expect(service?.deployments?.map(d => d.status)).toEqual(['PRIMARY', 'ACTIVE'])
  const done = await deploymentThat(ecs, 'worker', d => d.status === 'SUCCESSFUL', cloud.clock)
  expect(done.sourceServiceRevisions?.[0]?.arn).toBe(first.targetServiceRevision?.arn)
  expect((await stable(ecs, 'worker', cloud.clock)).taskDefinition).toBe(next)
  const { service: forced } = await update(ecs, { forceNewDeployment: true })
  expect(forced?.deployments).toHaveLength(2)
})

test('the circuit breaker goes back to what worked, and says so everywhere', async () => {
  const { cloud, ecs } = await startEcs()
  const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } }
  const good = await register(ecs, { command: idle })
  await create(ecs, good, breaker)
  await stable(ecs, 'worker', cloud.clock)
  const worked = (await tasksOfService(ecs, 'worker'))[0]?.taskArn
  await update(ecs, { taskDefinition: await register(ecs, { command: ['node', 'server.js', 'exit', '1'] }) })
  const failed = await deploymentThat(ecs, 'worker', d => d.status === 'ROLLBACK_SUCCESSFUL', cloud.clock)
  const reason = 'Service deployment rolled back because the circuit breaker threshold was exceeded.'
  expect(failed).toMatchObject({
    statusReason: reason,
    rollback: { reason, serviceRevisionArn: failed.sourceServiceRevisions?.[0]?.arn },
    deploymentCircuitBreaker: { status: 'TRIGGERED', threshold: 3, failureCount: 3 },
  })
  const service = await stable(ecs, 'worker', cloud.clock)
  expect(service.taskDefinition).toBe(good)
  expect((await tasksOfService(ecs, 'worker')).map(task => task.taskArn)).toEqual([worked])
  expect(service.events?.map(event => event.message)).toContainEqual(
    expect.stringMatching(/\(deployment ecs-svc\/\d+\) deployment failed: tasks failed to start\.$/),
  )
})

test('a first deployment that cannot start has nothing to go back to', async () => {
  const { cloud, ecs } = await startEcs()
  await create(ecs, await register(ecs, { image: 'absent' }), {
    deploymentCircuitBreaker: { enable: true, rollback: true },
  })
  const failed = await deploymentThat(ecs, 'worker', d => d.status === 'ROLLBACK_FAILED', cloud.clock)
  expect(failed.statusReason).toContain('No rollback candidate was found to run the rollback.')
  const service = await serviceOf(ecs, 'worker')
  expect(service.deployments?.[0]).toMatchObject({ rolloutState: 'FAILED', failedTasks: 3 })
  expect(service.events?.map(event => event.message)).toContainEqual(
    expect.stringMatching(
      /^\(service worker\) was unable to place a task\. Reason: CannotPullContainerError/,
    ),
  )
})

test('rolls behind a load balancer without losing a request, and back again', async () => {
  const { cloud, ecs } = await startEcs()
  const balancer = await startBalancer(cloud)
  const rolling = { strategy: 'ROLLING' as const, lifecycleHooks: [], bakeTimeInMinutes: 0 }
  await createApi(ecs, balancer, await release(ecs, 'one'), rolling)
  await stable(ecs, 'api')
  const traffic = startTraffic(balancer.productionUrl)
  const move = async (taskDefinition: string) =>
    ecs.send(new UpdateServiceCommand({ cluster: 'main', service: 'api', taskDefinition }))
  await move(await release(ecs, 'two'))
  await stable(ecs, 'api')
  expect(await answerOf(balancer.productionUrl)).toBe('two')
  await move(await release(ecs, 'three', { UNHEALTHY: 'yes' }))
  const { serviceDeploymentArn } = await deploymentThat(ecs, 'api', d => d.status === 'IN_PROGRESS')
  await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn }))
  await deploymentThat(ecs, 'api', d => d.status === 'ROLLBACK_SUCCESSFUL')
  const { lost, answers } = await traffic.stop()
  expect(lost).toEqual([])
  expect([...answers.keys()]).toEqual(['one', 'two'])
})

test('deletes a service when it is scaled to zero, or by force', async () => {
  const { cloud, ecs } = await startEcs()
  await create(ecs, await register(ecs, { command: idle }))
  await stable(ecs, 'worker', cloud.clock)
  const remove = (force?: boolean) =>
    ecs.send(new DeleteServiceCommand({ cluster: 'main', service: 'worker', force }))
  await expect(remove()).rejects.toMatchObject({ name: 'InvalidParameterException' })
  expect((await remove(true)).service?.status).toBe('DRAINING')
  await until(async () => (await serviceOf(ecs, 'worker')).status === 'INACTIVE')
  expect((await ecs.send(new ListServicesCommand({ cluster: 'main' }))).serviceArns).toEqual([])
  await expect(update(ecs, { desiredCount: 1 })).rejects.toMatchObject({ name: 'ServiceNotActiveException' })
  await create(ecs, await register(ecs, { command: idle }))
  await stable(ecs, 'worker', cloud.clock)
})

test('knows what is missing', async () => {
  const { ecs } = await startEcs()
  const { failures } = await ecs.send(new DescribeServicesCommand({ cluster: 'main', services: ['absent'] }))
  expect(failures).toEqual([{ arn: expect.stringContaining('service/main/absent'), reason: 'MISSING' }])
  await expect(update(ecs, {})).rejects.toMatchObject({ name: 'ServiceNotFoundException' })
  await expect(
    ecs.send(
      new StopServiceDeploymentCommand({
        serviceDeploymentArn: 'arn:aws:ecs:us-east-1:1:service-deployment/a/b/c',
      }),
    ),
  ).rejects.toMatchObject({ name: 'ServiceDeploymentNotFoundException' })
  await expect(create(ecs, 'absent')).rejects.toMatchObject({ name: 'ClientException' })
  const controller = { deploymentController: { type: 'CODE_DEPLOY' as const } }
  const command = new CreateServiceCommand({
    cluster: 'main',
    serviceName: 'x',
    taskDefinition: 'y',
    ...controller,
  })
  await expect(ecs.send(command)).rejects.toMatchObject({ name: 'UnsupportedFeatureException' })
})
