import type { Environment } from '@clarity/environments'

/** A contradiction in an environment's data, and what mends it. */
export interface Contradiction {
  says: string
  fix: string
}

/**
 * Whether an environment asks for a person's approval that its strategy cannot wait for. ECS pauses no ROLLING
 * deployment: an approval asked for before it began would be of something untested, and one asked for afterwards of
 * something that serves already.
 * @returns undefined when its approvals can be kept
 */
export function gateContradiction({ name, deployment }: Environment): Contradiction | undefined {
  if (deployment.strategy !== 'ROLLING' || !deployment.approval) return undefined
  return {
    says: `${name} asks for a person's approval, and ROLLING cannot be gated: ECS does not pause it, so whatever a person answered would be of a release that is untested or serves already`,
    fix: `in environments/src/${name}.ts set deployment.strategy to BLUE_GREEN, CANARY or LINEAR, or deployment.approval to false`,
  }
}
