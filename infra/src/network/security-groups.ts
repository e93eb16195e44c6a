import { CONTAINER_PORT } from '@clarity/environments'
import { Fn } from 'aws-cdk-lib'
import { CfnEIP, CfnSecurityGroupIngress, Peer, Port, SecurityGroup, type Vpc } from 'aws-cdk-lib/aws-ec2'
import type { ClarityStack } from '../clarity-stack.ts'

export interface SecurityGroups {
  balancer: SecurityGroup
  tasks: SecurityGroup
  /** Absent where there are no interface endpoints. */
  endpoints: SecurityGroup | undefined
}

/** Who may speak to whom, each named by its group; addresses only where the other side is outside. */
export function securityGroups(stack: ClarityStack, vpc: Vpc): SecurityGroups {
  const { network, loadBalancer } = stack.settings
  const group = (id: string, name: string, description: string) =>
    new SecurityGroup(stack, id, {
      vpc,
      securityGroupName: `${stack.names.prefix}-${name}`,
      description,
      allowAllOutbound: false,
    })
  const balancer = group(
    'LoadBalancerGroup',
    'load-balancer',
    'the load balancer: open to clients, reaches the tasks alone',
  )
  const tasks = group(
    'TaskGroup',
    'tasks',
    'the tasks: reached by the load balancer alone, reach AWS and Gemini over TLS',
  )
  const { production, test } = loadBalancer
  balancer.addIngressRule(Peer.anyIpv4(), Port.tcp(production.port), 'clients')
  if (production.protocol === 'HTTPS')
    balancer.addIngressRule(Peer.anyIpv4(), Port.tcp(80), 'clients that are sent on to HTTPS')
  // an internet-facing load balancer sees callers from inside the network by the address of their NAT gateway
  natAddresses(vpc).forEach((address, index) => {
    new CfnSecurityGroupIngress(stack, `TestTraffic${index + 1}`, {
      groupId: balancer.securityGroupId,
      ipProtocol: 'tcp',
      fromPort: test.port,
      toPort: test.port,
      cidrIp: Fn.join('', [address, '/32']),
      description: 'test traffic, from inside the network',
    })
  })
  for (const range of network.testClients)
    balancer.addIngressRule(Peer.ipv4(range), Port.tcp(test.port), 'test traffic, from known addresses')
  balancer.addEgressRule(tasks, Port.tcp(CONTAINER_PORT), 'requests and health checks')
  tasks.addIngressRule(balancer, Port.tcp(CONTAINER_PORT), 'requests and health checks')
  tasks.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS APIs and Gemini')
  if (network.interfaceEndpoints.length === 0) return { balancer, tasks, endpoints: undefined }

  const endpoints = group('EndpointGroup', 'endpoints', 'interface endpoints: reached by the tasks alone')
  endpoints.addIngressRule(tasks, Port.tcp(443), 'AWS APIs')
  return { balancer, tasks, endpoints }
}

/** The elastic addresses of the NAT gateways, known when they are made. */
function natAddresses(vpc: Vpc): string[] {
  return vpc.node
    .findAll()
    .filter(node => node instanceof CfnEIP)
    .map(address => address.ref)
}
