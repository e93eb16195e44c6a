import { createServer } from 'node:http'
import { connect } from 'node:tls'
import {
  type Action,
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
  type RuleCondition,
  SetRulePrioritiesCommand,
  waitUntilLoadBalancersDeleted,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { startTestCloud } from '../../testing.ts'
import { createElasticLoadBalancing } from './elasticloadbalancing.ts'
import {
  afterThisTest,
  createGroup,
  createListener,
  freePort,
  named,
  register,
  standUp,
  startTarget,
  until,
  weighted,
} from './fixture.ts'

test('describes what was made in the shapes of AWS', async () => {
  const { elb, loadBalancerArn, listenerArn, ruleArn, blue, green, port } = await standUp()
  const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({ Names: ['clarity-alb'] }))
  expect(LoadBalancers?.[0]).toMatchObject({
    LoadBalancerArn: expect.stringMatching(
      /^arn:aws:elasticloadbalancing:us-east-1:124355672559:loadbalancer\/app\/clarity-alb\/[0-9a-f]{16}$/,
    ),
    DNSName: '127.0.0.1',
    State: { Code: 'active' },
    Type: 'application',
    CreatedTime: expect.any(Date),
  })
  const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: loadBalancerArn }))
  expect(Listeners).toMatchObject([{ ListenerArn: listenerArn, Port: port, Protocol: 'HTTP' }])
  const { Rules } = await elb.send(new DescribeRulesCommand({ ListenerArn: listenerArn }))
  expect(Rules).toMatchObject([
    {
      RuleArn: ruleArn,
      Priority: '10',
      IsDefault: false,
      Conditions: [{ Field: 'path-pattern', Values: ['/*'], PathPatternConfig: { Values: ['/*'] } }],
      Actions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: blue, Weight: 100 },
              { TargetGroupArn: green, Weight: 0 },
            ],
          },
        },
      ],
    },
    { Priority: 'default', IsDefault: true, Conditions: [] },
  ])
  const groups = await elb.send(new DescribeTargetGroupsCommand({ LoadBalancerArn: loadBalancerArn }))
  expect(groups.TargetGroups).toMatchObject([
    {
      TargetGroupArn: blue,
      Matcher: { HttpCode: '200' },
      LoadBalancerArns: [loadBalancerArn],
      HealthCheckIntervalSeconds: 5,
    },
    { TargetGroupArn: green, TargetType: 'ip', ProtocolVersion: 'HTTP1' },
  ])
  const paged = await elb.send(new DescribeTargetGroupsCommand({ PageSize: 1 }))
  expect(paged.TargetGroups).toHaveLength(1)
  const rest = await elb.send(new DescribeTargetGroupsCommand({ Marker: paged.NextMarker }))
  expect(rest.TargetGroups?.map(group => group.TargetGroupArn)).toEqual([green])
})

test('refuses with the codes of AWS', async () => {
  const { elb, loadBalancerArn, listenerArn, ruleArn, blue, green, port } = await standUp()
  const missing = `${blue.slice(0, -4)}0000`
  const path = [{ Field: 'path-pattern', Values: ['/x'] }]
  const refusals: [Promise<unknown>, string][] = [
    [elb.send(new DescribeLoadBalancersCommand({ Names: ['none'] })), 'LoadBalancerNotFoundException'],
    [elb.send(new DescribeListenersCommand({ ListenerArns: ['none'] })), 'ListenerNotFoundException'],
    [elb.send(new DescribeRulesCommand({ RuleArns: ['none'] })), 'RuleNotFoundException'],
    [elb.send(new DescribeTargetGroupsCommand({ Names: ['none'] })), 'TargetGroupNotFoundException'],
    [
      elb.send(new CreateLoadBalancerCommand({ Name: 'clarity-alb', Subnets: ['a', 'b'] })),
      'DuplicateLoadBalancerNameException',
    ],
    [elb.send(new CreateLoadBalancerCommand({ Name: 'one', Subnets: ['a'] })), 'ValidationError'],
    [
      elb.send(new CreateTargetGroupCommand({ Name: 'blue', Protocol: 'HTTP', Port: 1, VpcId: 'v' })),
      'DuplicateTargetGroupNameException',
    ],
    [
      elb.send(
        new CreateListenerCommand({
          LoadBalancerArn: loadBalancerArn,
          Protocol: 'HTTP',
          Port: port,
          DefaultActions: weighted([blue, 1]),
        }),
      ),
      'DuplicateListenerException',
    ],
    [
      elb.send(
        new CreateListenerCommand({
          LoadBalancerArn: loadBalancerArn,
          Protocol: 'TCP',
          Port: 1,
          DefaultActions: weighted([blue, 1]),
        }),
      ),
      'UnsupportedProtocolException',
    ],
    [
      elb.send(
        new CreateRuleCommand({
          ListenerArn: listenerArn,
          Priority: 10,
          Conditions: path,
          Actions: weighted([blue, 1]),
        }),
      ),
      'PriorityInUseException',
    ],
    [
      elb.send(new ModifyRuleCommand({ RuleArn: ruleArn, Actions: weighted([missing, 1]) })),
      'TargetGroupNotFoundException',
    ],
    [elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: green })), 'ResourceInUseException'],
    [
      elb.send(new RegisterTargetsCommand({ TargetGroupArn: blue, Targets: [{ Id: '10.0.0.1' }] })),
      'InvalidTargetException',
    ],
    [
      elb.send(new ModifyTargetGroupCommand({ TargetGroupArn: blue, HealthCheckIntervalSeconds: 1 })),
      'ValidationError',
    ],
    [
      elb.send(new ModifyRuleCommand({ RuleArn: ruleArn, Actions: [{ Type: 'authenticate-cognito' }] })),
      'NotImplemented',
    ],
  ]
  for (const [promise, name] of refusals) await expect(promise).rejects.toMatchObject({ name })
})

