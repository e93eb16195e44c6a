import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { type Input, optional, required, tagsOf } from './input.ts'
import {
  type Fields,
  INTERNET_GATEWAY,
  NAT_GATEWAY,
  type Records,
  ROUTE_TABLE,
  SUBNET,
  VPC,
} from './records.ts'
import { violation } from './vpcs.ts'

interface Route {
  destinationCidrBlock?: string
  destinationIpv6CidrBlock?: string
  state: string
  origin: string
}

interface Association {
  routeTableAssociationId: string
  routeTableId: string
  subnetId?: string
  main: boolean
}

/** Where a route may lead, by the name in requests. */
const TARGETS = [
  'GatewayId',
  'NatGatewayId',
  'NetworkInterfaceId',
  'TransitGatewayId',
  'VpcPeeringConnectionId',
  'InstanceId',
  'EgressOnlyInternetGatewayId',
] as const

/** Route tables, their routes and the subnets that use them. */
export function routeOperations(context: ServiceContext, records: Records): Record<string, Operation> {
  function createRouteTable(input: Input) {
    const vpcId = required(input, 'VpcId')
    const vpc = records.get(VPC, vpcId)
    const local = {
      destinationCidrBlock: vpc.cidrBlock,
      gatewayId: 'local',
      state: 'active',
      origin: 'CreateRouteTable',
    }
    const fields = {
      vpcId,
      ownerId: context.accountId,
      routeSet: [local],
      associationSet: [],
      tagSet: tagsOf(input),
    }
    return { routeTable: records.create(ROUTE_TABLE, fields, optional(input, 'ClientToken')) }
  }

  function deleteRouteTable(input: Input) {
    const id = required(input, 'RouteTableId')
    if (associations(records.get(ROUTE_TABLE, id)).length > 0) throw violation('routeTable', id)
    records.remove(ROUTE_TABLE, id)
    return { return: true }
  }

  function createRoute(input: Input) {
    const table = records.get(ROUTE_TABLE, required(input, 'RouteTableId'))
    const route = routeOf(input)
    checkTarget(input)
    if (routes(table).some(other => destination(other) === destination(route)))
      throw new AwsError(
        'RouteAlreadyExists',
        `The route identified by ${destination(route)} already exists.`,
      )
    records.update(ROUTE_TABLE, table.routeTableId as string, { routeSet: [...routes(table), route] })
    return { return: true }
  }

  /** @throws AwsError where the gateway that a route names does not exist */
  function checkTarget(input: Input): void {
    const gateway = optional(input, 'GatewayId')
    const nat = optional(input, 'NatGatewayId')
    if (gateway?.startsWith('igw-')) records.get(INTERNET_GATEWAY, gateway)
    if (nat !== undefined) records.get(NAT_GATEWAY, nat)
  }

  function replaceRoute(input: Input) {
    const table = records.get(ROUTE_TABLE, required(input, 'RouteTableId'))
    const route = routeOf(input)
    checkTarget(input)
    const rest = without(table, destination(route))
    records.update(ROUTE_TABLE, table.routeTableId as string, { routeSet: [...rest, route] })
    return { return: true }
  }

  function deleteRoute(input: Input) {
    const table = records.get(ROUTE_TABLE, required(input, 'RouteTableId'))
    const rest = without(
      table,
      optional(input, 'DestinationCidrBlock') ?? required(input, 'DestinationIpv6CidrBlock'),
    )
    records.update(ROUTE_TABLE, table.routeTableId as string, { routeSet: rest })
    return { return: true }
  }

  function associateRouteTable(input: Input) {
    const table = records.get(ROUTE_TABLE, required(input, 'RouteTableId'))
    const subnetId = required(input, 'SubnetId')
    records.get(SUBNET, subnetId)
    const taken = records
      .list(ROUTE_TABLE)
      .flatMap(associations)
      .find(other => other.subnetId === subnetId)
    if (taken && taken.routeTableId !== table.routeTableId)
      throw new AwsError(
        'Resource.AlreadyAssociated',
        `the specified association for subnet ${subnetId} conflicts with an existing association`,
      )
    if (taken) return { associationId: taken.routeTableAssociationId }
    const association: Association = {
      routeTableAssociationId: `rtbassoc-${subnetId.slice('subnet-'.length)}`,
      routeTableId: table.routeTableId as string,
      subnetId,
      main: false,
    }
    records.update(ROUTE_TABLE, association.routeTableId, {
      associationSet: [...associations(table), association],
    })
    return { associationId: association.routeTableAssociationId }
  }

  function disassociateRouteTable(input: Input) {
    const id = required(input, 'AssociationId')
    const table = records
      .list(ROUTE_TABLE)
      .find(t => associations(t).some(a => a.routeTableAssociationId === id))
    if (!table)
      throw new AwsError('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`)
    const associationSet = associations(table).filter(
      association => association.routeTableAssociationId !== id,
    )
    records.update(ROUTE_TABLE, table.routeTableId as string, { associationSet })
    return { return: true }
  }

  return {
    CreateRouteTable: createRouteTable,
    DeleteRouteTable: deleteRouteTable,
    DescribeRouteTables: (input: Input) => ({
      routeTableSet: records.describe(ROUTE_TABLE, input, ['RouteTableIds', 'RouteTableId'], {
        'association.subnet-id': table => associations(table).flatMap(a => a.subnetId ?? []),
        'association.main': table => associations(table).map(a => a.main),
      }),
    }),
    CreateRoute: createRoute,
    ReplaceRoute: replaceRoute,
    DeleteRoute: deleteRoute,
    AssociateRouteTable: associateRouteTable,
    DisassociateRouteTable: disassociateRouteTable,
  }
}

function routes(table: Fields): Route[] {
  return table.routeSet as Route[]
}

function associations(table: Fields): Association[] {
  return table.associationSet as Association[]
}

function destination(route: Route): string {
  return route.destinationCidrBlock ?? route.destinationIpv6CidrBlock ?? ''
}

function without(table: Fields, gone: string): Route[] {
  const rest = routes(table).filter(route => destination(route) !== gone)
  if (rest.length === routes(table).length)
    throw new AwsError(
      'InvalidRoute.NotFound',
      `no route with destination-cidr-block ${gone} in route table ${table.routeTableId}`,
    )
  return rest
}

function routeOf(input: Input): Route {
  const target = TARGETS.find(name => input[name] !== undefined)
  if (!target) throw new AwsError('MissingParameter', `a route needs one of ${TARGETS.join(', ')}`)
  return {
    destinationCidrBlock: optional(input, 'DestinationCidrBlock'),
    destinationIpv6CidrBlock: optional(input, 'DestinationIpv6CidrBlock'),
    [target.charAt(0).toLowerCase() + target.slice(1)]: input[target],
    state: 'active',
    origin: 'CreateRoute',
  }
}
