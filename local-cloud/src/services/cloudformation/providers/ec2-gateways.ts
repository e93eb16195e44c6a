import { retag, tagSpecifications } from './ec2-network.ts'
import type { Properties, Provider, ProviderContext } from './provider.ts'
import { defined, type KeyValue, policyText, tagChanges } from './values.ts'

const elasticAddress: Provider<{ Domain?: string; Tags?: KeyValue[] }> = {
  replaceOn: ['Domain', 'NetworkBorderGroup'],
  acts: [],
  recorded: true,
  taggable: true,
  create: async ({ Tags }, context) => {
    const input = { Domain: 'vpc', ...tagSpecifications('elastic-ip', Tags) }
    const { PublicIp } = await context.call<{ PublicIp: string }>('ec2', 'AllocateAddress', input)
    return PublicIp
  },
  update: async (ip, properties, old, context) => {
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    if (set.length + remove.length > 0)
      await retag(await allocation(ip, context), properties.Tags, old.Tags, context)
  },
  delete: async (ip, _, context) => {
    await context.call('ec2', 'ReleaseAddress', { AllocationId: await allocation(ip, context) })
  },
  attributes: async (ip, _, context) => ({ PublicIp: ip, AllocationId: await allocation(ip, context) }),
}

async function allocation(ip: string, context: ProviderContext): Promise<string> {
  const input = { Filters: [{ Name: 'public-ip', Values: [ip] }] }
  const { Addresses } = await context.call<{ Addresses: { AllocationId: string }[] }>(
    'ec2',
    'DescribeAddresses',
    input,
  )
  return Addresses[0]?.AllocationId ?? ''
}

const natGateway: Provider = {
  replaceOn: ['SubnetId', 'AllocationId', 'ConnectivityType', 'VpcId', 'AvailabilityMode'],
  acts: [],
  recorded: true,
  taggable: true,
  create: async ({ Tags, ...properties }, context) => {
    const { NatGateway } = await context.call<{ NatGateway: { NatGatewayId: string } }>(
      'ec2',
      'CreateNatGateway',
      {
        ...properties,
        ClientToken: context.token,
        ...tagSpecifications('natgateway', Tags),
      },
    )
    return NatGateway.NatGatewayId
  },
  update: (id, properties, old, context) => retag(id, properties.Tags, old.Tags, context),
  delete: (id, _, context) => context.call('ec2', 'DeleteNatGateway', { NatGatewayId: id }).then(() => {}),
  attributes: id => ({ NatGatewayId: id }),
}

type EndpointProperties = {
  VpcId?: string
  ServiceName?: string
  VpcEndpointType?: string
  PolicyDocument?: unknown
  RouteTableIds?: string[]
  SubnetIds?: string[]
  SecurityGroupIds?: string[]
  PrivateDnsEnabled?: unknown
  Tags?: KeyValue[]
}

const vpcEndpoint: Provider<EndpointProperties> = {
  replaceOn: ['VpcId', 'ServiceName', 'VpcEndpointType', 'SecurityGroupIds'],
  acts: ['PolicyDocument', 'RouteTableIds', 'SubnetIds', 'PrivateDnsEnabled'],
  recorded: true,
  taggable: true,
  create: async ({ Tags, PolicyDocument, ...properties }, context) => {
    const { VpcEndpoint } = await context.call<{ VpcEndpoint: { VpcEndpointId: string } }>(
      'ec2',
      'CreateVpcEndpoint',
      {
        ...properties,
        ...defined({ PolicyDocument: PolicyDocument === undefined ? undefined : policyText(PolicyDocument) }),
        ClientToken: context.token,
        ...tagSpecifications('vpc-endpoint', Tags),
      },
    )
    return VpcEndpoint.VpcEndpointId
  },
  update: async (id, properties, old, context) => {
    const difference = (a: string[] = [], b: string[] = []) => a.filter(one => !b.includes(one))
    await context.call('ec2', 'ModifyVpcEndpoint', {
      VpcEndpointId: id,
      AddRouteTableIds: difference(properties.RouteTableIds, old.RouteTableIds),
      RemoveRouteTableIds: difference(old.RouteTableIds, properties.RouteTableIds),
      AddSubnetIds: difference(properties.SubnetIds, old.SubnetIds),
      RemoveSubnetIds: difference(old.SubnetIds, properties.SubnetIds),
      ...(properties.PolicyDocument === undefined
        ? {}
        : { PolicyDocument: policyText(properties.PolicyDocument) }),
    })
    await retag(id, properties.Tags, old.Tags, context)
  },
  delete: (id, _, context) =>
    context.call('ec2', 'DeleteVpcEndpoints', { VpcEndpointIds: [id] }).then(() => {}),
  attributes: id => ({ Id: id, DnsEntries: [], NetworkInterfaceIds: [] }),
}

const flowLog: Provider = {
  replaceOn: [
    'ResourceId',
    'ResourceType',
    'TrafficType',
    'LogDestinationType',
    'LogDestination',
    'LogGroupName',
    'DeliverLogsPermissionArn',
    'MaxAggregationInterval',
    'LogFormat',
  ],
  acts: [],
  recorded: true,
  taggable: true,
  create: async ({ Tags, ResourceId, ...properties }: Properties, context) => {
    const { FlowLogIds } = await context.call<{ FlowLogIds: string[] }>('ec2', 'CreateFlowLogs', {
      ...properties,
      ResourceIds: [ResourceId],
      ClientToken: context.token,
      ...tagSpecifications('vpc-flow-log', Tags),
    })
    return FlowLogIds[0] as string
  },
  update: (id, properties, old, context) => retag(id, properties.Tags, old.Tags, context),
  delete: (id, _, context) => context.call('ec2', 'DeleteFlowLogs', { FlowLogIds: [id] }).then(() => {}),
  attributes: id => ({ Id: id }),
}

/** Addresses, NAT gateways, endpoints and flow logs. */
export const EC2_GATEWAYS: Record<string, Provider> = {
  'AWS::EC2::EIP': elasticAddress,
  'AWS::EC2::NatGateway': natGateway,
  'AWS::EC2::VPCEndpoint': vpcEndpoint,
  'AWS::EC2::FlowLog': flowLog,
}
