import { AwsError } from '../../../core/aws-error.ts'
import { retag, tagSpecifications } from './ec2-network.ts'
import type { Properties, Provider, ProviderContext } from './provider.ts'
import { type KeyValue, optionalNumber, same } from './values.ts'

type Direction = 'Ingress' | 'Egress'

type GroupProperties = {
  GroupName?: string
  GroupDescription?: string
  VpcId?: string
  SecurityGroupIngress?: Properties[]
  SecurityGroupEgress?: Properties[]
  Tags?: KeyValue[]
}

const ALL_OUT = { IpProtocol: '-1', CidrIp: '0.0.0.0/0' }

const securityGroup: Provider<GroupProperties> = {
  replaceOn: ['GroupName', 'GroupDescription', 'VpcId'],
  acts: ['SecurityGroupIngress', 'SecurityGroupEgress'],
  nameProperty: 'GroupName',
  recorded: true,
  taggable: true,
  create: async (properties, context) => {
    const { GroupId } = await context.call<{ GroupId: string }>('ec2', 'CreateSecurityGroup', {
      GroupName: properties.GroupName ?? context.generatedName(255),
      Description: properties.GroupDescription,
      VpcId: properties.VpcId,
      ...tagSpecifications('security-group', properties.Tags),
    })
    context.made(GroupId)
    await apply(GroupId, properties, { SecurityGroupEgress: [ALL_OUT] }, context)
    return GroupId
  },
  update: async (id, properties, old, context) => {
    await apply(
      id,
      properties,
      { ...old, SecurityGroupEgress: old.SecurityGroupEgress ?? [ALL_OUT] },
      context,
    )
    await retag(id, properties.Tags, old.Tags, context)
  },
  delete: (id, _, context) => context.call('ec2', 'DeleteSecurityGroup', { GroupId: id }).then(() => {}),
  attributes: (id, properties) => ({ GroupId: id, Id: id, VpcId: properties.VpcId }),
  identify: async ({ GroupName = '', VpcId = '' }, context) => {
    const input = {
      Filters: [
        { Name: 'group-name', Values: [GroupName] },
        { Name: 'vpc-id', Values: [VpcId] },
      ],
    }
    const { SecurityGroups } = await context.call<{ SecurityGroups: { GroupId: string }[] }>(
      'ec2',
      'DescribeSecurityGroups',
      input,
    )
    return SecurityGroups[0]?.GroupId ?? ''
  },
}

/** Brings the group's own rules from the old to the new; one that exists already is as good as made. */
async function apply(
  id: string,
  now: GroupProperties,
  old: GroupProperties,
  context: ProviderContext,
): Promise<void> {
  const rules = {
    Ingress: [now.SecurityGroupIngress ?? [], old.SecurityGroupIngress ?? []],
    Egress: [now.SecurityGroupEgress ?? [ALL_OUT], old.SecurityGroupEgress ?? []],
  } as const
  for (const direction of ['Ingress', 'Egress'] as const) {
    const [after, before] = rules[direction]
    const gone = before.filter(rule => !after.some(other => same(permission(other), permission(rule))))
    const added = after.filter(rule => !before.some(other => same(permission(other), permission(rule))))
    for (const rule of gone) await change('Revoke', direction, id, rule, context)
    for (const rule of added) await change('Authorize', direction, id, rule, context)
  }
}

async function change(
  verb: 'Authorize' | 'Revoke',
  direction: Direction,
  GroupId: string,
  rule: Properties,
  context: ProviderContext,
): Promise<void> {
  try {
    await context.call('ec2', `${verb}SecurityGroup${direction}`, {
      GroupId,
      IpPermissions: [permission(rule)],
    })
  } catch (error) {
    const settled = verb === 'Authorize' ? 'InvalidPermission.Duplicate' : 'InvalidPermission.NotFound'
    if (!(error instanceof AwsError && error.code === settled)) throw error
  }
}

/** A rule as templates have it in the shape of the API. */
function permission(rule: Properties): object {
  const { IpProtocol, FromPort, ToPort, CidrIp, CidrIpv6, Description } = rule
  const group = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId
  const prefixList = rule.SourcePrefixListId ?? rule.DestinationPrefixListId
  return {
    IpProtocol: String(IpProtocol),
    FromPort: optionalNumber(FromPort),
    ToPort: optionalNumber(ToPort),
    IpRanges: CidrIp ? [{ CidrIp, Description }] : [],
    Ipv6Ranges: CidrIpv6 ? [{ CidrIpv6, Description }] : [],
    UserIdGroupPairs: group ? [{ GroupId: group, Description }] : [],
    PrefixListIds: prefixList ? [{ PrefixListId: prefixList, Description }] : [],
  }
}

/** A rule that stands in the template on its own. */
function standaloneRule(direction: Direction): Provider {
  return {
    replaceOn: [
      'GroupId',
      'IpProtocol',
      'FromPort',
      'ToPort',
      'CidrIp',
      'CidrIpv6',
      'Description',
      'SourceSecurityGroupId',
      'DestinationSecurityGroupId',
      'SourcePrefixListId',
      'DestinationPrefixListId',
    ],
    acts: [],
    recorded: true,
    create: async (properties, context) => {
      const input = { GroupId: properties.GroupId, IpPermissions: [permission(properties)] }
      await context.call('ec2', `AuthorizeSecurityGroup${direction}`, input)
      return `sgr-0${context.token.slice(0, 16)}`
    },
    delete: (_, properties, context) =>
      change('Revoke', direction, String(properties.GroupId), properties, context),
    attributes: id => ({ Id: id }),
  }
}

/** Security groups and their rules. */
export const EC2_SECURITY_GROUPS: Record<string, Provider> = {
  'AWS::EC2::SecurityGroup': securityGroup,
  'AWS::EC2::SecurityGroupIngress': standaloneRule('Ingress'),
  'AWS::EC2::SecurityGroupEgress': standaloneRule('Egress'),
}
