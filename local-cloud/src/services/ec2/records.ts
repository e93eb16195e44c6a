import { createHash, randomBytes } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'
import type { Store } from '../../core/store.ts'
import { filtersOf, type Input, many, type Tag } from './input.ts'

/** What the record of one thing holds: its members under the names of the wire. */
export type Fields = Record<string, unknown> & { tagSet: Tag[] }

/** One kind of thing in a VPC. */
export interface Kind {
  /** Name of the collection, such as `vpc`. */
  name: string
  /** `vpc` in `vpc-0a1b…`. */
  prefix: string
  /** The member that holds the id: `vpcId`. */
  idMember: string
  /** What its error codes call the id: `InvalidVpcID.NotFound`. */
  notFound: string
}

export type Records = ReturnType<typeof createRecords>

/** Everything that EC2 records here, by kind. */
export function createRecords(store: Store) {
  const collection = (kind: Kind) => store.collection<Fields>('ec2', kind.name)

  /** @param token makes the same id again for the same token, as AWS's idempotency does */
  function create(kind: Kind, fields: Fields, token?: string): Fields {
    const hex = token
      ? createHash('sha256').update(`${kind.name}|${token}`).digest('hex')
      : randomBytes(9).toString('hex')
    const id = `${kind.prefix}-0${hex.slice(0, 16)}`
    const known = token ? collection(kind).get(id) : undefined
    if (known) return known
    const record = { [kind.idMember]: id, ...fields }
    collection(kind).put(id, record)
    return record
  }

  /** @throws AwsError `Invalid…NotFound` */
  function get(kind: Kind, id: string): Fields {
    const found = collection(kind).get(id)
    if (!found) throw new AwsError(kind.notFound, `The ${kind.idMember} '${id}' does not exist`)
    return found
  }

  function update(kind: Kind, id: string, change: Record<string, unknown>): Fields {
    const next = { ...get(kind, id), ...change }
    collection(kind).put(id, next)
    return next
  }

  function remove(kind: Kind, id: string): void {
    get(kind, id)
    collection(kind).delete(id)
  }

  /** Those asked for by id and by filter. @param columns filter names beyond the id and tags, and what they look at */
  function describe(
    kind: Kind,
    input: Input,
    [plural, singular]: [string, string],
    columns: Record<string, (record: Fields) => unknown> = {},
  ): Fields[] {
    const ids = many(input, plural, singular)
    const found = ids.length > 0 ? ids.map(id => get(kind, id)) : collection(kind).list()
    return filtersOf(input).reduce((left, { name, values }) => {
      const column = columnOf(kind, name, columns)
      return left.filter(record => {
        const held = [column(record)].flat().map(String)
        return values.some(value => held.some(item => matches(value, item)))
      })
    }, found)
  }

  return { create, get, update, remove, describe, list: (kind: Kind) => collection(kind).list() }
}

function columnOf(
  kind: Kind,
  name: string,
  columns: Record<string, (record: Fields) => unknown>,
): (record: Fields) => unknown {
  if (name.startsWith('tag:'))
    return record => record.tagSet.filter(tag => tag.key === name.slice(4)).map(tag => tag.value)
  if (name === 'tag-key') return record => record.tagSet.map(tag => tag.key)
  const own = columns[name]
  if (own) return own
  const member = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  if (member === kind.idMember || COMMON.has(member)) return record => record[member] ?? []
  throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`)
}

/** Members that most kinds can be filtered by under the same name. */
const COMMON = new Set([
  'vpcId',
  'subnetId',
  'availabilityZone',
  'cidrBlock',
  'state',
  'groupName',
  'description',
])

/** Filters know `*` and `?`. */
function matches(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`).test(text)
}

export const VPC: Kind = { name: 'vpc', prefix: 'vpc', idMember: 'vpcId', notFound: 'InvalidVpcID.NotFound' }
export const SUBNET: Kind = {
  name: 'subnet',
  prefix: 'subnet',
  idMember: 'subnetId',
  notFound: 'InvalidSubnetID.NotFound',
}
export const INTERNET_GATEWAY: Kind = {
  name: 'internet-gateway',
  prefix: 'igw',
  idMember: 'internetGatewayId',
  notFound: 'InvalidInternetGatewayID.NotFound',
}
export const ROUTE_TABLE: Kind = {
  name: 'route-table',
  prefix: 'rtb',
  idMember: 'routeTableId',
  notFound: 'InvalidRouteTableID.NotFound',
}
export const SECURITY_GROUP: Kind = {
  name: 'security-group',
  prefix: 'sg',
  idMember: 'groupId',
  notFound: 'InvalidGroup.NotFound',
}
export const ADDRESS: Kind = {
  name: 'address',
  prefix: 'eipalloc',
  idMember: 'allocationId',
  notFound: 'InvalidAllocationID.NotFound',
}
export const NAT_GATEWAY: Kind = {
  name: 'nat-gateway',
  prefix: 'nat',
  idMember: 'natGatewayId',
  notFound: 'NatGatewayNotFound',
}
export const ENDPOINT: Kind = {
  name: 'endpoint',
  prefix: 'vpce',
  idMember: 'vpcEndpointId',
  notFound: 'InvalidVpcEndpointId.NotFound',
}
export const FLOW_LOG: Kind = {
  name: 'flow-log',
  prefix: 'fl',
  idMember: 'flowLogId',
  notFound: 'InvalidFlowLogId.NotFound',
}

export const NETWORK_ACL: Kind = {
  name: 'network-acl',
  prefix: 'acl',
  idMember: 'networkAclId',
  notFound: 'InvalidNetworkAclID.NotFound',
}

/** All kinds, to find a thing by its id alone. */
export const KINDS: readonly Kind[] = [
  VPC,
  SUBNET,
  INTERNET_GATEWAY,
  ROUTE_TABLE,
  SECURITY_GROUP,
  ADDRESS,
  NAT_GATEWAY,
  ENDPOINT,
  FLOW_LOG,
  NETWORK_ACL,
]
