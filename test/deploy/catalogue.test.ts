import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  type ContainerDefinition,
  ContinueServiceDeploymentCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  type DeploymentLifecycleHook,
  type ECSClient,
  type RegisterTaskDefinitionCommandInput,
  StopServiceDeploymentCommand,
} from '@aws-sdk/client-ecs'
import { ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { createAlarms } from '../../delivery/src/aws/alarms.ts'
import { createEcs } from '../../delivery/src/aws/ecs.ts'
import { createLoadBalancing } from '../../delivery/src/aws/load-balancing.ts'
import { createLogs } from '../../delivery/src/aws/logs.ts'
import { createTrafficSettings } from '../../delivery/src/aws/traffic-settings.ts'
import { collectFacts } from '../../delivery/src/diagnose/collect-facts.ts'
import { diagnose } from '../../delivery/src/release/diagnosis/diagnose.ts'
import {
  ACCOUNT,
  deploymentThat,
  network,
  push,
  REPOSITORY,
  ROLE,
  register,
  standardLayers,
  startEcs,
  until,
} from '../../local-cloud/src/services/ecs/fixture.ts'
import { SERVICES } from '../../local-cloud/src/services/ecs/fixture-services.ts'
import {
  createApi,
  deploy,
  release,
  startBalancer,
} from '../../local-cloud/src/services/ecs/load-balanced.ts'
import { createIam } from '../../local-cloud/src/services/iam/iam.ts'
import { createSsm } from '../../local-cloud/src/services/ssm/ssm.ts'
import type { TestCloud } from '../../local-cloud/src/testing.ts'

/**
 * The catalogue of why a release fails, by faults that are really there: a service a fault, and what
 * `clarity diagnose` makes of each. What the local cloud cannot bring about has its case among the golden ones.
 */
const LOG_GROUP = '/ecs/app'
const SECRETS = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret`
/** Services that fail at a time: more would only wait for each other. */
const AT_ONCE = 9
const OTHER = process.arch === 'arm64' ? 'amd64' : 'arm64'

interface Fault {
  /** The rule that must be the cause. */
  cause: string
  container?: Partial<ContainerDefinition>
  task?: Partial<RegisterTaskDefinitionCommandInput>
  /** What the execution role may do; everything that a task needs when absent. */
  may?: string[]
}

const ALL = ['ecr:*', 'secretsmanager:GetSecretValue', 'ssm:GetParameters', 'logs:*']
const without = (service: string) => ALL.filter(action => !action.startsWith(service))
const secret = (valueFrom: string) => ({ secrets: [{ name: 'KEY', valueFrom }] })
const shell = (line: string) => ({ command: ['sh', '-c', line] })

function faults(gemini: string, deleted: string): Fault[] {
  return [
    { cause: 'image-not-found', container: { image: `${REPOSITORY}@sha256:${'ab'.repeat(32)}` } },
    { cause: 'image-architecture', container: { image: `${REPOSITORY}:other` } },
    { cause: 'image-denied', may: [...without('ecr'), 'ecr:GetAuthorizationToken'] },
    { cause: 'registry-denied', may: without('ecr') },
    { cause: 'secret-missing', container: secret(`${SECRETS}:none-AbCdEf`) },
    { cause: 'secret-deleted', container: secret(deleted) },
    { cause: 'secret-key-missing', container: secret(`${gemini}:api_key::`) },
    { cause: 'secret-empty', container: secret(`${gemini}:other::${'0'.repeat(32)}`) },
    { cause: 'secret-denied', container: secret(gemini), may: without('secretsmanager') },
    {
      cause: 'secret-denied',
      container: secret(`arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/clarity/none`),
      may: without('ssm'),
    },
    {
      cause: 'parameter-missing',
      container: secret(`arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/clarity/none`),
    },
    { cause: 'log-group-missing', container: logging('/ecs/none') },
    { cause: 'log-denied', may: without('logs') },
    { cause: 'role-not-assumable', task: { taskRoleArn: `arn:aws:iam::${ACCOUNT}:role/none` } },
    { cause: 'command-not-found', container: { command: ['nodde'] } },
    { cause: 'command-not-found', container: shell('exit 127') },
    { cause: 'command-not-executable', container: shell('exit 126') },
    { cause: 'module-missing', container: { command: ['node', 'none.js'] } },
    { cause: 'application-crashed', container: shell('echo "the last words" >&2; exit 1') },
    { cause: 'ended-without-error', container: shell('exit 0') },
    { cause: 'killed', container: shell('kill -KILL $$') },
    { cause: 'segmentation-fault', container: shell('kill -SEGV $$') },
    { cause: 'terminated', container: shell('kill -TERM $$') },
    {
      cause: 'heap-exhausted',
      container: {
        command: ['node', '--max-old-space-size=8', '-e', 'for (const all = []; ; ) all.push({})'],
      },
    },
    {
      cause: 'container-health-check',
      container: {
        command: ['node', 'server.js', 'idle'],
        healthCheck: { command: ['CMD-SHELL', 'exit 1'], interval: 5, retries: 1 },
      },
    },
    {
      cause: 'file-system-not-mounted',
      container: { mountPoints: [{ sourceVolume: 'files', containerPath: '/files' }] },
      task: { volumes: [{ name: 'files', efsVolumeConfiguration: { fileSystemId: 'fs-12345678' } }] },
    },
    {
      cause: 'environment-file',
      container: { environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::bucket/app.env' }] },
    },
  ]
}

test('each fault of a task is named', { timeout: 90_000 }, async () => {
  const { cloud, ecs } = await startWithRoles()
  const iam = new IAMClient(cloud.client)
  const secrets = new SecretsManagerClient(cloud.client)
  const made = async (Name: string) =>
    (await secrets.send(new CreateSecretCommand({ Name, SecretString: '{"other":"value"}' }))).ARN as string
  const [gemini, deleted] = [await made('gemini'), await made('deleted')]
  await secrets.send(new DeleteSecretCommand({ SecretId: deleted }))
  await push(cloud, await standardLayers(), 'other', { architecture: OTHER })

  const waiting = faults(gemini, deleted).map((fault, index) => ({ ...fault, service: `fault-${index}` }))
  while (waiting.length > 0) {
    const now = waiting.splice(0, AT_ONCE)
    await Promise.all(now.map(create))
    for (const { service, cause } of now) {
      let found = ''
      await until(async () => {
        found = await causeOf(cloud, service)
        return found === cause
      }, 20_000).catch(() => {})
      expect(found, `of ${service}`).toBe(cause)
      await ecs.send(new DeleteServiceCommand({ cluster: 'main', service, force: true }))
    }
  }

  async function create({ service, container, task, may }: Fault & { service: string }): Promise<void> {
    const executionRoleArn = may ? await role(iam, service, may) : ROLE
    const definition = { ...logging(LOG_GROUP), ...container }
    await ecs.send(
      new CreateServiceCommand({
        cluster: 'main',
        serviceName: service,
        taskDefinition: await register(ecs, definition, { executionRoleArn, ...task }),
        desiredCount: 1,
        networkConfiguration: network,
      }),
    )
  }
})

const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 } as const
const PAUSE = {
  targetType: 'PAUSE',
  lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'],
  timeoutConfiguration: { timeoutInMinutes: 600 },
} satisfies DeploymentLifecycleHook

test('each fault of a deployment is named', { timeout: 90_000 }, async () => {
  const { cloud, ecs } = await startWithRoles()
  const balancer = await startBalancer(cloud)
  await createApi(ecs, balancer, await release(ecs, 'one'), { lifecycleHooks: [] })
  await deploymentThat(ecs, 'api', ({ status }) => status === 'SUCCESSFUL')
  const ended = async (cause: string) => {
    const { serviceDeploymentArn } = await deploymentThat(ecs, 'api', ({ status }) =>
      /^(ROLLBACK_SUCCESSFUL|STOPPED)$/.test(status ?? ''),
    )
    expect(await causeOf(cloud, 'api', serviceDeploymentArn)).toBe(cause)
  }
  const paused = () =>
    deploymentThat(ecs, 'api', ({ lifecycleHookDetails: [hook] = [] }) => hook?.status === 'AWAITING_ACTION')

  await deploy(ecs, await release(ecs, 'two'), { ...BLUE_GREEN, lifecycleHooks: [PAUSE] })
  const { serviceDeploymentArn, lifecycleHookDetails: [hook] = [] } = await paused()
  await ecs.send(
    new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId: hook?.hookId, action: 'ROLLBACK' }),
  )
  await ended('suites-failed')

  await deploy(ecs, await release(ecs, 'three'))
  const stopped = (await paused()).serviceDeploymentArn
  await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: stopped, stopType: 'ROLLBACK' }))
  await ended('stopped-by-order')

  const weigh = (blue: number, green: number) =>
    balancer.elb.send(
      new ModifyRuleCommand({
        RuleArn: balancer.productionRule,
        Actions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: balancer.blue, Weight: blue },
                { TargetGroupArn: balancer.green, Weight: green },
              ],
            },
          },
        ],
      }),
    )
  await weigh(50, 50)
  await deploy(ecs, await release(ecs, 'four'))
  await ended('two-groups-serve')
  await weigh(100, 0)

  await deploy(ecs, await release(ecs, 'five'))
  const replaced = (await paused()).serviceDeploymentArn
  await deploy(ecs, await release(ecs, 'six'))
  await until(async () => (await causeOf(cloud, 'api', replaced)) === 'superseded')
})

/** A cloud that asks IAM, with an execution role that may do all that tasks need. */
async function startWithRoles(): Promise<{ cloud: TestCloud; ecs: ECSClient }> {
  const { cloud, ecs } = await startEcs({ services: [createIam, createSsm, ...SERVICES] })
  await role(new IAMClient(cloud.client), ROLE.split('/').at(-1) as string, ALL)
  await new CloudWatchLogsClient(cloud.client).send(new CreateLogGroupCommand({ logGroupName: LOG_GROUP }))
  return { cloud, ecs }
}

async function role(iam: IAMClient, RoleName: string, Action: string[]): Promise<string> {
  const trust = {
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  }
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }))
  const PolicyDocument = JSON.stringify({ Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'inline', PolicyDocument }))
  return `arn:aws:iam::${ACCOUNT}:role/${RoleName}`
}

/** The rule that `clarity diagnose` names. */
async function causeOf({ client }: TestCloud, service: string, deployment?: string): Promise<string> {
  const who = {
    ecs: createEcs(client),
    loadBalancing: createLoadBalancing(client),
    traffic: createTrafficSettings(client),
    logs: createLogs(client),
    alarms: createAlarms(client),
    now: () => new Date(),
  }
  const question = { environment: 'local', cluster: 'main', service, deployment, alarmPrefix: 'clarity-' }
  return diagnose(await collectFacts(who, question)).cause?.id ?? 'nothing'
}

function logging(group: string): Partial<ContainerDefinition> {
  const options = {
    'awslogs-group': group,
    'awslogs-region': 'us-east-1',
    'awslogs-stream-prefix': 'ecs',
  }
  return { logConfiguration: { logDriver: 'awslogs', options } }
}
