import {
  DescribeAddressesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
  type Subnet,
} from '@aws-sdk/client-ec2'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** What preflight reads of the network; ids that do not exist are simply not among the answers. */
export interface Network {
  subnets(ids: string[]): Promise<Subnet[]>
  securityGroups(ids: string[]): Promise<SecurityGroup[]>
  /** VPCs and Elastic IP addresses that the account has in the region. */
  vpcCount(): Promise<number>
  addressCount(): Promise<number>
  /** The group that AWS gives every VPC. @throws Error where there is no such VPC */
  defaultSecurityGroup(vpcId: string): Promise<SecurityGroup>
  /** Takes every rule of a group away: what is in it speaks to nobody. */
  closeSecurityGroup(group: SecurityGroup): Promise<void>
}

export function createNetwork(access: Access): Network {
  const client = new EC2Client(clientConfig(access))
  return {
    // by filter and not by id: an id that is gone would turn the whole answer into an error
    subnets: async ids =>
      (await client.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'subnet-id', Values: ids }] })))
        .Subnets ?? [],
    securityGroups: async ids =>
      (await client.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-id', Values: ids }] })))
        .SecurityGroups ?? [],
    vpcCount: async () => (await client.send(new DescribeVpcsCommand({}))).Vpcs?.length ?? 0,
    addressCount: async () => (await client.send(new DescribeAddressesCommand({}))).Addresses?.length ?? 0,
    defaultSecurityGroup: async vpcId => {
      const Filters = [
        { Name: 'vpc-id', Values: [vpcId] },
        { Name: 'group-name', Values: ['default'] },
      ]
      const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand({ Filters }))
      const [group] = SecurityGroups ?? []
      if (!group) throw new Error(`${vpcId} has no default security group`)
      return group
    },
    closeSecurityGroup: async ({ GroupId, IpPermissions = [], IpPermissionsEgress = [] }) => {
      if (IpPermissions.length > 0)
        await client.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
      if (IpPermissionsEgress.length > 0)
        await client.send(
          new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: IpPermissionsEgress }),
        )
    },
  }
}
