import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
  waitUntilLoadBalancersDeleted,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { createGroup, freePort, standUp, weighted } from './fixture.ts'

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
