import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { type Input, many, optional, required, tagsOf } from './input.ts'
import { type Fields, type Records, SECURITY_GROUP, VPC } from './records.ts'

/** One rule as the wire has it: a protocol, ports and one or more peers. */
interface Permission {
  ipProtocol: string
  fromPort?: number
  toPort?: number
  ipRanges: { cidrIp: string; description?: string }[]
  ipv6Ranges: { cidrIpv6: string; description?: string }[]
  groups: { groupId: string; userId?: string; description?: string }[]
  prefixListIds: { prefixListId: string; description?: string }[]
}

type Direction = 'ipPermissions' | 'ipPermissionsEgress'

/** What every new group allows: everything out. */
export function allowAllOut(): Permission {
  return {
    ipProtocol: '-1',
    ipRanges: [{ cidrIp: '0.0.0.0/0' }],
    ipv6Ranges: [],
    groups: [],
    prefixListIds: [],
  }
}

/** What a VPC's default group allows besides: everything from those that are in it (VPC guide, "Default security groups"). */
export function allowAllAmong(groupId: string, userId: string): Permission {
  return { ...allowAllOut(), ipRanges: [], groups: [{ groupId, userId }] }
}

/** Security groups: recorded, enforced by nothing, since tasks share the loopback interface. */
export function securityGroupOperations(
  context: ServiceContext,
  records: Records,
): Record<string, Operation> {
  function createSecurityGroup(input: Input) {
    const vpcId = required(input, 'VpcId')
    records.get(VPC, vpcId)
    const groupName = required(input, 'GroupName')
    if (records.list(SECURITY_GROUP).some(group => group.vpcId === vpcId && group.groupName === groupName))
      throw new AwsError(
        'InvalidGroup.Duplicate',
        `The security group '${groupName}' already exists for VPC '${vpcId}'`,
      )
    const group = records.create(SECURITY_GROUP, {
      vpcId,
      ownerId: context.accountId,
      groupName,
      groupDescription: optional(input, 'Description') ?? optional(input, 'GroupDescription') ?? '',
      ipPermissions: [],
      ipPermissionsEgress: [allowAllOut()],
      tagSet: tagsOf(input),
    })
    return { return: true, groupId: group.groupId, tagSet: group.tagSet }
  }

  function authorize(direction: Direction): Operation {
    return (input: Input) => {
      const group = find(input)
      const added = permissionsOf(input, context.accountId).flatMap(single)
      const held = rules(group, direction).flatMap(single)
      for (const rule of added)
        if (held.some(other => identity(other) === identity(rule)))
          throw new AwsError(
            'InvalidPermission.Duplicate',
            `the specified rule "peer: ${identity(rule)}" already exists`,
          )
      records.update(SECURITY_GROUP, group.groupId as string, { [direction]: [...held, ...added] })
      return { return: true }
    }
  }

  function revoke(direction: Direction): Operation {
    return (input: Input) => {
      const group = find(input)
      const gone = new Set(permissionsOf(input, context.accountId).flatMap(single).map(identity))
      const held = rules(group, direction).flatMap(single)
      const missing = [...gone].filter(id => !held.some(rule => identity(rule) === id))
      if (missing.length > 0)
        throw new AwsError(
          'InvalidPermission.NotFound',
          'The specified rule does not exist in this security group.',
        )
      records.update(SECURITY_GROUP, group.groupId as string, {
        [direction]: held.filter(r => !gone.has(identity(r))),
      })
      return { return: true }
    }
  }

  function deleteSecurityGroup(input: Input) {
    const group = find(input)
    const users = records
      .list(SECURITY_GROUP)
      .filter(other => other.groupId !== group.groupId)
      .filter(other =>
        [...rules(other, 'ipPermissions'), ...rules(other, 'ipPermissionsEgress')].some(rule =>
          rule.groups.some(peer => peer.groupId === group.groupId),
        ),
      )
    if (users.length > 0)
      throw new AwsError('DependencyViolation', `resource ${group.groupId} has a dependent object`)
    if (group.groupName === 'default')
      throw new AwsError(
        'CannotDelete',
        `the specified group: "${group.groupId}" name: "default" cannot be deleted by a user`,
      )
    records.remove(SECURITY_GROUP, group.groupId as string)
    return { return: true, groupId: group.groupId }
  }

  function find(input: Input): Fields {
    return records.get(SECURITY_GROUP, required(input, 'GroupId'))
  }

  return {
    CreateSecurityGroup: createSecurityGroup,
    AuthorizeSecurityGroupIngress: authorize('ipPermissions'),
    AuthorizeSecurityGroupEgress: authorize('ipPermissionsEgress'),
    RevokeSecurityGroupIngress: revoke('ipPermissions'),
    RevokeSecurityGroupEgress: revoke('ipPermissionsEgress'),
    DescribeSecurityGroups: (input: Input) => ({
      securityGroupInfo: records.describe(SECURITY_GROUP, input, ['GroupIds', 'GroupId'], {
        'group-name': group => group.groupName,
        description: group => group.groupDescription,
      }),
    }),
    DeleteSecurityGroup: deleteSecurityGroup,
  }
}

