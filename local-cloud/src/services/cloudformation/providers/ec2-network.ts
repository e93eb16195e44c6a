import type { Provider, ProviderContext } from './provider.ts'
import { defined, type KeyValue, tagChanges } from './values.ts'

/** Sends the tags of a new thing along with the request that makes it. */
export function tagSpecifications(resourceType: string, tags: unknown): object {
  const list = (tags ?? []) as KeyValue[]
  return list.length > 0 ? { TagSpecifications: [{ ResourceType: resourceType, Tags: list }] } : {}
}

/** Brings the tags of an EC2 thing from the old to the new. */
export async function retag(id: string, now: unknown, old: unknown, context: ProviderContext): Promise<void> {
  const { set, remove } = tagChanges(now, old)
  if (set.length > 0) await context.call('ec2', 'CreateTags', { Resources: [id], Tags: set })
  if (remove.length > 0)
    await context.call('ec2', 'DeleteTags', { Resources: [id], Tags: remove.map(Key => ({ Key })) })
}

type VpcProperties = {
  CidrBlock?: string
  InstanceTenancy?: string
  EnableDnsSupport?: unknown
  EnableDnsHostnames?: unknown
  Tags?: KeyValue[]
}

const vpc: Provider<VpcProperties> = {
  replaceOn: ['CidrBlock', 'InstanceTenancy', 'Ipv4IpamPoolId', 'Ipv4NetmaskLength'],
  acts: ['EnableDnsSupport', 'EnableDnsHostnames'],
  recorded: true,
  taggable: true,
  create: async (properties, context) => {
    const { CidrBlock, InstanceTenancy, Tags } = properties
    const { Vpc } = await context.call<{ Vpc: { VpcId: string } }>('ec2', 'CreateVpc', {
      ...defined({ CidrBlock, InstanceTenancy }),
      ...tagSpecifications('vpc', Tags),
    })
    context.made(Vpc.VpcId)
    await setDns(Vpc.VpcId, properties, context)
    return Vpc.VpcId
  },
  update: async (id, properties, old, context) => {
    await setDns(id, properties, context)
    await retag(id, properties.Tags, old.Tags, context)
  },
  delete: (id, _, context) => context.call('ec2', 'DeleteVpc', { VpcId: id }).then(() => {}),
  attributes: async (id, properties, context) => {
    const { SecurityGroups } = await context.call<{ SecurityGroups: { GroupId: string }[] }>(
      'ec2',
      'DescribeSecurityGroups',
      {
        Filters: [
          { Name: 'vpc-id', Values: [id] },
          { Name: 'group-name', Values: ['default'] },
        ],
      },
    )
    return {
      VpcId: id,
      CidrBlock: properties.CidrBlock,
      DefaultSecurityGroup: SecurityGroups[0]?.GroupId,
      DefaultNetworkAcl: `acl-${id.slice(4)}`,
      CidrBlockAssociations: ['vpc-cidr-assoc-0'],
      Ipv6CidrBlocks: [],
    }
  },
}

async function setDns(VpcId: string, properties: VpcProperties, context: ProviderContext): Promise<void> {
  for (const name of ['EnableDnsSupport', 'EnableDnsHostnames'] as const)
    if (properties[name] !== undefined)
      await context.call('ec2', 'ModifyVpcAttribute', { VpcId, [name]: { Value: properties[name] } })
}

type SubnetProperties = {
  VpcId?: string
  CidrBlock?: string
  AvailabilityZone?: string
  MapPublicIpOnLaunch?: unknown
  Tags?: KeyValue[]
}

const subnet: Provider<SubnetProperties> = {
  replaceOn: ['VpcId', 'CidrBlock', 'AvailabilityZone', 'AvailabilityZoneId', 'Ipv6CidrBlock'],
  acts: ['MapPublicIpOnLaunch'],
  recorded: true,
  taggable: true,
  create: async (properties, context) => {
    const { VpcId, CidrBlock, AvailabilityZone, Tags } = properties
    const made = await context.call<{ Subnet: { SubnetId: string } }>('ec2', 'CreateSubnet', {
      ...defined({ VpcId, CidrBlock, AvailabilityZone }),
      ...tagSpecifications('subnet', Tags),
    })
    const id = made.Subnet.SubnetId
    context.made(id)
    await setPublic(id, properties, context)
    return id
  },
  update: async (id, properties, old, context) => {
    await setPublic(id, properties, context)
    await retag(id, properties.Tags, old.Tags, context)
  },
  delete: (id, _, context) => context.call('ec2', 'DeleteSubnet', { SubnetId: id }).then(() => {}),
  attributes: async (id, properties, context) => {
    const { Subnets } = await context.call<{ Subnets: { AvailabilityZone: string }[] }>(
      'ec2',
      'DescribeSubnets',
      {
        SubnetIds: [id],
      },
    )
    return {
      SubnetId: id,
      VpcId: properties.VpcId,
      CidrBlock: properties.CidrBlock,
      AvailabilityZone: Subnets[0]?.AvailabilityZone,
      NetworkAclAssociationId: `aclassoc-${id.slice(7)}`,
      Ipv6CidrBlocks: [],
    }
  },
}

async function setPublic(
  SubnetId: string,
  properties: SubnetProperties,
  context: ProviderContext,
): Promise<void> {
  const { MapPublicIpOnLaunch } = properties
  if (MapPublicIpOnLaunch !== undefined)
    await context.call('ec2', 'ModifySubnetAttribute', {
      SubnetId,
      MapPublicIpOnLaunch: { Value: MapPublicIpOnLaunch },
    })
}

const internetGateway: Provider<{ Tags?: KeyValue[] }> = {
  replaceOn: [],
  acts: [],
  recorded: true,
  taggable: true,
  create: async ({ Tags }, context) => {
    const { InternetGateway } = await context.call<{ InternetGateway: { InternetGatewayId: string } }>(
      'ec2',
      'CreateInternetGateway',
      tagSpecifications('internet-gateway', Tags),
    )
    return InternetGateway.InternetGatewayId
  },
  update: (id, properties, old, context) => retag(id, properties.Tags, old.Tags, context),
  delete: (id, _, context) =>
    context.call('ec2', 'DeleteInternetGateway', { InternetGatewayId: id }).then(() => {}),
  attributes: id => ({ InternetGatewayId: id }),
}

const vpcGatewayAttachment: Provider<{ VpcId?: string; InternetGatewayId?: string }> = {
  replaceOn: ['VpcId', 'InternetGatewayId', 'VpnGatewayId'],
  acts: [],
  recorded: true,
  create: async ({ VpcId, InternetGatewayId }, context) => {
    await context.call('ec2', 'AttachInternetGateway', { VpcId, InternetGatewayId })
    return `IGW|${VpcId}`
  },
  delete: (_, { VpcId, InternetGatewayId }, context) =>
    context.call('ec2', 'DetachInternetGateway', { VpcId, InternetGatewayId }).then(() => {}),
  attributes: () => ({ AttachmentType: 'IGW' }),
}

/** VPCs, subnets and the way out. */
export const EC2_NETWORK: Record<string, Provider> = {
  'AWS::EC2::VPC': vpc,
  'AWS::EC2::Subnet': subnet,
  'AWS::EC2::InternetGateway': internetGateway,
  'AWS::EC2::VPCGatewayAttachment': vpcGatewayAttachment,
}
