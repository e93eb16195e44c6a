import type { Environment } from '@clarity/environments'

/** Pause between two looks at a control plane, in ms: AWS throttles what an endpoint of one's own does not. */
export function pollMs(environment: Environment): number {
  return environment.endpoint ? 100 : 2500
}
