import { retag, tagSpecifications } from './ec2-network.ts'
import type { Properties, Provider, ProviderContext } from './provider.ts'
import { defined, flag, type KeyValue, optionalNumber } from './values.ts'

const networkAcl: Provider<{ VpcId?: string; Tags?: KeyValue[] }> = {
  replaceOn: ['VpcId'],
  recorded: true,
  taggable: true,
  create: async ({ VpcId, Tags }, context) => {
    const { NetworkAcl } = await context.call<{ NetworkAcl: { NetworkAclId: string } }>(
      'ec2',
      'CreateNetworkAcl',
      { VpcId, ClientToken: context.token, ...tagSpecifications('network-acl', Tags) },
    )
    return NetworkAcl.NetworkAclId
  },
  update: (id, properties, old, context) => retag(id, properties.Tags, old.Tags, context),
  delete: (NetworkAclId, _, context) =>
    context.call('ec2', 'DeleteNetworkAcl', { NetworkAclId }).then(() => {}),
  attributes: id => ({ Id: id }),
}

const entry: Provider = {
  replaceOn: ['NetworkAclId', 'RuleNumber', 'Egress'],
  recorded: true,
  create: async (properties, context) => {
    await context.call('ec2', 'CreateNetworkAclEntry', entryInput(properties))
    return context.generatedName(128)
  },
  update: (_, properties, __, context) =>
    context.call('ec2', 'ReplaceNetworkAclEntry', entryInput(properties)).then(() => {}),
  delete: (_, { NetworkAclId, RuleNumber, Egress }, context) =>
    context
      .call('ec2', 'DeleteNetworkAclEntry', { NetworkAclId, RuleNumber, Egress: flag(Egress) })
      .then(() => {}),
  attributes: id => ({ Id: id }),
}

function entryInput(properties: Properties): object {
  const { NetworkAclId, CidrBlock, Ipv6CidrBlock, RuleAction } = properties
  const { From, To } = (properties.PortRange ?? {}) as Properties
  const { Code, Type } = (properties.Icmp ?? {}) as Properties
  return defined({
    NetworkAclId,
    RuleNumber: optionalNumber(properties.RuleNumber),
    Protocol: String(properties.Protocol),
    RuleAction,
    Egress: flag(properties.Egress),
    CidrBlock,
    Ipv6CidrBlock,
    PortRange: properties.PortRange && { From: optionalNumber(From), To: optionalNumber(To) },
    IcmpTypeCode: properties.Icmp && { Code: optionalNumber(Code), Type: optionalNumber(Type) },
  })
}

interface Acls {
  NetworkAcls: {
    NetworkAclId: string
    IsDefault: boolean
    VpcId: string
    Associations: { NetworkAclAssociationId: string; SubnetId: string }[]
  }[]
}

const association: Provider = {
  replaceOn: ['SubnetId', 'NetworkAclId'],
  recorded: true,
  create: async ({ SubnetId, NetworkAclId }, context) => associate(SubnetId, NetworkAclId, context),
  delete: async (_, { SubnetId, NetworkAclId }, context) => {
    const { NetworkAcls } = await context.call<Acls>('ec2', 'DescribeNetworkAcls', {})
    const own = NetworkAcls.find(acl => acl.NetworkAclId === NetworkAclId)
    // A subnet that has been given another list since is left alone.
    if (!own?.Associations.some(one => one.SubnetId === SubnetId)) return
    const standard = NetworkAcls.find(acl => acl.IsDefault && acl.VpcId === own.VpcId)
    await associate(SubnetId, standard?.NetworkAclId, context)
  },
  attributes: id => ({ AssociationId: id }),
}

/** A subnet always has one list: a new one takes the place of the old. */
async function associate(
  SubnetId: unknown,
  NetworkAclId: unknown,
  context: ProviderContext,
): Promise<string> {
  const { NetworkAcls } = await context.call<Acls>('ec2', 'DescribeNetworkAcls', {
    Filters: [{ Name: 'association.subnet-id', Values: [SubnetId] }],
  })
  const AssociationId = NetworkAcls[0]?.Associations.find(
    one => one.SubnetId === SubnetId,
  )?.NetworkAclAssociationId
  const { NewAssociationId } = await context.call<{ NewAssociationId: string }>(
    'ec2',
    'ReplaceNetworkAclAssociation',
    { AssociationId, NetworkAclId },
  )
  return NewAssociationId
}

/** Network access lists, their entries, and which subnets they stand before. */
export const EC2_NETWORK_ACLS: Record<string, Provider> = {
  'AWS::EC2::NetworkAcl': networkAcl,
  'AWS::EC2::NetworkAclEntry': entry,
  'AWS::EC2::SubnetNetworkAclAssociation': association,
}
