import { dev } from './dev.ts'
import { local } from './local.ts'
import { prod } from './prod.ts'
import type { Environment, EnvironmentName } from './schema.ts'
import { staging } from './staging.ts'

/** All environments by name, in the order in which a commit travels. */
export const ENVIRONMENTS: Record<EnvironmentName, Environment> = { local, dev, staging, prod }

export {
  CONTAINER_PORT,
  CONTAINERS,
  HANDED_ON,
  type HandedOn,
  namesOf,
  parameterName,
  STACKS,
  type StackName,
} from './names.ts'
export {
  type NeededPermission,
  preflightReads,
  type ReleaseRoles,
  releasePermissions,
  releaseRoles,
} from './release-permissions.ts'
export type { Environment, EnvironmentName, Listener, TaskSize } from './schema.ts'
