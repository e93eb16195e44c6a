import type { DeploymentConfiguration } from '@aws-sdk/client-ecs'

export type Strategy = 'ROLLING' | 'BLUE_GREEN' | 'CANARY' | 'LINEAR'

/** In how many steps production traffic shifts, and how long ECS waits between two of them. */
export interface ShiftSteps {
  steps: number
  waitMinutes: number
}

/** ECS's own steps where none are set (LinearConfiguration, CanaryConfiguration in the ECS API reference). */
const LINEAR = { stepPercent: 10, stepBakeTimeInMinutes: 6 }
const CANARY = { canaryBakeTimeInMinutes: 10 }

/** The steps of a deployment by its configuration: of one that is to be made, or of one that ECS has recorded. */
export function shiftSteps({
  strategy,
  linearConfiguration,
  canaryConfiguration,
}: DeploymentConfiguration): ShiftSteps {
  if (strategy === 'LINEAR') {
    const { stepPercent = LINEAR.stepPercent, stepBakeTimeInMinutes = LINEAR.stepBakeTimeInMinutes } =
      linearConfiguration ?? {}
    return { steps: Math.ceil(100 / stepPercent), waitMinutes: stepBakeTimeInMinutes }
  }
  if (strategy === 'CANARY') {
    const { canaryPercent = 5, canaryBakeTimeInMinutes = CANARY.canaryBakeTimeInMinutes } =
      canaryConfiguration ?? {}
    return { steps: canaryPercent < 100 ? 2 : 1, waitMinutes: canaryBakeTimeInMinutes }
  }
  return { steps: 1, waitMinutes: 0 }
}

/** Minutes for which a deployment waits between its steps, in all. */
export function waitedMinutes({ steps, waitMinutes }: ShiftSteps): number {
  return (steps - 1) * waitMinutes
}