function rules(group: Fields, direction: Direction): Permission[] {
  return group[direction] as Permission[]
}

/** Requests bring `IpPermissions` or, for one rule, its members at the top. */
function permissionsOf(input: Input, accountId: string): Permission[] {
  const given = many<Input>(input, 'IpPermissions', 'IpPermission')
  return (given.length > 0 ? given : [input]).map(permission => ({
    ipProtocol: String(permission.IpProtocol ?? '-1'),
    fromPort: port(permission.FromPort),
    toPort: port(permission.ToPort),
    ipRanges: [
      ...(permission.CidrIp ? [{ cidrIp: String(permission.CidrIp) }] : []),
      ...many<Input>(permission, 'IpRanges', 'IpRange').map(range => ({
        cidrIp: String(range.CidrIp),
        description: optional(range, 'Description'),
      })),
    ],
    ipv6Ranges: many<Input>(permission, 'Ipv6Ranges', 'Ipv6Range').map(range => ({
      cidrIpv6: String(range.CidrIpv6),
      description: optional(range, 'Description'),
    })),
    groups: many<Input>(permission, 'UserIdGroupPairs', 'Groups').map(pair => ({
      groupId: String(pair.GroupId),
      userId: accountId,
      description: optional(pair, 'Description'),
    })),
    prefixListIds: many<Input>(permission, 'PrefixListIds', 'PrefixListId').map(prefix => ({
      prefixListId: String(prefix.PrefixListId),
      description: optional(prefix, 'Description'),
    })),
  }))
}

function port(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value)
}

/** One rule a peer, so that rules can be told apart. */
function single(rule: Permission): Permission[] {
  const none = { ...rule, ipRanges: [], ipv6Ranges: [], groups: [], prefixListIds: [] }
  return [
    ...rule.ipRanges.map(range => ({ ...none, ipRanges: [range] })),
    ...rule.ipv6Ranges.map(range => ({ ...none, ipv6Ranges: [range] })),
    ...rule.groups.map(group => ({ ...none, groups: [group] })),
    ...rule.prefixListIds.map(prefix => ({ ...none, prefixListIds: [prefix] })),
  ]
}

function identity(rule: Permission): string {
  const { ipProtocol, fromPort = -1, toPort = -1 } = rule
  const peer =
    rule.ipRanges[0]?.cidrIp ??
    rule.ipv6Ranges[0]?.cidrIpv6 ??
    rule.groups[0]?.groupId ??
    rule.prefixListIds[0]?.prefixListId
  return `${peer}, ${ipProtocol}, from port: ${ipProtocol === '-1' ? -1 : fromPort}, to port: ${ipProtocol === '-1' ? -1 : toPort}`
}
