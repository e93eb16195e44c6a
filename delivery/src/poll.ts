import type { Environment } from '@clarity/environments'

/** Pause between two looks at a control plane, in ms: AWS throttles what the laptop does not. */
export function pollMs(environment: Environment): number {
  return environment.name === 'local' ? 100 : 2500
}
