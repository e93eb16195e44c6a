import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import {
  CreateServiceCommand,
  type CreateServiceCommandInput,
  type DeploymentConfiguration,
  type ECSClient,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { TestCloud } from '../../testing.ts'
import { afterThisTest, network, ROLE, register } from './fixture.ts'

/** A load balancer with a production and a test listener, and two target groups behind a rule of each. */
export interface Balancer {
  elb: ElasticLoadBalancingV2Client
  blue: string
  green: string
  productionRule: string
  testRule: string
  productionUrl: string
  testUrl: string
  /** The weights of a rule: blue's and green's. */
  weights(rule: string): Promise<[number, number]>
}

export async function startBalancer(cloud: TestCloud): Promise<Balancer> {
  const elb = new ElasticLoadBalancingV2Client(cloud.client)
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: 'lb', Subnets: ['subnet-1', 'subnet-2'] }),
  )
  const group = async (Name: string) => {
    const { TargetGroups } = await elb.send(
      new CreateTargetGroupCommand({
        Name,
        Protocol: 'HTTP',
        Port: 8000,
        VpcId: 'vpc-1',
        TargetType: 'ip',
        HealthCheckPath: '/health',
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
        UnhealthyThresholdCount: 2,
      }),
    )
    const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn as string
    const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '5' }]
    await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }))
    return TargetGroupArn
  }
  const blue = await group('blue')
  const green = await group('green')
  const rule = async () => {
    const Port = await freePort()
    const { Listeners } = await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
        Protocol: 'HTTP',
        Port,
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
      }),
    )
    const TargetGroups = [
      { TargetGroupArn: blue, Weight: 100 },
      { TargetGroupArn: green, Weight: 0 },
    ]
    const { Rules } = await elb.send(
      new CreateRuleCommand({
        ListenerArn: Listeners?.[0]?.ListenerArn,
        Priority: 1,
        Conditions: [{ Field: 'path-pattern', Values: ['/*'] }],
        Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }],
      }),
    )
    return { arn: Rules?.[0]?.RuleArn as string, url: `http://127.0.0.1:${Port}` }
  }
  const [production, test] = [await rule(), await rule()]

  async function weights(arn: string): Promise<[number, number]> {
    const { Rules } = await elb.send(new DescribeRulesCommand({ RuleArns: [arn] }))
    const groups = Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? []
    const weight = (wanted: string) => groups.find(g => g.TargetGroupArn === wanted)?.Weight ?? 0
    return [weight(blue), weight(green)]
  }

  return {
    elb,
    blue,
    green,
    productionRule: production.arn,
    testRule: test.arn,
    productionUrl: production.url,
    testUrl: test.url,
    weights,
  }
}

/** A task definition of a release behind the load balancer. */
export function release(
  ecs: ECSClient,
  name: string,
  environment: Record<string, string> = {},
): Promise<string> {
  return register(ecs, {
    portMappings: [{ containerPort: 8000 }],
    environment: Object.entries({ RELEASE: name, ...environment }).map(([key, value]) => ({
      name: key,
      value,
    })),
  })
}

const PAUSE = {
  targetType: 'PAUSE' as const,
  lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT' as const],
  timeoutConfiguration: { timeoutInMinutes: 600 },
}

/** A blue/green service called `api` that pauses after test traffic has shifted. */
export async function createApi(
  ecs: ECSClient,
  balancer: Balancer,
  taskDefinition: string,
  deployment: DeploymentConfiguration = {},
  more: Partial<CreateServiceCommandInput> = {},
): Promise<void> {
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'main',
      serviceName: 'api',
      taskDefinition,
      desiredCount: 2,
      networkConfiguration: network,
      deploymentConfiguration: {
        strategy: 'BLUE_GREEN',
        bakeTimeInMinutes: 1,
        lifecycleHooks: [PAUSE],
        ...deployment,
      },
      loadBalancers: [
        {
          targetGroupArn: balancer.blue,
          containerName: 'web',
          containerPort: 8000,
          advancedConfiguration: {
            alternateTargetGroupArn: balancer.green,
            productionListenerRule: balancer.productionRule,
            testListenerRule: balancer.testRule,
            roleArn: ROLE,
          },
        },
      ],
      ...more,
    }),
  )
}

/** Begins a deployment of `api`. */
export async function deploy(
  ecs: ECSClient,
  taskDefinition: string,
  deploymentConfiguration?: DeploymentConfiguration,
): Promise<void> {
  await ecs.send(
    new UpdateServiceCommand({
      cluster: 'main',
      service: 'api',
      taskDefinition,
      ...(deploymentConfiguration && { deploymentConfiguration }),
    }),
  )
}

/** The release that answers at a URL, and the status. */
export async function answerOf(url: string): Promise<string> {
  const answer = await fetch(url)
  const text = await answer.text()
  return answer.ok ? text : `status ${answer.status}`
}

/** Sends requests one after another until it is stopped, some slow; counts answers by release and what was lost. */
export function startTraffic(
  url: string,
  lanes = 4,
): { stop(): Promise<{ answers: Map<string, number>; lost: string[] }> } {
  const answers = new Map<string, number>()
  const lost: string[] = []
  let going = true
  const lane = async (index: number) => {
    while (going) {
      try {
        const answer = await answerOf(index === 0 ? `${url}/slow` : url)
        if (answer.startsWith('status')) lost.push(answer)
        else answers.set(answer, (answers.get(answer) ?? 0) + 1)
      } catch (error) {
        lost.push(String((error as Error).cause ?? error))
      }
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
  const done = Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)))
  const stop = async () => {
    going = false
    await done
    return { answers, lost }
  }
  afterThisTest(stop)
  return { stop }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
