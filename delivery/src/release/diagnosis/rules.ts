import { CAPACITY_RULES } from './capacity-rules.ts'
import { CONTAINER_RULES } from './container-rules.ts'
import { DEPLOYMENT_RULES } from './deployment-rules.ts'
import { HEALTH_RULES } from './health-rules.ts'
import { IMAGE_RULES } from './image-rules.ts'
import type { Rule } from './rule.ts'
import { START_UP_RULES } from './start-up-rules.ts'

/**
 * Every known cause of a failed deployment. Of two that are equally sure the earlier one is preferred: what
 * a task needs to start comes before how it ends, and that before what others say of it.
 */
export const RULES: Rule[] = [
  ...IMAGE_RULES,
  ...START_UP_RULES,
  ...CONTAINER_RULES,
  ...HEALTH_RULES,
  ...CAPACITY_RULES,
  ...DEPLOYMENT_RULES,
]