test('gives a target group to one load balancer only', async () => {
  const { elb, blue } = await standUp()
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: 'other', Subnets: ['a', 'b'] }),
  )
  const create = new CreateListenerCommand({
    LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
    Protocol: 'HTTP',
    Port: await freePort(),
    DefaultActions: weighted([blue, 1]),
  })
  await expect(elb.send(create)).rejects.toMatchObject({ name: 'TargetGroupAssociationLimitException' })
})

test('keeps tags and attributes, and its protection against deletion', async () => {
  const { elb, loadBalancerArn, url, blue } = await standUp()
  await elb.send(
    new AddTagsCommand({ ResourceArns: [loadBalancerArn, blue], Tags: [{ Key: 'owner', Value: 'a & b' }] }),
  )
  const { TagDescriptions } = await elb.send(new DescribeTagsCommand({ ResourceArns: [blue] }))
  expect(TagDescriptions).toEqual([{ ResourceArn: blue, Tags: [{ Key: 'owner', Value: 'a & b' }] }])
  const protect = (Value: string) =>
    elb.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: loadBalancerArn,
        Attributes: [{ Key: 'deletion_protection.enabled', Value }],
      }),
    )
  await protect('true')
  const remove = new DeleteLoadBalancerCommand({ LoadBalancerArn: loadBalancerArn })
  await expect(elb.send(remove)).rejects.toMatchObject({ name: 'OperationNotPermittedException' })
  await protect('false')
  const { Attributes } = await elb.send(
    new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: loadBalancerArn }),
  )
  expect(Attributes).toContainEqual({ Key: 'idle_timeout.timeout_seconds', Value: '60' })
  await elb.send(remove)
  await waitUntilLoadBalancersDeleted(
    { client: elb, minDelay: 1, maxDelay: 1, maxWaitTime: 5 },
    { LoadBalancerArns: [loadBalancerArn] },
  )
  await expect(fetch(url)).rejects.toThrow()
})

test('names who holds a port that is taken', async () => {
  const { elb, loadBalancerArn } = await standUp()
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  afterThisTest(() => other.close())
  const { port } = other.address() as { port: number }
  await expect(createListener(elb, loadBalancerArn, port)).rejects.toMatchObject({
    name: 'InvalidConfigurationRequestException',
    message: expect.stringMatching(new RegExp(`port ${port} on 127.0.0.1 is taken by this local cloud`)),
  })
  const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: loadBalancerArn }))
  expect(Listeners).toHaveLength(1)
})

