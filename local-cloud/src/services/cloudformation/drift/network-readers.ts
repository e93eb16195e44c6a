import type { Properties } from '../providers/provider.ts'
import { only, type Reader, type ReaderContext } from './reader.ts'

/** The one thing of a kind with an id. Throws EC2's `Invalid….NotFound` when it is gone. */
async function one(
  operation: string,
  idMember: string,
  list: string,
  id: string,
  call: ReaderContext['call'],
): Promise<Properties> {
  const answer = await call<Record<string, Properties[]>>('ec2', operation, { [idMember]: [id] })
  return answer[list]?.[0] ?? {}
}

const reader =
  (operation: string, idMember: string, list: string, members: string[]): Reader =>
  async (id, _, { call }) => {
    const found = await one(operation, idMember, list, id, call)
    return { ...only(found, members), Tags: found.Tags ?? [] }
  }

const ATTRIBUTES = ['EnableDnsHostnames', 'EnableDnsSupport']

const vpc: Reader = async (VpcId, _, { call }) => {
  const found = await one('DescribeVpcs', 'VpcIds', 'Vpcs', VpcId, call)
  const attributes = ATTRIBUTES.map(async name => {
    const Attribute = name.charAt(0).toLowerCase() + name.slice(1)
    const answer = await call<Record<string, { Value?: unknown }>>('ec2', 'DescribeVpcAttribute', {
      VpcId,
      Attribute,
    })
    return [name, answer[name]?.Value] as const
  })
  return {
    ...only(found, ['CidrBlock', 'InstanceTenancy']),
    ...Object.fromEntries(await Promise.all(attributes)),
    Tags: found.Tags ?? [],
  }
}

type Permission = {
  IpProtocol?: unknown
  FromPort?: unknown
  ToPort?: unknown
  IpRanges?: { CidrIp: string; Description?: string }[]
  UserIdGroupPairs?: { GroupId: string }[]
}

/** A rule of the template that the group has is told as the template has it; one that it lacks is missing. */
const securityGroup: Reader = async (id, expected, { call }) => {
  const found = await one('DescribeSecurityGroups', 'GroupIds', 'SecurityGroups', id, call)
  const held = (member: string) => {
    const permissions = (found[member] ?? []) as Permission[]
    return (rule: Properties) =>
      permissions.some(
        one =>
          String(one.IpProtocol) === String(rule.IpProtocol) &&
          (rule.FromPort === undefined || String(one.FromPort) === String(rule.FromPort)) &&
          (rule.ToPort === undefined || String(one.ToPort) === String(rule.ToPort)) &&
          (rule.CidrIp === undefined || !!one.IpRanges?.some(range => range.CidrIp === rule.CidrIp)) &&
          (rule.SourceSecurityGroupId === undefined ||
            !!one.UserIdGroupPairs?.some(pair => pair.GroupId === rule.SourceSecurityGroupId)),
      )
  }
  const rules = (property: string, member: string) =>
    ((expected[property] ?? []) as Properties[]).filter(held(member))
  return {
    GroupDescription: found.Description,
    SecurityGroupIngress: rules('SecurityGroupIngress', 'IpPermissions'),
    SecurityGroupEgress: rules('SecurityGroupEgress', 'IpPermissionsEgress'),
    Tags: found.Tags ?? [],
  }
}

/** The parts of a VPC. */
export const NETWORK_READERS: Record<string, Reader> = {
  'AWS::EC2::FlowLog': reader('DescribeFlowLogs', 'FlowLogIds', 'FlowLogs', ['ResourceId', 'TrafficType']),
  'AWS::EC2::InternetGateway': reader(
    'DescribeInternetGateways',
    'InternetGatewayIds',
    'InternetGateways',
    [],
  ),
  'AWS::EC2::NatGateway': reader('DescribeNatGateways', 'NatGatewayIds', 'NatGateways', ['SubnetId']),
  'AWS::EC2::NetworkAcl': reader('DescribeNetworkAcls', 'NetworkAclIds', 'NetworkAcls', ['VpcId']),
  'AWS::EC2::RouteTable': reader('DescribeRouteTables', 'RouteTableIds', 'RouteTables', ['VpcId']),
  'AWS::EC2::SecurityGroup': securityGroup,
  'AWS::EC2::Subnet': reader('DescribeSubnets', 'SubnetIds', 'Subnets', [
    'AvailabilityZone',
    'CidrBlock',
    'MapPublicIpOnLaunch',
    'VpcId',
  ]),
  'AWS::EC2::VPC': vpc,
  'AWS::EC2::VPCEndpoint': reader('DescribeVpcEndpoints', 'VpcEndpointIds', 'VpcEndpoints', [
    'ServiceName',
    'VpcEndpointType',
    'VpcId',
  ]),
}
