import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  type SecurityGroup,
  type Subnet,
} from '@aws-sdk/client-ec2'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** What preflight reads of the network; ids that do not exist are simply not among the answers. */
export interface Network {
  subnets(ids: string[]): Promise<Subnet[]>
  securityGroups(ids: string[]): Promise<SecurityGroup[]>
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
  }
}
