import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteVpcCommand,
  DescribeAvailabilityZonesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifyVpcAttributeCommand,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createEc2 } from './ec2.ts'

let cloud: TestCloud
let ec2: EC2Client
let VpcId: string
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createEc2] })
  ec2 = new EC2Client(cloud.client)
  const tags = [{ ResourceType: 'vpc' as const, Tags: [{ Key: 'env', Value: 'local' }] }]
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', TagSpecifications: tags }))
  VpcId = Vpc?.VpcId as string
})
afterAll(() => cloud.dispose())

test('a VPC has its attributes, tags, main route table and default security group', async () => {
  expect(VpcId).toMatch(/^vpc-[0-9a-f]{17}$/)
  const byTag = { Filters: [{ Name: 'tag:env', Values: ['lo*'] }] }
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand(byTag))
  expect(Vpcs).toMatchObject([
    { VpcId, CidrBlock: '10.0.0.0/16', State: 'available', Tags: [{ Key: 'env', Value: 'local' }] },
  ])
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }))
  const attribute = { VpcId, Attribute: 'enableDnsHostnames' as const }
  expect((await ec2.send(new DescribeVpcAttributeCommand(attribute))).EnableDnsHostnames).toEqual({
    Value: true,
  })
  const ofVpc = { Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand(ofVpc))
  expect(SecurityGroups?.map(group => group.GroupName)).toEqual(['default'])
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand(ofVpc))
  expect(RouteTables?.[0]).toMatchObject({ Associations: [{ Main: true }], Routes: [{ GatewayId: 'local' }] })
})

test('subnets, routes and gateways hang together', async () => {
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24', AvailabilityZone: 'us-east-1b' }),
  )
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }))
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand())
  const GatewayId = InternetGateway?.InternetGatewayId as string
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }))
  const RouteTableId = RouteTable?.RouteTableId as string
  const route = { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId }
  await ec2.send(new CreateRouteCommand(route))
  await expect(ec2.send(new CreateRouteCommand(route))).rejects.toMatchObject({ name: 'RouteAlreadyExists' })
  await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId: Subnet?.SubnetId }))
  const bySubnet = { Filters: [{ Name: 'association.subnet-id', Values: [Subnet?.SubnetId as string] }] }
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand(bySubnet))
  expect(RouteTables?.[0]?.Routes?.map(r => [r.DestinationCidrBlock, r.GatewayId])).toEqual([
    ['10.0.0.0/16', 'local'],
    ['0.0.0.0/0', GatewayId],
  ])
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [Subnet?.SubnetId as string] }))
  expect(Subnets).toMatchObject([{ VpcId, AvailabilityZone: 'us-east-1b', MapPublicIpOnLaunch: false }])
  await expect(ec2.send(new DeleteVpcCommand({ VpcId }))).rejects.toMatchObject({
    name: 'DependencyViolation',
  })
})

test('security group rules are added, found twice, and taken away', async () => {
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({ VpcId, GroupName: 'web', Description: 'web' }),
  )
  const IpPermissions = [
    { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
  ]
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
  await expect(
    ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions })),
  ).rejects.toMatchObject({ name: 'InvalidPermission.Duplicate' })
  const look = async () =>
    (await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId as string] }))).SecurityGroups?.[0]
  expect((await look())?.IpPermissions).toMatchObject([
    { IpProtocol: 'tcp', FromPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
  ])
  await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
  expect((await look())?.IpPermissions).toEqual([])
  expect((await look())?.IpPermissionsEgress).toMatchObject([{ IpProtocol: '-1' }])
})

test('zones, no network interfaces, AWS errors and 501', async () => {
  const { AvailabilityZones } = await ec2.send(new DescribeAvailabilityZonesCommand({}))
  expect(AvailabilityZones?.map(zone => [zone.ZoneName, zone.ZoneId, zone.State])).toEqual([
    ['us-east-1a', 'use1-az1', 'available'],
    ['us-east-1b', 'use1-az2', 'available'],
    ['us-east-1c', 'use1-az3', 'available'],
  ])
  expect((await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces ?? []).toEqual([])
  await expect(ec2.send(new DescribeVpcsCommand({ VpcIds: ['vpc-none'] }))).rejects.toMatchObject({
    name: 'InvalidVpcID.NotFound',
  })
  const odd = { Filters: [{ Name: 'colour', Values: ['red'] }] }
  await expect(ec2.send(new DescribeVpcsCommand(odd))).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  })
  await expect(
    ec2.send(new RunInstancesCommand({ ImageId: 'ami-1', MinCount: 1, MaxCount: 1 })),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } })
})

test('callers within the process get the shapes of the SDK', async () => {
  const found = await cloud.invoke<{ Vpcs: { VpcId: string }[] }>(
    'ec2',
    'DescribeVpcs',
    { VpcIds: [VpcId] },
    'x.amazonaws.com',
  )
  expect(found.Vpcs[0]).toMatchObject({ VpcId, Tags: [{ Key: 'env', Value: 'local' }] })
})

test('after a restart everything is there, and an idempotency token still holds', async () => {
  const endpoint = { VpcId, ServiceName: 'com.amazonaws.us-east-1.s3', ClientToken: 'once' }
  const first = await ec2.send(new CreateVpcEndpointCommand(endpoint))
  const { state } = cloud
  await cloud.stop()
  cloud = await startTestCloud({ state, services: [createEc2] })
  ec2 = new EC2Client(cloud.client)
  await ec2.send(new CreateTagsCommand({ Resources: [VpcId], Tags: [{ Key: 'seen', Value: 'yes' }] }))
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }))
  expect(Vpcs?.[0]?.Tags).toContainEqual({ Key: 'seen', Value: 'yes' })
  const second = await ec2.send(new CreateVpcEndpointCommand(endpoint))
  expect(second.VpcEndpoint?.VpcEndpointId).toBe(first.VpcEndpoint?.VpcEndpointId)
})
