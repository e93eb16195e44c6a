import { CONTAINER_PORT } from '@clarity/environments'
import { at, type Json, listOf, type Resource, type Rule } from './rule.ts'

const GROUP = 'AWS::EC2::SecurityGroup'
const ANYWHERE = new Set(['0.0.0.0/0', '::/0'])

interface Opening {
  resource: Resource
  /** The security group's logical id. */
  group: string
  from: number
  to: number
  /** Anywhere, a range, or nothing where the peer is a group. */
  range: string | undefined
}

/** What holds of the network and of who may speak to whom. */
export const NETWORK_RULES: Rule[] = [
  {
    name: 'open-to-clients-only',
    demands:
      'the internet reaches the load balancer’s production port, and port 80 that redirects there, alone',
    cites: ['164.312(e)(1)', '164.312(a)(1)'],
    check: ({ resources, environment }, find) => {
      const { production } = environment.loadBalancer
      const allowed = new Set([production.port, ...(production.protocol === 'HTTPS' ? [80] : [])])
      for (const { resource, group, from, to, range } of openings(resources, 'Ingress'))
        if (
          ANYWHERE.has(range ?? '') &&
          !(group.startsWith('LoadBalancer') && from === to && allowed.has(from))
        )
          find(resource, `anybody reaches ports ${from} to ${to} of ${group}`)
    },
  },
  {
    name: 'test-traffic-closed',
    demands: 'the test listener is reached from this network and from addresses that the environment names',
    cites: ['164.312(a)(1)'],
    check: ({ resources, environment }, find) => {
      const { network, loadBalancer } = environment
      for (const { resource, from, to, range } of openings(resources, 'Ingress'))
        if (
          from <= loadBalancer.test.port &&
          loadBalancer.test.port <= to &&
          from !== loadBalancer.production.port &&
          range !== undefined &&
          // a NAT gateway's address, which is known when it is made
          range !== 'intrinsic' &&
          !network.testClients.includes(range)
        )
          find(resource, `${range} reaches the test listener`)
    },
  },
  {
    name: 'tasks-reached-by-load-balancer',
    demands: 'tasks are reached by the load balancer alone, on their port alone',
    cites: ['164.312(a)(1)'],
    check: ({ resources }, find) => {
      const into = openings(resources, 'Ingress').filter(({ group }) => group.startsWith('TaskGroup'))
      if (into.length === 0) find('network/TaskGroup', 'the load balancer cannot reach the tasks')
      for (const { resource, from, to, range } of into) {
        if (range !== undefined) find(resource, `${range} reaches the tasks`)
        if (from !== CONTAINER_PORT || to !== CONTAINER_PORT)
          find(resource, `ports ${from} to ${to} are open`)
      }
    },
  },
  {
    name: 'egress-named',
    demands: 'nothing leaves but requests to tasks, and TLS from tasks to AWS and Gemini',
    cites: ['164.312(e)(1)'],
    check: ({ resources }, find) => {
      for (const { resource, group, from, to, range } of openings(resources, 'Egress')) {
        // CDK's way to say “nothing”: a range that is nobody's
        if (range === '255.255.255.255/32') continue
        if (range !== undefined && !(group.startsWith('TaskGroup') && from === 443 && to === 443))
          find(resource, `${group} reaches ${range} on ports ${from} to ${to}`)
      }
    },
  },
  {
    name: 'private-tasks',
    demands: 'no subnet gives out public addresses, and there are two zones or more',
    cites: ['164.312(e)(1)', '164.308(a)(7)(ii)(C)'],
    check: ({ of, environment }, find) => {
      const subnets = of('AWS::EC2::Subnet')
      for (const subnet of subnets)
        if (subnet.properties.MapPublicIpOnLaunch !== false) find(subnet, 'it gives out public addresses')
      const zones = new Set(subnets.map(({ properties }) => properties.AvailabilityZone))
      if (zones.size < 2) find('network', `there are subnets in ${zones.size} zones`)
      if (environment.network.natGateways < 1) find('network', 'tasks cannot reach Gemini')
    },
  },
  {
    name: 'data-stays-inside',
    demands:
      'S3 and DynamoDB are reached by gateway endpoints, which cost nothing, and not over the internet',
    cites: ['164.312(e)(1)'],
    check: ({ of }, find) => {
      const gateways = JSON.stringify(
        of('AWS::EC2::VPCEndpoint').map(({ properties }) => properties.ServiceName),
      )
      for (const service of ['s3', 'dynamodb'])
        if (!gateways.includes(`.${service}`)) find('network', `${service} has no gateway endpoint`)
    },
  },
]

/** Everything that a security group lets in or out, whether it says so itself or another resource does. */
function openings(resources: Resource[], direction: 'Ingress' | 'Egress'): Opening[] {
  const own = resources
    .filter(({ type }) => type === GROUP)
    .flatMap(resource =>
      listOf(resource.properties[`SecurityGroup${direction}`]).map(rule =>
        opening(resource, resource.id, rule as Json),
      ),
    )
  const separate = resources
    .filter(({ type }) => type === `${GROUP}${direction}`)
    .map(resource =>
      opening(resource, String(at(resource.properties.GroupId, 'Fn::GetAtt', 0)), resource.properties),
    )
  return [...own, ...separate]
}

function opening(resource: Resource, group: string, rule: Json): Opening {
  const all = String(rule.IpProtocol) === '-1'
  const range = rule.CidrIp ?? rule.CidrIpv6
  return {
    resource,
    group,
    from: all ? 0 : Number(rule.FromPort ?? 0),
    to: all ? 65_535 : Number(rule.ToPort ?? 65_535),
    range: range === undefined ? undefined : typeof range === 'string' ? range : 'intrinsic',
  }
}
