import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { checkSubnetBlock, checkVpcBlock } from './blocks.ts'
import { attributeValue, type Input, optional, required, tagsOf } from './input.ts'
import {
  INTERNET_GATEWAY,
  NETWORK_ACL,
  type Records,
  ROUTE_TABLE,
  SECURITY_GROUP,
  SUBNET,
  VPC,
} from './records.ts'
import { allowAllAmong, allowAllOut } from './security-groups.ts'

/** VPCs, subnets and internet gateways. */
export function vpcOperations(context: ServiceContext, records: Records): Record<string, Operation> {
  function createVpc(input: Input) {
    const cidrBlock = checkVpcBlock(required(input, 'CidrBlock'))
    const vpc = records.create(VPC, {
      ownerId: context.accountId,
      state: 'available',
      cidrBlock,
      dhcpOptionsId: 'default',
      instanceTenancy: optional(input, 'InstanceTenancy') ?? 'default',
      isDefault: false,
      cidrBlockAssociationSet: [
        { cidrBlock, associationId: 'vpc-cidr-assoc-0', cidrBlockState: { state: 'associated' } },
      ],
      enableDnsSupport: true,
      enableDnsHostnames: false,
      tagSet: tagsOf(input),
    })
    const vpcId = vpc.vpcId as string
    const local = {
      destinationCidrBlock: cidrBlock,
      gatewayId: 'local',
      state: 'active',
      origin: 'CreateRouteTable',
    }
    const table = records.create(ROUTE_TABLE, {
      vpcId,
      ownerId: context.accountId,
      routeSet: [local],
      associationSet: [],
      tagSet: [],
    })
    const routeTableId = table.routeTableId as string
    const main = { routeTableAssociationId: `rtbassoc-${routeTableId.slice(4)}`, routeTableId, main: true }
    records.update(ROUTE_TABLE, routeTableId, { associationSet: [main] })
    const group = records.create(SECURITY_GROUP, {
      vpcId,
      ownerId: context.accountId,
      groupName: 'default',
      groupDescription: 'default VPC security group',
      ipPermissions: [],
      ipPermissionsEgress: [allowAllOut()],
      tagSet: [],
    })
    const groupId = group.groupId as string
    records.update(SECURITY_GROUP, groupId, { ipPermissions: [allowAllAmong(groupId, context.accountId)] })
    return { vpc: shown(vpc) }
  }

  function modifyVpcAttribute(input: Input) {
    const change: Record<string, unknown> = {}
    for (const name of ['EnableDnsSupport', 'EnableDnsHostnames']) {
      const value = attributeValue(input, name)
      if (value !== undefined) change[name.charAt(0).toLowerCase() + name.slice(1)] = value
    }
    records.update(VPC, required(input, 'VpcId'), change)
    return { return: true }
  }

  function describeVpcAttribute(input: Input) {
    const vpc = records.get(VPC, required(input, 'VpcId'))
    const attribute = required(input, 'Attribute')
    return { vpcId: vpc.vpcId, [attribute]: { value: vpc[attribute] } }
  }

  function deleteVpc(input: Input) {
    const vpcId = required(input, 'VpcId')
    records.get(VPC, vpcId)
    const holds = (kind: typeof SUBNET) => records.list(kind).filter(record => record.vpcId === vpcId)
    const own = (record: Record<string, unknown>) =>
      record.groupName === 'default' ||
      (record.associationSet as { main?: boolean }[] | undefined)?.some(a => a.main)
    const kinds = [SUBNET, SECURITY_GROUP, ROUTE_TABLE, NETWORK_ACL]
    const rest = kinds.flatMap(holds).filter(record => !own(record) && !record.default)
    const attached = records.list(INTERNET_GATEWAY).filter(gateway => attachedTo(gateway) === vpcId)
    if (rest.length + attached.length > 0) throw violation('vpc', vpcId)
    for (const group of holds(SECURITY_GROUP)) records.remove(SECURITY_GROUP, group.groupId as string)
    for (const table of holds(ROUTE_TABLE)) records.remove(ROUTE_TABLE, table.routeTableId as string)
    for (const acl of holds(NETWORK_ACL)) records.remove(NETWORK_ACL, acl.networkAclId as string)
    records.remove(VPC, vpcId)
    return { return: true }
  }

  function createSubnet(input: Input) {
    const vpcId = required(input, 'VpcId')
    const vpc = records.get(VPC, vpcId)
    const cidrBlock = required(input, 'CidrBlock')
    const others = records
      .list(SUBNET)
      .filter(subnet => subnet.vpcId === vpcId)
      .map(subnet => subnet.cidrBlock as string)
    const availableIpAddressCount = checkSubnetBlock(cidrBlock, vpc.cidrBlock as string, others)
    const subnet = records.create(SUBNET, {
      vpcId,
      ownerId: context.accountId,
      state: 'available',
      cidrBlock,
      availabilityZone: optional(input, 'AvailabilityZone') ?? `${context.region}a`,
      availableIpAddressCount,
      defaultForAz: false,
      mapPublicIpOnLaunch: false,
      tagSet: tagsOf(input),
    })
    const subnetArn = `arn:aws:ec2:${context.region}:${context.accountId}:subnet/${subnet.subnetId}`
    return { subnet: records.update(SUBNET, subnet.subnetId as string, { subnetArn }) }
  }

  function modifySubnetAttribute(input: Input) {
    const mapPublicIpOnLaunch = attributeValue(input, 'MapPublicIpOnLaunch')
    records.update(
      SUBNET,
      required(input, 'SubnetId'),
      mapPublicIpOnLaunch === undefined ? {} : { mapPublicIpOnLaunch },
    )
    return { return: true }
  }

  function deleteSubnet(input: Input) {
    const subnetId = required(input, 'SubnetId')
    records.remove(SUBNET, subnetId)
    for (const acl of records.list(NETWORK_ACL)) {
      const subnets = (acl.subnets as string[]).filter(one => one !== subnetId)
      records.update(NETWORK_ACL, acl.networkAclId as string, { subnets })
    }
    return { return: true }
  }

  function createInternetGateway(input: Input) {
    const fields = { ownerId: context.accountId, attachmentSet: [], tagSet: tagsOf(input) }
    return { internetGateway: records.create(INTERNET_GATEWAY, fields) }
  }

  function attachInternetGateway(input: Input) {
    const vpcId = required(input, 'VpcId')
    const id = required(input, 'InternetGatewayId')
    records.get(VPC, vpcId)
    const already = attachedTo(records.get(INTERNET_GATEWAY, id))
    if (already)
      throw new AwsError(
        'Resource.AlreadyAssociated',
        `resource ${id} is already attached to network ${already}`,
      )
    records.update(INTERNET_GATEWAY, id, { attachmentSet: [{ vpcId, state: 'available' }] })
    return { return: true }
  }

  function detachInternetGateway(input: Input) {
    const id = required(input, 'InternetGatewayId')
    const vpcId = required(input, 'VpcId')
    if (attachedTo(records.get(INTERNET_GATEWAY, id)) !== vpcId)
      throw new AwsError('Gateway.NotAttached', `resource ${id} is not attached to network ${vpcId}`)
    records.update(INTERNET_GATEWAY, id, { attachmentSet: [] })
    return { return: true }
  }

  function deleteInternetGateway(input: Input) {
    const id = required(input, 'InternetGatewayId')
    if (attachedTo(records.get(INTERNET_GATEWAY, id))) throw violation('internetGateway', id)
    records.remove(INTERNET_GATEWAY, id)
    return { return: true }
  }

  return {
    CreateVpc: createVpc,
    ModifyVpcAttribute: modifyVpcAttribute,
    DescribeVpcAttribute: describeVpcAttribute,
    DescribeVpcs: (input: Input) => ({
      vpcSet: records
        .describe(VPC, input, ['VpcIds', 'VpcId'], {
          cidr: vpc => vpc.cidrBlock,
          isDefault: vpc => vpc.isDefault,
          'is-default': vpc => vpc.isDefault,
        })
        .map(shown),
    }),
    DeleteVpc: deleteVpc,
    CreateSubnet: createSubnet,
    ModifySubnetAttribute: modifySubnetAttribute,
    DescribeSubnets: (input: Input) => ({
      subnetSet: records.describe(SUBNET, input, ['SubnetIds', 'SubnetId'], {
        'map-public-ip-on-launch': subnet => subnet.mapPublicIpOnLaunch,
      }),
    }),
    DeleteSubnet: deleteSubnet,
    CreateInternetGateway: createInternetGateway,
    AttachInternetGateway: attachInternetGateway,
    DetachInternetGateway: detachInternetGateway,
    DescribeInternetGateways: (input: Input) => ({
      internetGatewaySet: records.describe(
        INTERNET_GATEWAY,
        input,
        ['InternetGatewayIds', 'InternetGatewayId'],
        { 'attachment.vpc-id': gateway => attachedTo(gateway) ?? [] },
      ),
    }),
    DeleteInternetGateway: deleteInternetGateway,
  }
}

/** What something that is still used answers when it is to be deleted. */
export function violation(what: string, id: string): AwsError {
  return new AwsError('DependencyViolation', `The ${what} '${id}' has dependencies and cannot be deleted.`)
}

function attachedTo(gateway: Record<string, unknown>): string | undefined {
  return (gateway.attachmentSet as { vpcId: string }[])[0]?.vpcId
}

/** The DNS attributes have an operation of their own. */
function shown({ enableDnsSupport: _, enableDnsHostnames: __, ...vpc }: Record<string, unknown>) {
  return vpc
}
