import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  type ContainerDefinition,
  CreateServiceCommand,
  type DeploymentConfiguration,
  type ECSClient,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import {
  ACCOUNT,
  deploymentThat,
  network,
  register,
  stable,
  startEcs,
  tasksOfService,
  until,
} from '../../../local-cloud/src/services/ecs/fixture.ts'
import { createApi, release, startBalancer } from '../../../local-cloud/src/services/ecs/load-balanced.ts'
import { createAlarms } from '../aws/alarms.ts'
import { createEcs } from '../aws/ecs.ts'
import { createLoadBalancing } from '../aws/load-balancing.ts'
import { createLogs } from '../aws/logs.ts'
import { createTrafficSettings } from '../aws/traffic-settings.ts'
import { diagnose } from '../release/diagnosis/diagnose.ts'
import type { Access } from '../target.ts'
import { collectFacts, type Witnesses } from './collect-facts.ts'
import { deploymentHistory } from './deployment-history.ts'

const LOG_GROUP = '/ecs/app'
const logging = (group: string): Partial<ContainerDefinition> => ({
  logConfiguration: {
    logDriver: 'awslogs',
    options: { 'awslogs-group': group, 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'ecs' },
  },
})
const SECRET = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:none-AbCdEf`

function witnesses(access: Access): Witnesses {
  return {
    ecs: createEcs(access),
    loadBalancing: createLoadBalancing(access),
    traffic: createTrafficSettings(access),
    logs: createLogs(access),
    alarms: createAlarms(access),
    now: () => new Date(),
  }
}

const about = (service: string, deployment?: string) => ({
  environment: 'local',
  cluster: 'main',
  service,
  deployment,
  alarmPrefix: 'clarity-',
})

/** A cloud with a service `worker`, rolling, one task of which runs well. */
async function withWorker() {
  const { cloud, ecs } = await startEcs()
  await new CloudWatchLogsClient(cloud.client).send(new CreateLogGroupCommand({ logGroupName: LOG_GROUP }))
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'main',
      serviceName: 'worker',
      taskDefinition: await register(ecs, { command: ['node', 'server.js', 'idle'], ...logging(LOG_GROUP) }),
      desiredCount: 1,
      networkConfiguration: network,
      deploymentConfiguration: breaker,
    }),
  )
  await stable(ecs, 'worker')
  return { cloud, ecs, who: witnesses(cloud.client) }
}

const breaker: DeploymentConfiguration = {
  strategy: 'ROLLING',
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  deploymentCircuitBreaker: { enable: true, rollback: true },
}

async function update(ecs: ECSClient, service: string, taskDefinition: string): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster: 'main', service, taskDefinition }))
}

// test/deploy/catalogue.test.ts has a fault for each entry of the catalogue
test('names injected faults of a rolling service after the circuit breaker ended them', async () => {
  const { ecs, who } = await withWorker()
  const server = ['node', 'server.js']
  const faults: [string, Partial<ContainerDefinition>][] = [
    ['application-crashed', { command: [...server, 'exit', '3'], ...logging(LOG_GROUP) }],
    ['secret-missing', { secrets: [{ name: 'KEY', valueFrom: SECRET }] }],
  ]
  const arns: string[] = []
  for (const [cause, container] of faults) {
    await update(ecs, 'worker', await register(ecs, container))
    const ended = await deploymentThat(ecs, 'worker', d => /^ROLLBACK_(SUC|FAIL)/.test(d.status ?? ''))
    const found = diagnose(await collectFacts(who, about('worker')))
    expect([found.state, found.cause?.id, found.cause?.confidence]).toEqual([
      'failing',
      cause,
      expect.any(String),
    ])
    expect(found.others.map(({ id }) => id)).toContain('circuit-breaker')
    expect(found.summary).toContain('what served before it serves')
    arns.push(ended.serviceDeploymentArn ?? '')
  }
  const first = diagnose(await collectFacts(who, about('worker', arns[0])))
  expect(first.cause?.id).toBe('application-crashed')
  await expect(collectFacts(who, about('worker', `${arns[0]}x`))).rejects.toMatchObject({
    code: 'no_such_deployment',
    exitCode: 2,
  })

  const history = await deploymentHistory(who.ecs, 'main', 'worker', 2)
  expect(history.entries).toHaveLength(2)
  expect(history.entries[0]).toMatchObject({
    deployment: arns.at(-1),
    result: 'failed',
    status: 'ROLLBACK_SUCCESSFUL',
    reason: expect.stringContaining('circuit breaker'),
    seconds: expect.any(Number),
    who: expect.stringMatching(/^arn:aws:iam/),
  })
  expect(history.window.deployments).toBe(3)
  expect(history.rate).toMatchObject({ succeeded: 1, failed: 2, takenBack: 0, rate: 1 / 3 })
}, 60_000)

test('a healthy service says so, and names what could not be asked', async () => {
  const { cloud, ecs, who } = await withWorker()
  await until(async () => (await tasksOfService(ecs, 'worker')).every(t => t.lastStatus === 'RUNNING'))
  cloud.faults.add({ service: 'monitoring', kind: 'error', code: 'AccessDenied', status: 403, times: 1 })
  const found = diagnose(await collectFacts(who, about('worker')))
  expect(found).toMatchObject({ state: 'healthy', cause: undefined, others: [] })
  expect(found.unchecked).toEqual([expect.stringMatching(/^alarms: /)])
  const missing = diagnose(await collectFacts(who, about('none')))
  expect(missing).toMatchObject({ state: 'failing', cause: { id: 'service-missing' } })
})

test('joins the health of targets and events with the tasks that were stopped for it', async () => {
  const { cloud, ecs } = await startEcs()
  const balancer = await startBalancer(cloud)
  await createApi(ecs, balancer, await release(ecs, 'ill', { UNHEALTHY: 'yes' }))
  const who = witnesses(cloud.client)
  const found = await until(async () => {
    const now = diagnose(await collectFacts(who, about('api')))
    return now.cause && now
  }, 25_000)
  expect(found.cause).toMatchObject({
    id: 'health-check-server-error',
    confidence: 'certain',
    cause: 'the application answers its health check with status 500',
  })
  expect(found.cause?.evidence[0]).toMatch(/codes: \[500\]/)
})