test('routes by priority and condition, redirects and answers itself', async () => {
  const { elb, listenerArn, blue, port, url } = await standUp()
  await register(elb, blue, [await startTarget(named('blue'))])
  const fixed = (MessageBody: string) => [
    {
      Type: 'fixed-response' as const,
      FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody },
    },
  ]
  const rule = async (Priority: number, condition: RuleCondition, Actions: Action[]) => {
    const { Rules } = await elb.send(
      new CreateRuleCommand({
        ListenerArn: listenerArn,
        Priority,
        Conditions: [condition],
        Actions,
      }),
    )
    return Rules?.[0]?.RuleArn as string
  }
  await rule(
    1,
    { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Clarity-Test', Values: ['yes*'] } },
    fixed('header'),
  )
  await rule(
    2,
    { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'v', Value: '2?' }] } },
    fixed('query'),
  )
  await rule(
    3,
    { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['DELETE'] } },
    fixed('method'),
  )
  await rule(4, { Field: 'host-header', HostHeaderConfig: { Values: ['*.Example.com'] } }, fixed('host'))
  const last = await rule(
    20,
    { Field: 'source-ip', SourceIpConfig: { Values: ['127.0.0.0/8'] } },
    fixed('address'),
  )
  await rule(5, { Field: 'path-pattern', Values: ['/old/*'] }, [
    {
      Type: 'redirect',
      RedirectConfig: { StatusCode: 'HTTP_301', Path: '/new/#{path}', Protocol: 'HTTPS', Port: '443' },
    },
  ])
  const ask = async (path: string, init: RequestInit = {}) => (await fetch(url + path, init)).text()
  expect(await ask('/', { headers: { 'x-clarity-test': 'YES-please' } })).toBe('header')
  expect(await ask('/?v=21')).toBe('query')
  expect(await ask('/', { method: 'DELETE' })).toBe('method')
  expect(await ask('/')).toBe('blue')
  const moved = await fetch(`${url}/old/a?b=c`, { redirect: 'manual' })
  expect([moved.status, moved.headers.get('location')]).toEqual([301, 'https://127.0.0.1:443/new/old/a?b=c'])
  await elb.send(new SetRulePrioritiesCommand({ RulePriorities: [{ RuleArn: last, Priority: 9 }] }))
  expect(await ask('/')).toBe('address')
  expect(port).toBeGreaterThan(0)
})

test('moves a listener to another port and protocol', async () => {
  const { elb, listenerArn, url } = await standUp()
  const port = await freePort()
  await elb.send(new ModifyListenerCommand({ ListenerArn: listenerArn, Port: port }))
  expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(503)
  await expect(fetch(url)).rejects.toThrow()
  await elb.send(
    new ModifyListenerCommand({
      ListenerArn: listenerArn,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: 'arn:aws:acm:us-east-1:124355672559:certificate/1' }],
    }),
  )
  const certificate = await new Promise<{ subjectaltname?: string }>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.toLegacyObject() ?? {})
      socket.destroy()
    })
    socket.on('error', reject)
  })
  expect(certificate.subjectaltname).toBe('DNS:localhost, IP Address:127.0.0.1')
  await elb.send(new DeleteListenerCommand({ ListenerArn: listenerArn }))
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow()
})

test('comes back after a restart, and waits for a port that is taken then', async () => {
  const { elb, cloud, blue, url, port, loadBalancerArn } = await standUp()
  const target = await startTarget(named('blue'))
  await register(elb, blue, [target])
  await cloud.stop()
  await expect(fetch(url)).rejects.toThrow()
  const restart = async () => {
    const again = await startTestCloud({
      services: [createElasticLoadBalancing],
      speed: 1,
      state: cloud.state,
    })
    afterThisTest(() => again.stop())
    return again
  }
  const second = await restart()
  await until(async () => (await fetch(url)).status === 200)
  expect(await (await fetch(url)).text()).toBe('blue')
  await second.stop()
  const thief = createServer()
  await new Promise<void>(resolve => thief.listen(port, '127.0.0.1', resolve))
  const third = await restart()
  const { LoadBalancers } = await third.invoke<{
    LoadBalancers: { State: { Code: string; Reason: string } }[]
  }>(
    'elasticloadbalancing',
    'DescribeLoadBalancers',
    { LoadBalancerArns: [loadBalancerArn] },
    'ecs.amazonaws.com',
  )
  expect(LoadBalancers[0]?.State.Code).toBe('active_impaired')
  expect(LoadBalancers[0]?.State.Reason).toContain(`port ${port} on 127.0.0.1 is taken`)
  await new Promise(resolve => thief.close(resolve))
  await until(async () => {
    third.clock.advance(1000)
    return (await fetch(url).catch(() => undefined))?.status === 200
  })
})

test('takes native values from inside the cloud', async () => {
  const { cloud, elb, ruleArn, blue, green } = await standUp()
  await cloud.invoke(
    'elasticloadbalancing',
    'ModifyRule',
    { RuleArn: ruleArn, Actions: weighted([blue, 0], [green, 100]) },
    'ecs.amazonaws.com',
  )
  const { Rules } = await elb.send(new DescribeRulesCommand({ RuleArns: [ruleArn] }))
  expect(Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups?.map(group => group.Weight)).toEqual([0, 100])
  expect(await createGroup(elb, 'third')).toContain(':targetgroup/third/')
})
