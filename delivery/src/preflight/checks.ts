import type { Check } from './check.ts'
import { alarms } from './checks/alarms.ts'
import { caller } from './checks/caller.ts'
import { drill } from './checks/drill.ts'
import { executionRole } from './checks/execution-role.ts'
import { freeAddresses } from './checks/free-addresses.ts'
import { gate } from './checks/gate.ts'
import { image } from './checks/image.ts'
import { liveWeights } from './checks/live-weights.ts'
import { logGroups } from './checks/log-groups.ts'
import { noDeployment } from './checks/no-deployment.ts'
import { permissions } from './checks/permissions.ts'
import { quota } from './checks/quota.ts'
import { roles } from './checks/roles.ts'
import { rules } from './checks/rules.ts'
import { secrets } from './checks/secrets.ts'
import { securityGroups } from './checks/security-groups.ts'
import { signature } from './checks/signature.ts'
import { targetGroups } from './checks/target-groups.ts'
import { timing } from './checks/timing.ts'

/** Every check, in the order in which the report lists them. */
export const CHECKS: Check[] = [
  caller,
  permissions,
  roles,
  secrets,
  executionRole,
  image,
  signature,
  logGroups,
  freeAddresses,
  quota,
  securityGroups,
  targetGroups,
  rules,
  liveWeights,
  noDeployment,
  alarms,
  gate,
  drill,
  timing,
]
