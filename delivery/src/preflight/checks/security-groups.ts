import { BlockList } from 'node:net'
import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2'
import { CONTAINER_PORT } from '@clarity/environments'
import { type Check, type Finding, failed, passed } from '../check.ts'

/** A closed path shows only as `Target.Timeout`, after the tasks have started. */
export const securityGroups: Check = {
  name: 'security-groups',
  title: 'the security groups let the load balancer reach the tasks',
  run: async ({ network, traffic, handedOn, environment, release }) => {
    const port = release.api.containerDefinitions?.[0]?.portMappings?.[0]?.containerPort ?? CONTAINER_PORT
    const tasks = handedOn['task-security-group-id']
    const balancer = await traffic.securityGroups(handedOn['load-balancer-arn'])
    const infra = `clarity infra deploy ${environment.name}`
    if (!balancer) return [failed(`the load balancer ${handedOn['load-balancer-arn']} does not exist`, infra)]
    const groups = await network.securityGroups([...balancer, tasks])
    const find = (id: string) => groups.find(({ GroupId }) => GroupId === id)
    const missing = [...balancer, tasks].filter(id => !find(id))
    if (missing.length > 0) return missing.map(id => failed(`the security group ${id} does not exist`, infra))
    const out = balancer.some(id =>
      opens(find(id)?.IpPermissionsEgress, port, [tasks], environment.network.cidr),
    )
    const into = opens(find(tasks)?.IpPermissions, port, balancer, environment.network.cidr)
    const [from = ''] = balancer
    const findings: Finding[] = []
    if (!out)
      findings.push(
        failed(
          `${from} (load balancer) lets nothing out to ${tasks} (tasks) on port ${port}`,
          `aws ec2 authorize-security-group-egress --group-id ${from} --ip-permissions IpProtocol=tcp,FromPort=${port},ToPort=${port},UserIdGroupPairs='[{GroupId=${tasks}}]'`,
        ),
      )
    if (!into)
      findings.push(
        failed(
          `${tasks} (tasks) lets nothing in from ${balancer.join(', ')} (load balancer) on port ${port}`,
          `aws ec2 authorize-security-group-ingress --group-id ${tasks} --protocol tcp --port ${port} --source-group ${from}`,
        ),
      )
    return findings.length > 0 ? findings : [passed(`${balancer.join(', ')} → ${tasks} on port ${port}`)]
  },
}

/** Whether one of the rules opens a TCP port to or from one of the groups, or the whole network. */
export function opens(
  permissions: SecurityGroup['IpPermissions'],
  port: number,
  groups: string[],
  cidr: string,
): boolean {
  return (permissions ?? []).some(
    rule =>
      coversPort(rule, port) &&
      (rule.UserIdGroupPairs?.some(({ GroupId = '' }) => groups.includes(GroupId)) ||
        rule.IpRanges?.some(({ CidrIp = '' }) => contains(CidrIp, cidr))),
  )
}

function coversPort({ IpProtocol, FromPort, ToPort }: IpPermission, port: number): boolean {
  if (IpProtocol === '-1') return true
  return IpProtocol === 'tcp' && (FromPort ?? 0) <= port && port <= (ToPort ?? 65_535)
}

/** Whether an IPv4 range has all of another. */
function contains(outer: string, inner: string): boolean {
  const [network = '', bits] = outer.split('/')
  const [address = '', innerBits] = inner.split('/')
  if (Number(bits) > Number(innerBits)) return false
  const list = new BlockList()
  list.addSubnet(network, Number(bits))
  return list.check(address)
}
