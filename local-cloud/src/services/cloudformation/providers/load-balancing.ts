import type { Properties, Provider, ProviderContext } from './provider.ts'
import { defined, type KeyValue, optionalNumber, same, tagChanges } from './values.ts'

const SERVICE = 'elasticloadbalancing'

/** Brings the tags of a load balancer, target group, listener or rule from the old to the new. */
export async function retagBalancing(
  arn: string,
  now: unknown,
  old: unknown,
  context: ProviderContext,
): Promise<void> {
  const { set, remove } = tagChanges(now, old)
  if (set.length > 0) await context.call(SERVICE, 'AddTags', { ResourceArns: [arn], Tags: set })
  if (remove.length > 0) await context.call(SERVICE, 'RemoveTags', { ResourceArns: [arn], TagKeys: remove })
}

type BalancerProperties = {
  Name?: string
  Scheme?: string
  Type?: string
  IpAddressType?: string
  Subnets?: string[]
  SubnetMappings?: object[]
  SecurityGroups?: string[]
  LoadBalancerAttributes?: KeyValue[]
  Tags?: KeyValue[]
}

interface Balancer {
  LoadBalancerArn: string
  DNSName: string
  CanonicalHostedZoneId: string
  LoadBalancerName: string
}

const loadBalancer: Provider<BalancerProperties> = {
  replaceOn: ['Name', 'Scheme', 'Type'],
  acts: ['IpAddressType', 'Subnets', 'SubnetMappings', 'SecurityGroups', 'LoadBalancerAttributes'],
  nameProperty: 'Name',
  taggable: true,
  create: async ({ LoadBalancerAttributes: Attributes, ...properties }, context) => {
    const { LoadBalancers } = await context.call<{ LoadBalancers: Balancer[] }>(
      SERVICE,
      'CreateLoadBalancer',
      {
        ...properties,
        Name: properties.Name ?? context.generatedName(32),
      },
    )
    const arn = LoadBalancers[0]?.LoadBalancerArn as string
    context.made(arn)
    if (Attributes)
      await context.call(SERVICE, 'ModifyLoadBalancerAttributes', { LoadBalancerArn: arn, Attributes })
    return arn
  },
  update: async (LoadBalancerArn, properties, old, context) => {
    const {
      LoadBalancerAttributes: Attributes = [],
      SecurityGroups,
      Subnets,
      SubnetMappings,
      IpAddressType,
    } = properties
    if (!same(Attributes, old.LoadBalancerAttributes))
      await context.call(SERVICE, 'ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes })
    if (!same(SecurityGroups, old.SecurityGroups) && SecurityGroups)
      await context.call(SERVICE, 'SetSecurityGroups', { LoadBalancerArn, SecurityGroups })
    if (!same([Subnets, SubnetMappings], [old.Subnets, old.SubnetMappings]))
      await context.call(SERVICE, 'SetSubnets', { LoadBalancerArn, ...defined({ Subnets, SubnetMappings }) })
    if (IpAddressType && IpAddressType !== old.IpAddressType)
      await context.call(SERVICE, 'SetIpAddressType', { LoadBalancerArn, IpAddressType })
    await retagBalancing(LoadBalancerArn, properties.Tags, old.Tags, context)
  },
  delete: (LoadBalancerArn, _, context) =>
    context.call(SERVICE, 'DeleteLoadBalancer', { LoadBalancerArn }).then(() => {}),
  attributes: async (arn, _, context) => {
    const input = { LoadBalancerArns: [arn] }
    const { LoadBalancers } = await context.call<{ LoadBalancers: Balancer[] }>(
      SERVICE,
      'DescribeLoadBalancers',
      input,
    )
    const found = LoadBalancers[0]
    return {
      LoadBalancerArn: arn,
      DNSName: found?.DNSName,
      CanonicalHostedZoneID: found?.CanonicalHostedZoneId,
      LoadBalancerName: found?.LoadBalancerName,
      LoadBalancerFullName: arn.split(':loadbalancer/')[1],
    }
  },
  identify: async ({ Name }, context) => {
    const { LoadBalancers } = await context.call<{ LoadBalancers: Balancer[] }>(
      SERVICE,
      'DescribeLoadBalancers',
      { Names: [Name] },
    )
    return LoadBalancers[0]?.LoadBalancerArn as string
  },
}

/** The health check, which can be changed; the rest of a target group cannot. */
/** The properties of a target group that are about its health checks. */
export const HEALTH = [
  'HealthCheckEnabled',
  'HealthCheckIntervalSeconds',
  'HealthCheckPath',
  'HealthCheckPort',
  'HealthCheckProtocol',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'Matcher',
  'UnhealthyThresholdCount',
] as const
const NUMBERS = new Set([
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
])

interface Group {
  TargetGroupArn: string
  TargetGroupName: string
}

const targetGroup: Provider = {
  replaceOn: ['Name', 'Port', 'Protocol', 'ProtocolVersion', 'TargetType', 'VpcId', 'IpAddressType'],
  acts: [...HEALTH, 'Targets', 'TargetGroupAttributes'],
  nameProperty: 'Name',
  taggable: true,
  create: async (properties, context) => {
    const { Name, Port, Protocol, ProtocolVersion, TargetType, VpcId, IpAddressType, Tags } = properties
    const { TargetGroups } = await context.call<{ TargetGroups: Group[] }>(SERVICE, 'CreateTargetGroup', {
      Name: Name ?? context.generatedName(32),
      ...defined({
        Port: optionalNumber(Port),
        Protocol,
        ProtocolVersion,
        TargetType,
        VpcId,
        IpAddressType,
        Tags,
      }),
      ...healthCheck(properties),
    })
    const arn = TargetGroups[0]?.TargetGroupArn as string
    context.made(arn)
    await setRest(arn, properties, {}, context)
    return arn
  },
  update: async (TargetGroupArn, properties, old, context) => {
    if (!same(healthCheck(properties), healthCheck(old)))
      await context.call(SERVICE, 'ModifyTargetGroup', { TargetGroupArn, ...healthCheck(properties) })
    await setRest(TargetGroupArn, properties, old, context)
    await retagBalancing(TargetGroupArn, properties.Tags, old.Tags, context)
  },
  delete: (TargetGroupArn, _, context) =>
    context.call(SERVICE, 'DeleteTargetGroup', { TargetGroupArn }).then(() => {}),
  attributes: async arn => {
    const full = arn.split(':').pop() ?? ''
    return {
      TargetGroupArn: arn,
      TargetGroupFullName: full,
      TargetGroupName: full.split('/')[1],
      LoadBalancerArns: [],
    }
  },
  identify: async ({ Name }, context) => {
    const { TargetGroups } = await context.call<{ TargetGroups: Group[] }>(SERVICE, 'DescribeTargetGroups', {
      Names: [Name],
    })
    return TargetGroups[0]?.TargetGroupArn as string
  },
}

function healthCheck(properties: Properties): object {
  return defined(
    Object.fromEntries(
      HEALTH.map(name => [name, NUMBERS.has(name) ? optionalNumber(properties[name]) : properties[name]]),
    ),
  )
}

async function setRest(
  TargetGroupArn: string,
  now: Properties,
  old: Properties,
  context: ProviderContext,
): Promise<void> {
  const { TargetGroupAttributes: Attributes, Targets = [] } = now
  if (Attributes && !same(Attributes, old.TargetGroupAttributes))
    await context.call(SERVICE, 'ModifyTargetGroupAttributes', { TargetGroupArn, Attributes })
  const before = (old.Targets ?? []) as object[]
  const gone = before.filter(one => !(Targets as object[]).some(other => same(one, other)))
  if (gone.length > 0) await context.call(SERVICE, 'DeregisterTargets', { TargetGroupArn, Targets: gone })
  if ((Targets as object[]).length > 0 && !same(Targets, before))
    await context.call(SERVICE, 'RegisterTargets', { TargetGroupArn, Targets })
}

/** Load balancers and target groups. */
export const LOAD_BALANCING: Record<string, Provider> = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
  'AWS::ElasticLoadBalancingV2::TargetGroup': targetGroup,
}
