import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import {
  type Action,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
  type TargetHealth,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { onTestFinished } from 'vitest'
import type { CloudOptions } from '../../cloud.ts'
import { startTestCloud } from '../../testing.ts'
import { createElasticLoadBalancing } from './elasticloadbalancing.ts'

/** Runs after the test that is running. */
export function afterThisTest(clean: () => unknown): void {
  // asked of the test itself: a hook of this module would belong to the first file that loads it alone
  onTestFinished(async () => void (await clean()))
}

/** A process that is load balanced, as far as the load balancer can see. */
export interface TargetServer {
  server: Server
  port: number
  /** Requests other than health checks. */
  requests: number
}

/** A target that answers `/health` with 200 and everything else by `handle`. */
export async function startTarget(handle: RequestListener, port = 0): Promise<TargetServer> {
  const target: TargetServer = { server: createServer(), port, requests: 0 }
  target.server.on('request', (request, response) => {
    if (request.url === '/health') return void response.end('ok')
    target.requests++
    handle(request, response)
  })
  await new Promise<void>(resolve => target.server.listen(port, '127.0.0.1', resolve))
  target.port = (target.server.address() as AddressInfo).port
  afterThisTest(() => {
    target.server.closeAllConnections()
    target.server.close()
  })
  return target
}

/** A target that says who it is. */
export function named(name: string): RequestListener {
  return (request, response) => {
    request.resume()
    request.on('end', () => response.end(name))
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Polls until `check` is truthy. @throws after five seconds */
export async function until<T>(check: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + 5000
  for (;;) {
    const value = await check()
    if (value) return value
    if (Date.now() > deadline) throw new Error(`not within five seconds: ${check}`)
    await new Promise(resolve => setTimeout(resolve, 3))
  }
}

/** A cloud with one load balancer, blue and green target groups, and a listener that forwards everything to both. */
export async function standUp(options: { cloud?: Partial<CloudOptions>; weights?: [number, number] } = {}) {
  const cloud = await startTestCloud({ services: [createElasticLoadBalancing], speed: 1, ...options.cloud })
  afterThisTest(() => cloud.dispose())
  const elb = new ElasticLoadBalancingV2Client(cloud.client)
  const made = await elb.send(
    new CreateLoadBalancerCommand({ Name: 'clarity-alb', Subnets: ['subnet-1', 'subnet-2'] }),
  )
  const loadBalancerArn = made.LoadBalancers?.[0]?.LoadBalancerArn as string
  const blue = await createGroup(elb, 'blue')
  const green = await createGroup(elb, 'green')
  const [blueWeight, greenWeight] = options.weights ?? [100, 0]
  const port = await freePort()
  const listenerArn = await createListener(elb, loadBalancerArn, port)
  const rule = await elb.send(
    new CreateRuleCommand({
      ListenerArn: listenerArn,
      Priority: 10,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
      Actions: weighted([blue, blueWeight], [green, greenWeight]),
    }),
  )
  const ruleArn = rule.Rules?.[0]?.RuleArn as string
  return {
    cloud,
    elb,
    loadBalancerArn,
    listenerArn,
    ruleArn,
    blue,
    green,
    port,
    url: `http://127.0.0.1:${port}`,
  }
}

export function weighted(...groups: [arn: string, weight: number][]): Action[] {
  const TargetGroups = groups.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }))
  return [{ Type: 'forward', ForwardConfig: { TargetGroups } }]
}

/** A listener whose default action is a plain 404. */
export async function createListener(
  elb: ElasticLoadBalancingV2Client,
  loadBalancerArn: string,
  port: number,
): Promise<string> {
  const { Listeners } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: loadBalancerArn,
      Protocol: 'HTTP',
      Port: port,
      DefaultActions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'not found' },
        },
      ],
    }),
  )
  return Listeners?.[0]?.ListenerArn as string
}

/** A target group of ip targets that drains for at most `delay` seconds. */
export async function createGroup(
  elb: ElasticLoadBalancingV2Client,
  name: string,
  change: Partial<CreateTargetGroupCommandInput> = {},
  delay = 5,
): Promise<string> {
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Name: name,
      Protocol: 'HTTP',
      Port: 8000,
      VpcId: 'vpc-1',
      TargetType: 'ip',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 3,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
      ...change,
    }),
  )
  const arn = TargetGroups?.[0]?.TargetGroupArn as string
  await elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn: arn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: String(delay) }],
    }),
  )
  return arn
}

export async function healthOf(
  elb: ElasticLoadBalancingV2Client,
  groupArn: string,
  port?: number,
): Promise<TargetHealth | undefined> {
  const { TargetHealthDescriptions } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: groupArn }),
  )
  return TargetHealthDescriptions?.find(one => port === undefined || one.Target?.Port === port)?.TargetHealth
}

/** Registers targets and waits until each is in `state`. */
export async function register(
  elb: ElasticLoadBalancingV2Client,
  groupArn: string,
  targets: { port: number }[],
  state = 'healthy',
): Promise<void> {
  await elb.send(
    new RegisterTargetsCommand({
      TargetGroupArn: groupArn,
      Targets: targets.map(({ port }) => ({ Id: '127.0.0.1', Port: port })),
    }),
  )
  for (const { port } of targets)
    await until(async () => (await healthOf(elb, groupArn, port))?.State === state)
}
