import type { Environment } from '@clarity/environments'

/** The environment as a rollback after bake uses it: no person's approval and no steps, for what worked is to serve at once. */
export function asRollback(environment: Environment): Environment {
  const { strategy } = environment.deployment
  return {
    ...environment,
    deployment: {
      ...environment.deployment,
      approval: false,
      strategy: strategy === 'ROLLING' ? 'ROLLING' : 'BLUE_GREEN',
    },
  }
}
