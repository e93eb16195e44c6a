import { retag, tagSpecifications } from './ec2-network.ts'
import type { Properties, Provider } from './provider.ts'
import { defined, type KeyValue } from './values.ts'

const routeTable: Provider<{ VpcId?: string; Tags?: KeyValue[] }> = {
  replaceOn: ['VpcId'],
  acts: [],
  recorded: true,
  taggable: true,
  create: async ({ VpcId, Tags }, context) => {
    const { RouteTable } = await context.call<{ RouteTable: { RouteTableId: string } }>(
      'ec2',
      'CreateRouteTable',
      {
        VpcId,
        ClientToken: context.token,
        ...tagSpecifications('route-table', Tags),
      },
    )
    return RouteTable.RouteTableId
  },
  update: (id, properties, old, context) => retag(id, properties.Tags, old.Tags, context),
  delete: (id, _, context) => context.call('ec2', 'DeleteRouteTable', { RouteTableId: id }).then(() => {}),
  attributes: id => ({ RouteTableId: id }),
}

const route: Provider = {
  replaceOn: ['RouteTableId', 'DestinationCidrBlock', 'DestinationIpv6CidrBlock'],
  acts: [
    'GatewayId',
    'NatGatewayId',
    'TransitGatewayId',
    'VpcPeeringConnectionId',
    'EgressOnlyInternetGatewayId',
  ],
  recorded: true,
  create: async (properties, context) => {
    await context.call('ec2', 'CreateRoute', properties)
    return `${properties.RouteTableId}|${destination(properties)}`
  },
  update: (_, properties, __, context) => context.call('ec2', 'ReplaceRoute', properties).then(() => {}),
  delete: (_, properties, context) =>
    context
      .call('ec2', 'DeleteRoute', {
        RouteTableId: properties.RouteTableId,
        ...defined({
          DestinationCidrBlock: properties.DestinationCidrBlock,
          DestinationIpv6CidrBlock: properties.DestinationIpv6CidrBlock,
        }),
      })
      .then(() => {}),
  attributes: (_, properties) => ({ CidrBlock: destination(properties) }),
}

function destination(properties: Properties): unknown {
  return properties.DestinationCidrBlock ?? properties.DestinationIpv6CidrBlock
}

const subnetRouteTableAssociation: Provider<{ SubnetId?: string; RouteTableId?: string }> = {
  replaceOn: ['SubnetId', 'RouteTableId'],
  acts: [],
  recorded: true,
  create: async ({ SubnetId, RouteTableId }, context) => {
    const input = { SubnetId, RouteTableId }
    const { AssociationId } = await context.call<{ AssociationId: string }>(
      'ec2',
      'AssociateRouteTable',
      input,
    )
    return AssociationId
  },
  delete: (id, _, context) =>
    context.call('ec2', 'DisassociateRouteTable', { AssociationId: id }).then(() => {}),
  attributes: id => ({ Id: id }),
}

/** Route tables, their routes and the subnets that use them. */
export const EC2_ROUTES: Record<string, Provider> = {
  'AWS::EC2::RouteTable': routeTable,
  'AWS::EC2::Route': route,
  'AWS::EC2::SubnetRouteTableAssociation': subnetRouteTableAssociation,
}
