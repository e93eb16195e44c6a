import { CONTAINER_PORT, type Environment } from '@clarity/environments'
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'

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

    const balancer = new SecurityGroup(this, 'LoadBalancerGroup', {
      vpc,
      securityGroupName: `${this.names.prefix}-load-balancer`,
      description: 'the load balancer: open to clients, reaches the tasks alone',
      allowAllOutbound: false,
    })
    const tasks = new SecurityGroup(this, 'TaskGroup', {
      vpc,
      securityGroupName: `${this.names.prefix}-tasks`,
      description: 'the tasks: reached by the load balancer alone, reach AWS and Gemini over TLS',
      allowAllOutbound: false,
    })
    const { production, test } = environment.loadBalancer
    balancer.addIngressRule(Peer.anyIpv4(), Port.tcp(production.port), 'clients')
    balancer.addIngressRule(
      Peer.ipv4(network.cidr),
      Port.tcp(test.port),
      'test traffic, from inside the network',
    )
    balancer.addEgressRule(tasks, Port.tcp(CONTAINER_PORT), 'requests and health checks')
    tasks.addIngressRule(balancer, Port.tcp(CONTAINER_PORT), 'requests and health checks')
    tasks.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS APIs and Gemini')

    this.handOn('vpc-id', vpc.vpcId)
    this.handOn('public-subnet-ids', vpc.publicSubnets.map(subnet => subnet.subnetId).join(','))
    this.handOn('private-subnet-ids', vpc.privateSubnets.map(subnet => subnet.subnetId).join(','))
    this.handOn('load-balancer-security-group-id', balancer.securityGroupId)
    this.handOn('task-security-group-id', tasks.securityGroupId)
  }

  private flowLog(vpc: Vpc): void {
    const logs = new LogGroup(this, 'FlowLogs', {
      logGroupName: `/vpc/${this.names.prefix}`,
      retention: this.settings.data.logRetentionDays as RetentionDays,
    })
    const role = new Role(this, 'FlowLogRole', {
      assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com'),
    })
    vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(logs, role),
      trafficType: FlowLogTrafficType.REJECT,
    })
  }
}
