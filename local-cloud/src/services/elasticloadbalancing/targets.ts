import type {
  DeregisterTargetsCommandInput,
  DescribeTargetHealthCommandInput,
  DescribeTargetHealthCommandOutput,
  RegisterTargetsCommandInput,
  TargetDescription,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Operation } from '../../core/service.ts'
import { invalid, refuse } from './errors.ts'
import { keyOf } from './fleet.ts'
import { integer, list, text } from './input.ts'
import type { TargetGroupRecord, TargetRecord } from './model.ts'
import type { Parts } from './parts.ts'
import type { Target } from './target.ts'

/** The operations on the targets of a group. */
export function targetOperations({ state, plane, context }: Parts): Record<string, Operation> {
  function register(input: RegisterTargetsCommandInput): object {
    const group = state.targetGroup(input.TargetGroupArn)
    const targets = readTargets(input.Targets, group)
    for (const { id } of targets)
      if (!/^127\.\d+\.\d+\.\d+$/.test(id))
        throw refuse(
          'InvalidTarget',
          `The target '${id}' is not an address of this machine: the local load balancer reaches 127.0.0.0/8 only`,
        )
    context.store.transaction(() => {
      for (const target of targets) state.targets.put(`${group.arn} ${keyOf(target)}`, target)
    })
    for (const target of targets) plane.fleet.register(target)
    return {}
  }

  /** AWS takes a target without a port for the one port, or all ports, under which its address is registered. */
  function deregister(input: DeregisterTargetsCommandInput): object {
    const group = state.targetGroup(input.TargetGroupArn)
    const given = readTargets(input.Targets, group)
    const bare = new Set(
      list(input.Targets)
        .filter(target => target.Port === undefined)
        .map(target => target.Id),
    )
    const gone = state
      .targetsOf(group.arn)
      .filter(target => bare.has(target.id) || given.some(one => keyOf(one) === keyOf(target)))
    context.store.transaction(() => {
      for (const target of gone) state.targets.delete(`${group.arn} ${keyOf(target)}`)
    })
    for (const target of gone) plane.fleet.deregister(group.arn, keyOf(target))
    return {}
  }

  function describe(
    input: DescribeTargetHealthCommandInput,
  ): Omit<DescribeTargetHealthCommandOutput, '$metadata'> {
    const group = state.targetGroup(input.TargetGroupArn)
    const all = plane.fleet.describe(group.arn)
    const asked = list(input.Targets)
    if (asked.length === 0) return { TargetHealthDescriptions: all.map(target => tell(group, target)) }
    return {
      TargetHealthDescriptions: readTargets(asked, group).map(target => {
        const known = all.find(one => keyOf(one) === keyOf(target))
        return known
          ? tell(group, known)
          : { Target: { Id: target.id, Port: target.port }, TargetHealth: NOT_REGISTERED }
      }),
    }
  }

  return { RegisterTargets: register, DeregisterTargets: deregister, DescribeTargetHealth: describe }
}

function readTargets(given: TargetDescription[] | undefined, group: TargetGroupRecord): TargetRecord[] {
  const targets = list(given).map(target => ({
    groupArn: group.arn,
    id: text('Id of a target', target.Id),
    port: integer('Port of a target', target.Port, { least: 1, most: 65_535, usual: group.port }),
    zone: target.AvailabilityZone || undefined,
  }))
  if (targets.length === 0) throw invalid('Targets must be specified')
  return targets
}

function tell(group: TargetGroupRecord, target: Target): TargetHealthDescription {
  const { port } = group.healthCheck
  return {
    Target: { Id: target.id, Port: target.port, AvailabilityZone: target.zone },
    HealthCheckPort: port === 'traffic-port' ? String(target.port) : port,
    TargetHealth: target.health,
  }
}

const NOT_REGISTERED = {
  State: 'unused',
  Reason: 'Target.NotRegistered',
  Description: 'Target is not registered to the target group',
} as const
