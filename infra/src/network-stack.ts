import type { Environment } from '@clarity/environments'
import {
  CfnFlowLog,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { allow, ClarityStack } from './clarity-stack.ts'
import { securityGroups } from './network/security-groups.ts'

/** The VPC: public subnets for the load balancer alone, private ones for tasks, and who may speak to whom. */
export class NetworkStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'network', environment)
    const { network } = environment
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: `${this.names.prefix}-vpc`,
      ipAddresses: IpAddresses.cidr(network.cidr),
      availabilityZones: network.zones,
      natGateways: network.natGateways,
      // closing the default group takes a Lambda in CloudFormation: `clarity infra deploy` does it
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      ],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    })
    this.flowLog(vpc)
    const groups = securityGroups(this, vpc)
    this.interfaceEndpoints(vpc, groups.endpoints)

    this.handOn('vpc-id', vpc.vpcId)
    this.handOn('public-subnet-ids', vpc.publicSubnets.map(subnet => subnet.subnetId).join(','))
    this.handOn('private-subnet-ids', vpc.privateSubnets.map(subnet => subnet.subnetId).join(','))
    this.handOn('load-balancer-security-group-id', groups.balancer.securityGroupId)
    this.handOn('task-security-group-id', groups.tasks.securityGroupId)
  }

  private interfaceEndpoints(vpc: Vpc, group: SecurityGroup | undefined): void {
    if (!group) return
    for (const name of this.settings.network.interfaceEndpoints)
      vpc.addInterfaceEndpoint(`Endpoint-${name}`, {
        service: new InterfaceVpcEndpointAwsService(name),
        privateDnsEnabled: true,
        subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        securityGroups: [group],
        open: false,
      })
  }

  private flowLog(vpc: Vpc): void {
    const group = this.logGroup('FlowLogs', this.names.flowLogGroup)
    const role = this.role(
      'FlowLogRole',
      {
        roleName: `${this.names.prefix}-flow-log-role`,
        description: 'VPC flow logs: writes to their log group',
        assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com'),
      },
      [
        allow(
          ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
          [this.arnOf('logs', `log-group:${this.names.flowLogGroup}:*`)],
        ),
      ],
    )
    new CfnFlowLog(this, 'FlowLog', {
      resourceType: 'VPC',
      resourceId: vpc.vpcId,
      trafficType: this.settings.network.flowLogs,
      logDestinationType: 'cloud-watch-logs',
      logGroupName: group.logGroupName,
      deliverLogsPermissionArn: role.roleArn,
    })
  }
}
