import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { type Input, optional, required, tagsOf, truth } from './input.ts'
import { type Fields, NETWORK_ACL, type Records, SUBNET, VPC } from './records.ts'

interface Entry {
  ruleNumber: number
  protocol: string
  ruleAction: string
  egress: boolean
  cidrBlock?: string
  ipv6CidrBlock?: string
  portRange?: unknown
  icmpTypeCode?: unknown
}

/** The last rule of every list: what no other rule allows is denied. */
const DENY_ALL = 32767

/** Network access lists: recorded, filtering nothing. A subnet that no other list names has its VPC's default one. */
export function networkAclOperations(context: ServiceContext, records: Records): Record<string, Operation> {
  function make(vpcId: string, isDefault: boolean, tagSet: Fields['tagSet'], token?: string): Fields {
    const open = isDefault ? [entryOf(100, 'allow', true), entryOf(100, 'allow', false)] : []
    const fields = {
      vpcId,
      ownerId: context.accountId,
      default: isDefault,
      entrySet: [...open, entryOf(DENY_ALL, 'deny', true), entryOf(DENY_ALL, 'deny', false)],
      subnets: [],
      tagSet,
    }
    return records.create(NETWORK_ACL, fields, token)
  }

  const defaultOf = (vpcId: string) => make(vpcId, true, [], `default|${vpcId}`)

  function viewOf(acl: Fields): Fields {
    const { subnets, ...rest } = acl
    const taken = new Set(records.list(NETWORK_ACL).flatMap(one => one.subnets as string[]))
    const own = acl.default
      ? records
          .list(SUBNET)
          .filter(subnet => subnet.vpcId === acl.vpcId && !taken.has(subnet.subnetId as string))
          .map(subnet => subnet.subnetId as string)
      : (subnets as string[])
    return {
      ...rest,
      associationSet: own.map(subnetId => ({
        networkAclAssociationId: associationId(subnetId),
        networkAclId: acl.networkAclId,
        subnetId,
      })),
    } as Fields
  }

  function create(input: Input) {
    const vpcId = required(input, 'VpcId')
    records.get(VPC, vpcId)
    return { networkAcl: viewOf(make(vpcId, false, tagsOf(input), optional(input, 'ClientToken'))) }
  }

  function remove(input: Input) {
    const id = required(input, 'NetworkAclId')
    const acl = records.get(NETWORK_ACL, id)
    if (acl.default) throw new AwsError('InvalidParameterValue', `cannot delete default network ACL ${id}`)
    if ((acl.subnets as string[]).length > 0)
      throw new AwsError(
        'DependencyViolation',
        `The networkAcl '${id}' has dependencies and cannot be deleted.`,
      )
    records.remove(NETWORK_ACL, id)
    return { return: true }
  }

  function describe(input: Input) {
    for (const vpc of records.list(VPC)) defaultOf(vpc.vpcId as string)
    const subnetsOf = (acl: Fields) =>
      (viewOf(acl).associationSet as { subnetId: string }[]).map(one => one.subnetId)
    return {
      networkAclSet: records
        .describe(NETWORK_ACL, input, ['NetworkAclIds', 'NetworkAclId'], {
          default: acl => acl.default,
          'association.subnet-id': subnetsOf,
        })
        .map(viewOf),
    }
  }

  function putEntry(input: Input, replace: boolean) {
    const acl = records.get(NETWORK_ACL, required(input, 'NetworkAclId'))
    const entry = readEntry(input)
    const others = entries(acl).filter(one => !sameRule(one, entry))
    const there = others.length < entries(acl).length
    if (there && !replace)
      throw new AwsError(
        'NetworkAclEntryAlreadyExists',
        `The network acl entry identified by ${entry.ruleNumber} already exists.`,
      )
    if (!there && replace) throw noEntry(entry.ruleNumber)
    const entrySet = [...others, entry].sort((a, b) => a.ruleNumber - b.ruleNumber)
    records.update(NETWORK_ACL, acl.networkAclId as string, { entrySet })
    return { return: true }
  }

  function deleteEntry(input: Input) {
    const acl = records.get(NETWORK_ACL, required(input, 'NetworkAclId'))
    const gone = { ruleNumber: Number(input.RuleNumber), egress: truth(input.Egress) }
    const entrySet = entries(acl).filter(one => !sameRule(one, gone))
    if (entrySet.length === entries(acl).length || gone.ruleNumber === DENY_ALL)
      throw noEntry(gone.ruleNumber)
    records.update(NETWORK_ACL, acl.networkAclId as string, { entrySet })
    return { return: true }
  }

  function replaceAssociation(input: Input) {
    const asked = required(input, 'AssociationId')
    const subnet = records.list(SUBNET).find(one => associationId(one.subnetId as string) === asked)
    if (!subnet)
      throw new AwsError('InvalidAssociationID.NotFound', `The association ID '${asked}' does not exist`)
    const subnetId = subnet.subnetId as string
    const target = records.get(NETWORK_ACL, required(input, 'NetworkAclId'))
    for (const acl of records.list(NETWORK_ACL)) {
      const subnets = (acl.subnets as string[]).filter(one => one !== subnetId)
      const own = acl.networkAclId === target.networkAclId && !acl.default ? [...subnets, subnetId] : subnets
      records.update(NETWORK_ACL, acl.networkAclId as string, { subnets: own })
    }
    return { newAssociationId: asked }
  }

  return {
    CreateNetworkAcl: create,
    DeleteNetworkAcl: remove,
    DescribeNetworkAcls: describe,
    CreateNetworkAclEntry: (input: Input) => putEntry(input, false),
    ReplaceNetworkAclEntry: (input: Input) => putEntry(input, true),
    DeleteNetworkAclEntry: deleteEntry,
    ReplaceNetworkAclAssociation: replaceAssociation,
  }
}

function entries(acl: Fields): Entry[] {
  return acl.entrySet as Entry[]
}

function entryOf(ruleNumber: number, ruleAction: string, egress: boolean): Entry {
  return { ruleNumber, protocol: '-1', ruleAction, egress, cidrBlock: '0.0.0.0/0' }
}

function readEntry(input: Input): Entry {
  const ruleNumber = Number(input.RuleNumber)
  if (!(ruleNumber >= 1 && ruleNumber < DENY_ALL))
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${input.RuleNumber}) for parameter ruleNumber is invalid`,
    )
  const range = input.PortRange as { From?: unknown; To?: unknown } | undefined
  const icmp = input.IcmpTypeCode as { Code?: unknown; Type?: unknown } | undefined
  return {
    ruleNumber,
    protocol: required(input, 'Protocol'),
    ruleAction: required(input, 'RuleAction'),
    egress: truth(input.Egress),
    cidrBlock: optional(input, 'CidrBlock'),
    ipv6CidrBlock: optional(input, 'Ipv6CidrBlock'),
    portRange: range && { from: Number(range.From), to: Number(range.To) },
    icmpTypeCode: icmp && { code: Number(icmp.Code), type: Number(icmp.Type) },
  }
}

function sameRule(a: Pick<Entry, 'ruleNumber' | 'egress'>, b: Pick<Entry, 'ruleNumber' | 'egress'>): boolean {
  return a.ruleNumber === b.ruleNumber && a.egress === b.egress
}

function noEntry(ruleNumber: number): AwsError {
  return new AwsError(
    'InvalidNetworkAclEntry.NotFound',
    `The network acl entry identified by ${ruleNumber} does not exist.`,
  )
}

/** A subnet has one list at a time, so its own id tells its association. */
function associationId(subnetId: string): string {
  return `aclassoc-${subnetId.slice('subnet-'.length)}`
}
