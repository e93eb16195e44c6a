import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2'
import { CONTAINER_PORT } from '@clarity/environments'
import { type Check, type Finding, failed, passed } from '../check.ts'
import { liveTargetGroup } from '../live-target-group.ts'

/** Settings that can be changed in place, and the option of `aws elbv2 modify-target-group` that does. */
const CHANGEABLE: Partial<Record<keyof TargetGroup, string>> = {
  HealthCheckPath: 'health-check-path',
  HealthCheckPort: 'health-check-port',
  HealthCheckProtocol: 'health-check-protocol',
  HealthCheckIntervalSeconds: 'health-check-interval-seconds',
  HealthCheckTimeoutSeconds: 'health-check-timeout-seconds',
  HealthyThresholdCount: 'healthy-threshold-count',
  UnhealthyThresholdCount: 'unhealthy-threshold-count',
  Matcher: 'matcher',
}

/** Settings that only a new target group can have. */
const FIXED = ['Protocol', 'ProtocolVersion', 'Port', 'TargetType', 'VpcId', 'IpAddressType'] as const

/** The two take turns: where they differ, behaviour changes with every second release. */
export const targetGroups: Check = {
  name: 'target-groups',
  title: 'the target groups are a matched pair',
  run: async world => {
    const { traffic, handedOn, environment } = world
    const colours = ['blue', 'green'] as const
    const arns = { blue: handedOn['blue-target-group-arn'], green: handedOn['green-target-group-arn'] }
    const [blue, green] = await Promise.all(colours.map(colour => traffic.targetGroup(arns[colour])))
    const infra = `clarity infra deploy ${environment.name}`
    if (!blue || !green)
      return colours
        .filter((_, at) => ![blue, green][at])
        .map(colour => failed(`the ${colour} target group ${arns[colour]} does not exist`, infra))
    const live = await liveTargetGroup(world).catch(() => undefined)
    // the one without traffic is made like the other
    const [model, other] = live?.kind === 'live' && live.arn === arns.green ? [green, blue] : [blue, green]
    const findings = [
      ...FIXED.filter(key => model.group[key] !== other.group[key]).map(key =>
        failed(
          `${key} differs: ${model.group.TargetGroupName} has ${model.group[key]}, ${other.group.TargetGroupName} ${other.group[key]}`,
          `it cannot be changed in place: ${infra} with ${other.group.TargetGroupName} replaced`,
        ),
      ),
      ...differencesInPlace(model.group, other.group),
      ...attributeDifferences(model, other),
    ]
    for (const { group } of [blue, green])
      if (group.TargetType !== 'ip')
        findings.push(
          failed(
            `${group.TargetGroupName} takes targets of type ${group.TargetType}; Fargate tasks register by ip`,
            infra,
          ),
        )
    return findings.length > 0
      ? findings
      : [
          passed(
            `${blue.group.TargetGroupName} and ${green.group.TargetGroupName}: ${blue.group.Protocol} ${blue.group.Port}${blue.group.Port === CONTAINER_PORT ? '' : ` (the tasks listen on ${CONTAINER_PORT})`}, ${blue.group.HealthCheckPath} every ${blue.group.HealthCheckIntervalSeconds} s`,
          ),
        ]
  },
}

function differencesInPlace(model: TargetGroup, other: TargetGroup): Finding[] {
  return Object.entries(CHANGEABLE).flatMap(([key, option]) => {
    const [wanted, is] = [shown(model[key as keyof TargetGroup]), shown(other[key as keyof TargetGroup])]
    if (wanted === is) return []
    const value = key === 'Matcher' ? `HttpCode=${wanted}` : wanted
    return [
      failed(
        `${key} differs: ${model.TargetGroupName} has ${wanted}, ${other.TargetGroupName} ${is}`,
        `aws elbv2 modify-target-group --target-group-arn ${other.TargetGroupArn} --${option} ${value}`,
      ),
    ]
  })
}

function attributeDifferences(
  model: { group: TargetGroup; attributes: Record<string, string> },
  other: typeof model,
): Finding[] {
  const keys = new Set([...Object.keys(model.attributes), ...Object.keys(other.attributes)])
  return [...keys].flatMap(key => {
    const [wanted, is] = [model.attributes[key], other.attributes[key]]
    if (wanted === is) return []
    return [
      failed(
        `${key} differs: ${model.group.TargetGroupName} has ${wanted}, ${other.group.TargetGroupName} ${is}`,
        `aws elbv2 modify-target-group-attributes --target-group-arn ${other.group.TargetGroupArn} --attributes Key=${key},Value=${wanted}`,
      ),
    ]
  })
}

function shown(value: unknown): string {
  const matcher = value as { HttpCode?: string; GrpcCode?: string } | undefined
  return typeof value === 'object' ? (matcher?.HttpCode ?? matcher?.GrpcCode ?? '') : String(value)
}
