import type { Environment } from '@clarity/environments'
import type { TimingSettings } from '../release/prediction.ts'
import { apiDeployment } from '../release/services.ts'
import { shiftSteps } from '../release/shift-steps.ts'

/** What an environment's data says of how long its releases take. */
export function timingSettings(environment: Environment, speed: number): TimingSettings {
  const { strategy, bakeMinutes } = environment.deployment
  const { healthCheckSeconds, deregistrationSeconds } = environment.loadBalancer
  return {
    strategy,
    bakeMinutes,
    // by the very configuration that ECS is given
    shift: shiftSteps(apiDeployment(environment)),
    healthCheckSeconds,
    deregistrationSeconds,
    speed,
  }
}
