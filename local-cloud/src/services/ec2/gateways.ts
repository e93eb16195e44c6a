import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { type Input, many, optional, required, tagsOf, truth } from './input.ts'
import { ADDRESS, ENDPOINT, FLOW_LOG, NAT_GATEWAY, type Records, SUBNET, VPC } from './records.ts'

/** Elastic addresses are drawn from a range that routes nowhere (RFC 5737). */
const DOCUMENTATION_RANGE = '198.51.100.'

/** Elastic addresses, NAT gateways, VPC endpoints and flow logs: recorded, carrying nothing. */
export function gatewayOperations(context: ServiceContext, records: Records): Record<string, Operation> {
  const now = () => new Date(context.clock.now()).toISOString()

  function allocateAddress(input: Input) {
    const taken = new Set(records.list(ADDRESS).map(address => address.publicIp))
    const publicIp = Array.from({ length: 254 }, (_, i) => `${DOCUMENTATION_RANGE}${i + 1}`).find(
      ip => !taken.has(ip),
    )
    if (!publicIp)
      throw new AwsError('AddressLimitExceeded', 'The maximum number of addresses has been reached.')
    return records.create(ADDRESS, { publicIp, domain: 'vpc', tagSet: tagsOf(input) })
  }

  function releaseAddress(input: Input) {
    const id = required(input, 'AllocationId')
    const address = records.get(ADDRESS, id)
    if (records.list(NAT_GATEWAY).some(nat => allocationOf(nat) === id && nat.state !== 'deleted'))
      throw new AwsError(
        'InvalidIPAddress.InUse',
        `The address with allocation id [${id}] (${address.publicIp}) is in use.`,
      )
    records.remove(ADDRESS, id)
    return { return: true }
  }

  function createNatGateway(input: Input) {
    const subnetId = optional(input, 'SubnetId')
    const subnet = subnetId ? records.get(SUBNET, subnetId) : undefined
    const allocationId = optional(input, 'AllocationId')
    const address = allocationId ? records.get(ADDRESS, allocationId) : undefined
    const fields = {
      subnetId,
      vpcId: subnet?.vpcId ?? optional(input, 'VpcId'),
      state: 'available',
      connectivityType: optional(input, 'ConnectivityType') ?? 'public',
      availabilityMode: optional(input, 'AvailabilityMode') ?? 'zonal',
      createTime: now(),
      natGatewayAddressSet: address ? [{ allocationId, publicIp: address.publicIp }] : [],
      tagSet: tagsOf(input),
    }
    return { natGateway: records.create(NAT_GATEWAY, fields, optional(input, 'ClientToken')) }
  }

  function deleteNatGateway(input: Input) {
    const natGatewayId = required(input, 'NatGatewayId')
    records.remove(NAT_GATEWAY, natGatewayId)
    return { natGatewayId }
  }

  function createVpcEndpoint(input: Input) {
    const vpcId = required(input, 'VpcId')
    records.get(VPC, vpcId)
    const fields = {
      vpcId,
      vpcEndpointType: optional(input, 'VpcEndpointType') ?? 'Gateway',
      serviceName: required(input, 'ServiceName'),
      state: 'available',
      policyDocument: optional(input, 'PolicyDocument'),
      routeTableIdSet: many(input, 'RouteTableIds', 'RouteTableId'),
      subnetIdSet: many(input, 'SubnetIds', 'SubnetId'),
      groupSet: many(input, 'SecurityGroupIds', 'SecurityGroupId').map(groupId => ({ groupId })),
      privateDnsEnabled: truth(input.PrivateDnsEnabled),
      creationTimestamp: now(),
      ownerId: context.accountId,
      tagSet: tagsOf(input),
    }
    return { vpcEndpoint: records.create(ENDPOINT, fields, optional(input, 'ClientToken')) }
  }

  function modifyVpcEndpoint(input: Input) {
    const id = required(input, 'VpcEndpointId')
    const endpoint = records.get(ENDPOINT, id)
    const changed = (member: string, add: [string, string], remove: [string, string]) => {
      const gone = new Set(many(input, ...remove))
      return [...new Set([...(endpoint[member] as string[]), ...many(input, ...add)])].filter(
        one => !gone.has(one),
      )
    }
    records.update(ENDPOINT, id, {
      routeTableIdSet: changed(
        'routeTableIdSet',
        ['AddRouteTableIds', 'AddRouteTableId'],
        ['RemoveRouteTableIds', 'RemoveRouteTableId'],
      ),
      subnetIdSet: changed(
        'subnetIdSet',
        ['AddSubnetIds', 'AddSubnetId'],
        ['RemoveSubnetIds', 'RemoveSubnetId'],
      ),
      policyDocument: optional(input, 'PolicyDocument') ?? endpoint.policyDocument,
    })
    return { return: true }
  }

  function deleteVpcEndpoints(input: Input) {
    for (const id of many(input, 'VpcEndpointIds', 'VpcEndpointId')) records.remove(ENDPOINT, id)
    return { unsuccessful: [] }
  }

  function createFlowLogs(input: Input) {
    const token = optional(input, 'ClientToken')
    const ids = many(input, 'ResourceIds', 'ResourceId').map(resourceId => {
      const fields = {
        resourceId,
        trafficType: optional(input, 'TrafficType') ?? 'ALL',
        logDestinationType: optional(input, 'LogDestinationType') ?? 'cloud-watch-logs',
        logDestination: optional(input, 'LogDestination'),
        logGroupName: optional(input, 'LogGroupName'),
        deliverLogsPermissionArn: optional(input, 'DeliverLogsPermissionArn'),
        flowLogStatus: 'ACTIVE',
        deliverLogsStatus: 'SUCCESS',
        creationTime: now(),
        tagSet: tagsOf(input),
      }
      return records.create(FLOW_LOG, fields, token && `${token}|${resourceId}`).flowLogId
    })
    return { flowLogIdSet: ids, unsuccessful: [] }
  }

  function deleteFlowLogs(input: Input) {
    for (const id of many(input, 'FlowLogIds', 'FlowLogId')) records.remove(FLOW_LOG, id)
    return { unsuccessful: [] }
  }

  return {
    AllocateAddress: allocateAddress,
    ReleaseAddress: releaseAddress,
    DescribeAddresses: (input: Input) => ({
      addressesSet: records.describe(ADDRESS, input, ['AllocationIds', 'AllocationId'], {
        'public-ip': address => address.publicIp,
      }),
    }),
    CreateNatGateway: createNatGateway,
    DescribeNatGateways: (input: Input) => ({
      natGatewaySet: records.describe(NAT_GATEWAY, input, ['NatGatewayIds', 'NatGatewayId']),
    }),
    DeleteNatGateway: deleteNatGateway,
    CreateVpcEndpoint: createVpcEndpoint,
    ModifyVpcEndpoint: modifyVpcEndpoint,
    DescribeVpcEndpoints: (input: Input) => ({
      vpcEndpointSet: records.describe(ENDPOINT, input, ['VpcEndpointIds', 'VpcEndpointId'], {
        'service-name': endpoint => endpoint.serviceName,
        'vpc-endpoint-type': endpoint => endpoint.vpcEndpointType,
        'vpc-endpoint-state': endpoint => endpoint.state,
      }),
    }),
    DeleteVpcEndpoints: deleteVpcEndpoints,
    CreateFlowLogs: createFlowLogs,
    DescribeFlowLogs: (input: Input) => ({
      flowLogSet: records.describe(FLOW_LOG, input, ['FlowLogIds', 'FlowLogId'], {
        'resource-id': log => log.resourceId,
      }),
    }),
    DeleteFlowLogs: deleteFlowLogs,
  }
}

function allocationOf(nat: Record<string, unknown>): string | undefined {
  return (nat.natGatewayAddressSet as { allocationId: string }[])[0]?.allocationId
}
