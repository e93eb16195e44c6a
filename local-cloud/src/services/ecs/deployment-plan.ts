import type { Clock } from '../../core/clock.ts'
import type { Plan, Stage } from './deployment-machine.ts'
import type { DeploymentRecord } from './deployment-record.ts'

/** Longest that a lifecycle stage may take, and the usual timeout of a pause hook: 24 hours. */
const DAY_MINUTES = 1440

/** What a deployment's configuration means; its minutes pass at the clock's speed. */
export function planOf({ configuration, sourceArn, staleArns }: DeploymentRecord, clock: Clock): Plan {
  const { strategy = 'ROLLING', deploymentCircuitBreaker: breaker, alarms } = configuration
  const threshold = breaker?.thresholdConfiguration
  return {
    strategy,
    hooks: (configuration.lifecycleHooks ?? []).map(({ lifecycleStages, timeoutConfiguration }) => ({
      stages: (lifecycleStages ?? []) as Stage[],
      timeout: clock.minutes(timeoutConfiguration?.timeoutInMinutes ?? DAY_MINUTES),
      action: timeoutConfiguration?.action ?? 'ROLLBACK',
    })),
    // Without blue there is nobody to share production with.
    steps: sourceArn ? stepsOf(configuration, clock) : [{ percent: 100, bake: 0 }],
    bake: clock.minutes(configuration.bakeTimeInMinutes ?? 0),
    hasSource: sourceArn !== undefined,
    hasStale: staleArns.length > 0,
    minimumHealthyPercent: configuration.minimumHealthyPercent ?? 100,
    maximumPercent: configuration.maximumPercent ?? 200,
    ...(breaker?.enable && {
      breaker: {
        type: threshold?.type ?? 'BOUNDED_PERCENT',
        value: threshold?.value ?? 50,
        rollback: breaker.rollback === true,
      },
    }),
    ...(alarms?.enable && { alarms: { rollback: alarms.rollback === true } }),
    stageTimeout: clock.minutes(DAY_MINUTES),
  }
}

function stepsOf(configuration: DeploymentRecord['configuration'], clock: Clock): Plan['steps'] {
  const last = { percent: 100, bake: 0 }
  if (configuration.strategy === 'CANARY') {
    const { canaryPercent = 5, canaryBakeTimeInMinutes = 10 } = configuration.canaryConfiguration ?? {}
    const first = { percent: canaryPercent, bake: clock.minutes(canaryBakeTimeInMinutes) }
    return canaryPercent < 100 ? [first, last] : [last]
  }
  if (configuration.strategy !== 'LINEAR') return [last]
  const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = configuration.linearConfiguration ?? {}
  const steps: Plan['steps'] = []
  for (let step = 1; step * stepPercent < 100; step++)
    steps.push({
      percent: Math.round(step * stepPercent * 10) / 10,
      bake: clock.minutes(stepBakeTimeInMinutes),
    })
  return [...steps, last]
}
