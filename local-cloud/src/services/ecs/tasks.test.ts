import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { DescribeTasksCommand, ListTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import {
  ACCOUNT,
  type EcsFixture,
  layerOf,
  network,
  push,
  REPOSITORY,
  register,
  standardLayers,
  startEcs,
  taskIn,
  taskOf,
  until,
} from './fixture.ts'

async function run({ ecs }: EcsFixture, taskDefinition: string, command?: string[]): Promise<string> {
  const { tasks } = await ecs.send(
    new RunTaskCommand({
      cluster: 'main',
      taskDefinition,
      networkConfiguration: network,
      launchType: 'FARGATE',
      startedBy: 'a-test',
      ...(command && { overrides: { containerOverrides: [{ name: 'web', command }] } }),
    }),
  )
  return tasks?.[0]?.taskArn as string
}

/** A log group, and what a task has written to it. */
async function logging({ cloud }: EcsFixture) {
  const logs = new CloudWatchLogsClient(cloud.client)
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/ecs/app' }))
  const options = {
    'awslogs-group': '/ecs/app',
    'awslogs-region': 'us-east-1',
    'awslogs-stream-prefix': 'ecs',
  }
  const lines = async (client: CloudWatchLogsClient, arn: string) => {
    const stream = {
      logGroupName: '/ecs/app',
      logStreamName: `ecs/web/${arn.split('/').at(-1)}`,
      startFromHead: true,
    }
    const { events = [] } = await client.send(new GetLogEventsCommand(stream)).catch(() => ({ events: [] }))
    return events.map(event => event.message)
  }
  return { logs, logConfiguration: { logDriver: 'awslogs' as const, options }, lines }
}

test('runs a real process and tells its exit code', async () => {
  const fixture = await startEcs()
  const definition = await register(fixture.ecs)
  const arn = await run(fixture, definition, ['node', 'server.js', 'exit', '3'])
  const task = await taskIn(fixture.ecs, arn, 'STOPPED')
  expect(task).toMatchObject({
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    startedBy: 'a-test',
    group: 'family:app',
    launchType: 'FARGATE',
    containers: [{ name: 'web', exitCode: 3, lastStatus: 'STOPPED' }],
  })
  const { createdAt, pullStartedAt, pullStoppedAt, startedAt, stoppingAt, stoppedAt } = task
  const times = [createdAt, pullStartedAt, pullStoppedAt, startedAt, stoppingAt, stoppedAt].map(t =>
    t?.getTime(),
  )
  expect(times).toEqual([...times].sort((a, b) => Number(a) - Number(b)))
  expect(task.containers?.[0]?.imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/)
})

test('sends output to CloudWatch Logs, line by line, by container and task', async () => {
  const fixture = await startEcs()
  const { logs, logConfiguration, lines } = await logging(fixture)
  const definition = await register(fixture.ecs, { logConfiguration })
  const arn = await run(fixture, definition, ['node', 'server.js', 'print', 'héllo'])
  await taskIn(fixture.ecs, arn, 'STOPPED')
  expect((await lines(logs, arn)).sort()).toEqual(['err héllo', 'out héllo'])
})

test('gives the process its environment, secrets and port', async () => {
  const fixture = await startEcs()
  const { cloud, ecs } = fixture
  const secret = await new SecretsManagerClient(cloud.client).send(
    new CreateSecretCommand({ Name: 'keys', SecretString: '{"api":"the value"}' }),
  )
  const { logs, logConfiguration, lines } = await logging(fixture)
  const definition = await register(
    ecs,
    {
      portMappings: [{ containerPort: 8000 }],
      environment: [{ name: 'PORT', value: '8000' }],
      secrets: [{ name: 'KEY', valueFrom: `${secret.ARN}:api::` }],
      logConfiguration,
    },
    { taskRoleArn: `arn:aws:iam::${ACCOUNT}:role/task` },
  )
  const printed = async (name: string) => {
    const arn = await run(fixture, definition, ['node', 'server.js', 'env', name])
    await taskIn(ecs, arn, 'STOPPED')
    return (await lines(logs, arn))[0]
  }
  expect(await printed('KEY')).toBe('the value')
  expect(await printed('FROM_IMAGE')).toBe('yes')
  expect(await printed('HOST')).toBe('127.0.0.1')
  expect(Number(await printed('PORT'))).toBeGreaterThan(19_999)
  expect(await printed('AWS_CONTAINER_CREDENTIALS_FULL_URI')).toContain(`${cloud.endpoint}/_ecs/credentials/`)
})

test('stops with SIGTERM, and with SIGKILL after the stop timeout', async () => {
  const fixture = await startEcs()
  const { ecs } = fixture
  const { logs, logConfiguration, lines } = await logging(fixture)
  const definition = await register(ecs, { logConfiguration })
  const kind = await run(fixture, definition, ['node', 'server.js', 'idle'])
  const stubborn = await run(fixture, definition, ['node', 'server.js', 'stubborn'])
  // Not before its program has set its handler.
  for (const arn of [kind, stubborn]) await until(async () => (await lines(logs, arn)).includes('up'))
  for (const task of [kind, stubborn])
    await ecs.send(new StopTaskCommand({ cluster: 'main', task, reason: 'enough' }))
  const ended = await taskIn(ecs, kind, 'STOPPED')
  expect(ended).toMatchObject({
    stopCode: 'UserInitiated',
    stoppedReason: 'enough',
    containers: [{ exitCode: 143 }],
  })
  const killed = await taskIn(ecs, stubborn, 'STOPPED')
  expect(killed.containers?.[0]?.exitCode).toBe(137)
  expect(Number(killed.stoppedAt) - Number(killed.stoppingAt)).toBeGreaterThanOrEqual(1900)
})

test('lists by status, family and starter', async () => {
  const fixture = await startEcs()
  const { ecs } = fixture
  const definition = await register(ecs)
  const arn = await run(fixture, definition, ['node', 'server.js', 'idle'])
  const list = async (filter: object) =>
    (await ecs.send(new ListTasksCommand({ cluster: 'main', ...filter }))).taskArns
  expect(await list({ family: 'app' })).toEqual([arn])
  expect(await list({ startedBy: 'a-test' })).toEqual([arn])
  expect(await list({ startedBy: 'another' })).toEqual([])
  expect(await list({ desiredStatus: 'STOPPED' })).toEqual([])
  const missing = await ecs.send(new DescribeTasksCommand({ cluster: 'main', tasks: ['0'.repeat(32)] }))
  expect(missing.failures?.[0]?.reason).toBe('MISSING')
})

test('runs health checks in the image', async () => {
  const fixture = await startEcs()
  const { ecs } = fixture
  const check = (command: string[]) => ({ command, interval: 5, timeout: 5, retries: 1 })
  const fetchIt =
    "fetch('http://localhost:8000/health').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
  const definition = await register(ecs, {
    portMappings: [{ containerPort: 8000 }],
    healthCheck: check(['CMD', 'node', '-e', fetchIt]),
  })
  const arn = await run(fixture, definition)
  await until(async () => (await taskOf(ecs, arn)).healthStatus === 'HEALTHY')
  const curl = await register(ecs, { healthCheck: check(['CMD', 'curl', 'http://localhost:8000/']) })
  const sick = await run(fixture, curl, ['node', 'server.js', 'idle'])
  await until(async () => (await taskOf(ecs, sick)).healthStatus === 'UNHEALTHY')
})

test('says in the words of AWS why a task cannot start', async () => {
  const fixture = await startEcs()
  const { cloud, ecs } = fixture
  const options = { 'awslogs-group': 'absent', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'ecs' }
  await push(cloud, await standardLayers(), 'other-cpu', {
    architecture: process.arch === 'arm64' ? 'amd64' : 'arm64',
  })
  await push(cloud, [await layerOf({ '../evil': 'x' })], 'evil')
  const secretArn = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:absent-AbCdEf`
  const cases: [object, RegExp][] = [
    [
      { image: `${REPOSITORY}:absent` },
      /^CannotPullContainerError: pull image manifest has been retried 1 time\(s\): failed to resolve ref .*:absent: not found/,
    ],
    [{ image: 'docker.io/library/nginx' }, /^CannotPullContainerError: .*its own ECR only/],
    [
      { image: `${REPOSITORY}:other-cpu` },
      /^CannotPullContainerError: .*does not contain descriptor matching platform 'linux\//,
    ],
    [{ image: `${REPOSITORY}:evil` }, /^CannotPullContainerError: .*escapes the root/],
    [
      { command: ['absent'] },
      /^CannotStartContainerError: .*exec: "absent": executable file not found in \$PATH: unknown$/,
    ],
    [
      { logConfiguration: { logDriver: 'awslogs', options } },
      /^ResourceInitializationError: failed to validate logger args: .*ResourceNotFoundException/,
    ],
    [
      { secrets: [{ name: 'A', valueFrom: secretArn }] },
      /^ResourceInitializationError: unable to pull secrets or registry auth: .*ResourceNotFoundException/,
    ],
    [{ secrets: [{ name: 'A', valueFrom: `${secretArn}:key` }] }, /invalid ARN format/],
  ]
  const begun = Date.now()
  for (const [container, reason] of cases) {
    const arn = await run(fixture, await register(ecs, container))
    const task = await taskIn(ecs, arn, 'STOPPED')
    expect(task.stopCode).toBe('TaskFailedToStart')
    expect(task.stoppedReason).toMatch(reason)
    expect(task.containers?.[0]?.reason).toMatch(reason)
  }
  expect(Date.now() - begun).toBeLessThan(cases.length * 2000)
})

test('refuses a layer that is not what its digest says, and runs it once it is repaired', async () => {
  const fixture = await startEcs()
  const { cloud, ecs } = fixture
  await push(cloud, [...(await standardLayers()), await layerOf({ 'app/more': 'more' })], 'spoilt')
  const blobs = (
    await readdir(join(cloud.state, 'ecr', 'blobs'), { recursive: true, withFileTypes: true })
  ).filter(f => f.isFile())
  const sizes = await Promise.all(
    blobs.map(async file => {
      const path = join(file.parentPath, file.name)
      return { path, content: await readFile(path) }
    }),
  )
  const spoilt = sizes
    .filter(({ content }) => content[0] === 0x1f)
    .sort((a, b) => a.content.length - b.content.length)[0]
  if (!spoilt) throw new Error('no layer')
  await writeFile(spoilt.path, 'spoilt')
  const definition = await register(ecs, {
    image: `${REPOSITORY}:spoilt`,
    command: ['node', 'server.js', 'exit', '0'],
  })
  const failed = await taskIn(ecs, await run(fixture, definition), 'STOPPED')
  expect(failed.stoppedReason).toMatch(
    /^CannotPullContainerError: .*unexpected commit digest .*failed precondition$/,
  )
  await writeFile(spoilt.path, spoilt.content)
  const repaired = await taskIn(ecs, await run(fixture, definition), 'STOPPED')
  expect(repaired.containers?.[0]?.exitCode).toBe(0)
})

test('refuses what AWS refuses', async () => {
  const { ecs } = await startEcs()
  await expect(register(ecs, {}, { cpu: '256', memory: '99' })).rejects.toMatchObject({
    name: 'ClientException',
    message: expect.stringContaining('No Fargate configuration exists for given values: 256 CPU, 99 memory.'),
  })
  await expect(
    register(ecs, { secrets: [{ name: 'A', valueFrom: 'x' }], image: 'x' }, { executionRoleArn: undefined }),
  ).rejects.toMatchObject({
    message: expect.stringContaining("you must also specify a value for 'executionRoleArn'"),
  })
  const definition = await register(ecs)
  const bad = (input: object) =>
    ecs.send(
      new RunTaskCommand({
        cluster: 'main',
        taskDefinition: definition,
        networkConfiguration: network,
        ...input,
      }),
    )
  await expect(bad({ cluster: 'absent' })).rejects.toMatchObject({ name: 'ClusterNotFoundException' })
  await expect(bad({ taskDefinition: 'absent' })).rejects.toMatchObject({
    name: 'ClientException',
    message: 'TaskDefinition not found.',
  })
  await expect(bad({ networkConfiguration: undefined })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  await expect(bad({ launchType: 'EC2' })).rejects.toMatchObject({ name: 'ClientException' })
})
