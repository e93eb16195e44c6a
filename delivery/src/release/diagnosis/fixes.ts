/**
 * Fixes that several rules share. A change set compares templates only: 'clarity infra deploy' does not notice what
 * was deleted or changed by hand, so no fix may promise that it does.
 */

/** For a role that lacks a permission or its trust. */
export const MEND_ROLE =
  "if it was changed by hand, 'aws cloudformation detect-stack-drift --stack-name {prefix}-compute' shows how; if the template lacks it, add it in infra/src/compute-stack.ts and run 'clarity infra deploy {environment}'"

/** For listener rules and target groups that do not fit. */
export const MEND_RULES =
  "'clarity status {environment}' shows the weights; if somebody changed the rules by hand, 'aws cloudformation detect-stack-drift --stack-name {prefix}-edge' shows how; if the template is wrong, mend infra/src/edge-stack.ts and run 'clarity infra deploy {environment}'"
