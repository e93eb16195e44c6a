import { ALERT_RULES } from './alerts.ts'
import { COMPUTE_RULES } from './compute.ts'
import { EDGE_RULES } from './edge.ts'
import { IDENTITY_RULES } from './identity.ts'
import { KEY_AND_LOG_RULES } from './keys-and-logs.ts'
import { NETWORK_RULES } from './network.ts'
import { REVIEWED_RULES } from './reviewed.ts'
import type { Rule } from './rule.ts'
import { SHAPE_RULES } from './shape.ts'
import { STORAGE_RULES } from './storage.ts'
import { USER_RULES } from './users.ts'

/** Every rule of ours over templates, in the order of docs/controls.md. */
export const RULES: Rule[] = [
  ...STORAGE_RULES,
  ...KEY_AND_LOG_RULES,
  ...IDENTITY_RULES,
  ...USER_RULES,
  ...NETWORK_RULES,
  ...EDGE_RULES,
  ...COMPUTE_RULES,
  ...ALERT_RULES,
  ...SHAPE_RULES,
  ...REVIEWED_RULES,
]
