import assert from 'node:assert/strict'
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  type Action,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('elasticloadbalancing/latest/APIReference/')
const OK: Action = {
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: 'ok' },
}

/** Application load balancers: the control plane. */
export const elbv2: Suite = {
  service: 'elbv2',
  cases: ({ config, port }) => {
    const client = new ElasticLoadBalancingV2Client(config)
    let network: Promise<{ VpcId: string; Subnets: string[] }> | undefined
    async function makeNetwork() {
      const ec2 = new EC2Client(config)
      const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.2.0.0/16' }))
      const VpcId = Vpc?.VpcId as string
      const subnet = async (third: number, zone: string) =>
        (
          await ec2.send(
            new CreateSubnetCommand({
              VpcId,
              CidrBlock: `10.2.${third}.0/24`,
              AvailabilityZone: `us-east-1${zone}`,
            }),
          )
        ).Subnet?.SubnetId as string
      return { VpcId, Subnets: [await subnet(0, 'a'), await subnet(1, 'b')] }
    }
    const place = () => {
      network ??= makeNetwork()
      return network
    }
    const name = (what: string) => freshName(what).slice(0, 32)
    async function balancer(Name = name('lb')): Promise<string> {
      const { Subnets } = await place()
      const made = await client.send(new CreateLoadBalancerCommand({ Name, Subnets }))
      return made.LoadBalancers?.[0]?.LoadBalancerArn as string
    }
    async function group(more: Partial<CreateTargetGroupCommandInput> = {}): Promise<string> {
      const { VpcId } = await place()
      const made = await client.send(
        new CreateTargetGroupCommand({
          Name: name('tg'),
          Protocol: 'HTTP',
          Port: 80,
          TargetType: 'ip',
          VpcId,
          ...more,
        }),
      )
      return made.TargetGroups?.[0]?.TargetGroupArn as string
    }
    async function listener(LoadBalancerArn: string, action: Action = OK): Promise<string> {
      const made = await client.send(
        new CreateListenerCommand({
          LoadBalancerArn,
          Protocol: 'HTTP',
          Port: await port(),
          DefaultActions: [action],
        }),
      )
      return made.Listeners?.[0]?.ListenerArn as string
    }
    const rule = (ListenerArn: string, Priority: number) =>
      client.send(
        new CreateRuleCommand({
          ListenerArn,
          Priority,
          Conditions: [{ Field: 'path-pattern', Values: ['/x/*'] }],
          Actions: [OK],
        }),
      )

    return [
      says('API_CreateLoadBalancer.html', 'a balancer has an ARN, a DNS name and its zones', async () => {
        const LoadBalancerArn = await balancer()
        const { LoadBalancers } = await client.send(
          new DescribeLoadBalancersCommand({ LoadBalancerArns: [LoadBalancerArn] }),
        )
        has(LoadBalancers, [{ LoadBalancerArn, Type: 'application', Scheme: 'internet-facing' }])
        assert.ok(LoadBalancers?.[0]?.DNSName)
        assert.equal(LoadBalancers?.[0]?.AvailabilityZones?.length, 2)
      }),
      says('API_CreateLoadBalancer.html', 'one subnet is too few', async () => {
        const { Subnets } = await place()
        await refused(
          client.send(new CreateLoadBalancerCommand({ Name: name('lb'), Subnets: Subnets.slice(0, 1) })),
          'ValidationError',
          400,
        )
      }),
      says('API_DescribeLoadBalancers.html', 'a balancer that does not exist', () =>
        refused(
          client.send(new DescribeLoadBalancersCommand({ Names: [name('none')] })),
          'LoadBalancerNotFoundException',
          400,
        ),
      ),
      says(
        'API_CreateTargetGroup.html',
        'a group has the documented defaults of its health check',
        async () => {
          const TargetGroupArn = await group()
          const { TargetGroups } = await client.send(
            new DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] }),
          )
          has(TargetGroups, [
            {
              HealthCheckPath: '/',
              HealthCheckIntervalSeconds: 30,
              HealthCheckTimeoutSeconds: 5,
              HealthyThresholdCount: 5,
              UnhealthyThresholdCount: 2,
              Matcher: { HttpCode: '200' },
              ProtocolVersion: 'HTTP1',
            },
          ])
        },
      ),
      says('API_CreateTargetGroup.html', 'the same name with other settings is refused', async () => {
        const Name = name('tg')
        await group({ Name })
        await refused(group({ Name, Port: 81 }), 'DuplicateTargetGroupNameException', 400)
      }),
      says(
        'API_TargetGroupAttribute.html',
        'deregistration is delayed 300 s by default, and at most 3600',
        async () => {
          const TargetGroupArn = await group()
          const read = async () =>
            (
              await client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))
            ).Attributes?.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds')?.Value
          const set = (Value: string) =>
            client.send(
              new ModifyTargetGroupAttributesCommand({
                TargetGroupArn,
                Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value }],
              }),
            )
          assert.equal(await read(), '300')
          await set('5')
          assert.equal(await read(), '5')
          await refused(set('3601'), 'ValidationError', 400)
        },
      ),
      says('API_DescribeTargetHealth.html', 'targets of a group in no listener are unused', async () => {
        const TargetGroupArn = await group()
        await client.send(
          new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: '127.0.0.1', Port: 9 }] }),
        )
        const { TargetHealthDescriptions } = await client.send(
          new DescribeTargetHealthCommand({ TargetGroupArn }),
        )
        has(TargetHealthDescriptions, [
          {
            Target: { Id: '127.0.0.1', Port: 9 },
            TargetHealth: { State: 'unused', Reason: 'Target.NotInUse' },
          },
        ])
      }),
      says('API_CreateListener.html', 'a port has one listener of a balancer', async () => {
        const LoadBalancerArn = await balancer()
        const Port = await port()
        const listen = (StatusCode: string) =>
          client.send(
            new CreateListenerCommand({
              LoadBalancerArn,
              Protocol: 'HTTP',
              Port,
              DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode } }],
            }),
          )
        const first = await listen('200')
        const same = await listen('200')
        assert.equal(same.Listeners?.[0]?.ListenerArn, first.Listeners?.[0]?.ListenerArn)
        await refused(listen('404'), 'DuplicateListenerException', 400)
      }),
      says('API_CreateRule.html', 'a priority is taken once; the default rule has none', async () => {
        const ListenerArn = await listener(await balancer())
        await rule(ListenerArn, 20)
        await rule(ListenerArn, 10)
        await refused(rule(ListenerArn, 10), 'PriorityInUseException', 400)
        const { Rules } = await client.send(new DescribeRulesCommand({ ListenerArn }))
        assert.deepEqual(Rules?.map(({ Priority }) => Priority).sort(), ['10', '20', 'default'])
      }),
      says('API_CreateRule.html', 'a priority lies between 1 and 50000', async () => {
        const ListenerArn = await listener(await balancer())
        await refused(rule(ListenerArn, 50_001), 'ValidationError', 400)
      }),
      says('API_CreateListener.html', 'forwarding names a group that exists', async () => {
        const TargetGroupArn = await group()
        const LoadBalancerArn = await balancer()
        await refused(
          listener(LoadBalancerArn, { Type: 'forward', TargetGroupArn: `${TargetGroupArn}0` }),
          'TargetGroupNotFoundException',
          400,
        )
      }),
      says('API_DeleteTargetGroup.html', 'a group in use is not deleted', async () => {
        const TargetGroupArn = await group()
        await listener(await balancer(), { Type: 'forward', TargetGroupArn })
        await refused(
          client.send(new DeleteTargetGroupCommand({ TargetGroupArn })),
          'ResourceInUseException',
          400,
        )
      }),
      says('API_DeleteLoadBalancer.html', 'deleting what is gone is no error', async () => {
        const LoadBalancerArn = await balancer()
        await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
        await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
      }),
      says('API_DescribeTags.html', 'a group keeps its tags', async () => {
        const Tags = [{ Key: 'team', Value: 'a' }]
        const ResourceArn = await group({ Tags })
        const { TagDescriptions } = await client.send(
          new DescribeTagsCommand({ ResourceArns: [ResourceArn] }),
        )
        assert.deepEqual(TagDescriptions, [{ ResourceArn, Tags }])
      }),
    ]
  },
}
