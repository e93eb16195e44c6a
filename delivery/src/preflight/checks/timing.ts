import { updateApiService } from '../../release/services.ts'
import { type Check, type Finding, failed, look, type PreflightWorld, passed } from '../check.ts'
import { lintTiming, type Timing } from '../timing-lints.ts'

/** Times that do not fit together lose requests at every release. */
export const timing: Check = {
  name: 'timing',
  title: 'stop timeouts, draining, health checks and bake fit together',
  run: async world => {
    const { handedOn } = world
    const looks = (['blue', 'green'] as const).map(colour =>
      look(`the ${colour} target group`, () => lint(world, handedOn[`${colour}-target-group-arn`])),
    )
    const findings = (await Promise.all(looks)).flat()
    // both groups say the same of what is in the task definitions
    return findings.filter((finding, at) => findings.findIndex(f => f.says === finding.says) === at)
  },
}

async function lint(world: PreflightWorld, arn: string): Promise<Finding[]> {
  const { traffic, environment, release, handedOn } = world
  const found = await traffic.targetGroup(arn)
  if (!found)
    return [failed(`the target group ${arn} does not exist`, `clarity infra deploy ${environment.name}`)]
  const { group, attributes } = found
  const service = updateApiService(environment, handedOn, release.api.family ?? '')
  const timing: Timing = {
    environment: environment.name,
    targetGroup: { name: group.TargetGroupName ?? arn, arn },
    intervalSeconds: group.HealthCheckIntervalSeconds ?? 30,
    timeoutSeconds: group.HealthCheckTimeoutSeconds ?? 5,
    healthyThreshold: group.HealthyThresholdCount ?? 5,
    unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
    deregistrationSeconds: Number(attributes['deregistration_delay.timeout_seconds'] ?? 300),
    declared: environment.loadBalancer,
    stopTimeoutSeconds: release.api.containerDefinitions?.[0]?.stopTimeout ?? 30,
    workerStopTimeoutSeconds: release.worker.containerDefinitions?.[0]?.stopTimeout ?? 30,
    graceSeconds: service.healthCheckGracePeriodSeconds ?? 0,
    strategy: environment.deployment.strategy,
    bakeMinutes: environment.deployment.bakeMinutes,
  }
  const failures = lintTiming(timing)
  if (failures.length > 0) return failures.map(({ says, fix }) => failed(says, fix))
  const { stopTimeoutSeconds, deregistrationSeconds, intervalSeconds, unhealthyThreshold } = timing
  return [
    passed(
      `stop ${stopTimeoutSeconds} s ≥ drain ${deregistrationSeconds} s; a sick target is out after ${intervalSeconds} s × ${unhealthyThreshold} = ${intervalSeconds * unhealthyThreshold} s; bake ${timing.bakeMinutes} min`,
    ),
  ]
}
