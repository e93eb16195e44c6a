import assert from 'node:assert/strict'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeAvailabilityZonesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('AWSEC2/latest/APIReference/')

/** EC2: the parts of a VPC. */
export const ec2: Suite = {
  service: 'ec2',
  cases: ({ config }) => {
    const client = new EC2Client(config)
    const vpc = async () =>
      (await client.send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }))).Vpc?.VpcId as string
    const subnet = (VpcId: string, CidrBlock: string) =>
      client.send(new CreateSubnetCommand({ VpcId, CidrBlock }))
    const group = (VpcId: string, GroupName: string) =>
      client.send(new CreateSecurityGroupCommand({ VpcId, GroupName, Description: 'conformance' }))
    const by = (Name: string, value: string) => [{ Name, Values: [value] }]

    return [
      says('API_CreateVpc.html', 'a VPC comes with a main route table and a default group', async () => {
        const VpcId = await vpc()
        const filter = { Filters: by('vpc-id', VpcId) }
        const { RouteTables } = await client.send(new DescribeRouteTablesCommand(filter))
        has(RouteTables, [{ Associations: [{ Main: true }] }])
        const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand(filter))
        has(SecurityGroups, [{ GroupName: 'default' }])
      }),
      says('API_CreateVpc.html', 'a block larger than /16 is refused', () =>
        refused(client.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/8' })), 'InvalidVpc.Range', 400),
      ),
      says('API_DescribeVpcs.html', 'an id that does not exist is InvalidVpcID.NotFound', () =>
        refused(
          client.send(new DescribeVpcsCommand({ VpcIds: ['vpc-0123456789abcdef0'] })),
          'InvalidVpcID.NotFound',
          400,
        ),
      ),
      says('API_CreateSubnet.html', 'a subnet lies within its VPC and on no other subnet', async () => {
        const VpcId = await vpc()
        const made = await subnet(VpcId, '10.1.0.0/24')
        has(made.Subnet, { AvailableIpAddressCount: 251, State: 'available' })
        await refused(subnet(VpcId, '10.2.0.0/24'), 'InvalidSubnet.Range', 400)
        await refused(subnet(VpcId, '10.1.0.0/25'), 'InvalidSubnet.Conflict', 400)
      }),
      says('API_DescribeSubnets.html', 'filters choose', async () => {
        const VpcId = await vpc()
        await subnet(VpcId, '10.1.0.0/24')
        await subnet(VpcId, '10.1.1.0/24')
        const Filters = [...by('vpc-id', VpcId), ...by('cidr-block', '10.1.1.0/24')]
        const { Subnets } = await client.send(new DescribeSubnetsCommand({ Filters }))
        has(Subnets, [{ CidrBlock: '10.1.1.0/24', VpcId }])
      }),
      says('API_CreateSecurityGroup.html', 'a name is taken once in a VPC', async () => {
        const VpcId = await vpc()
        await group(VpcId, 'web')
        await refused(group(VpcId, 'web'), 'InvalidGroup.Duplicate', 400)
      }),
      says('API_AuthorizeSecurityGroupIngress.html', 'a rule is kept, and not twice', async () => {
        const { GroupId } = await group(await vpc(), 'web')
        const open = () =>
          client.send(
            new AuthorizeSecurityGroupIngressCommand({
              GroupId,
              IpPermissions: [
                { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
              ],
            }),
          )
        await open()
        await refused(open(), 'InvalidPermission.Duplicate', 400)
        const { SecurityGroups } = await client.send(
          new DescribeSecurityGroupsCommand({ GroupIds: [GroupId as string] }),
        )
        has(SecurityGroups, [
          { IpPermissions: [{ FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] },
        ])
      }),
      says('API_CreateRoute.html', 'a route needs a gateway that exists', async () => {
        const { RouteTable } = await client.send(new CreateRouteTableCommand({ VpcId: await vpc() }))
        await refused(
          client.send(
            new CreateRouteCommand({
              RouteTableId: RouteTable?.RouteTableId,
              DestinationCidrBlock: '0.0.0.0/0',
              GatewayId: 'igw-0123456789abcdef0',
            }),
          ),
          'InvalidInternetGatewayID.NotFound',
          400,
        )
      }),
      says('API_DeleteVpc.html', 'a VPC in use is not deleted', async () => {
        const VpcId = await vpc()
        await subnet(VpcId, '10.1.0.0/24')
        await refused(client.send(new DeleteVpcCommand({ VpcId })), 'DependencyViolation', 400)
      }),
      says('API_CreateTags.html', 'tags are kept, and found by filter', async () => {
        const VpcId = await vpc()
        const value = freshName('team')
        await client.send(
          new CreateTagsCommand({ Resources: [VpcId], Tags: [{ Key: 'team', Value: value }] }),
        )
        const { Vpcs } = await client.send(new DescribeVpcsCommand({ Filters: by('tag:team', value) }))
        has(Vpcs, [{ VpcId }])
      }),
      says('API_DescribeAvailabilityZones.html', 'zones are of the region and available', async () => {
        const { AvailabilityZones } = await client.send(new DescribeAvailabilityZonesCommand({}))
        const first = AvailabilityZones?.[0]
        has(first, { State: 'available', RegionName: 'us-east-1' })
        assert.ok(first?.ZoneName?.startsWith('us-east-1'))
      }),
    ]
  },
}
