import type { ResourceChange } from '@aws-sdk/client-cloudformation'
import { ClarityError } from '../errors.ts'

/** What a change set may do only when it was asked for by name. */
export interface Allowed {
  /** Replace resources that hold data, which loses what they hold. */
  replaceStateful?: boolean
  /** Modify a listener rule, which sets its weights to the template's. */
  resetWeights?: boolean
}

const LISTENER_RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule'

/**
 * What a change set would do to data or to live traffic, in words; empty where it would do neither. ECS owns the weights of
 * the listener rules once it has released, and CloudFormation makes a replacement before it deletes what it replaces.
 * @param stateful resource types whose loss is the loss of data
 */
export function dangersOf(
  stackName: string,
  changes: ResourceChange[],
  stateful: readonly string[],
): { flag: '--replace-stateful' | '--reset-weights'; words: string }[] {
  const named = (found: ResourceChange[]) =>
    found.map(({ LogicalResourceId, ResourceType }) => `${LogicalResourceId} (${ResourceType})`).join(', ')
  const weights = changes.filter(
    ({ ResourceType, Action, Replacement }) =>
      ResourceType === LISTENER_RULE && (Action === 'Modify' || Replacement === 'True'),
  )
  const lost = changes.filter(
    ({ ResourceType, Action, Replacement, PolicyAction }) =>
      stateful.includes(ResourceType ?? '') &&
      (Replacement === 'True' ||
        Replacement === 'Conditional' ||
        (Action === 'Remove' && PolicyAction !== 'Retain')),
  )
  return [
    ...(lost.length > 0
      ? [
          {
            flag: '--replace-stateful' as const,
            words: `the change set of ${stackName} would replace or delete what holds data: ${named(lost)}`,
          },
        ]
      : []),
    ...(weights.length > 0
      ? [
          {
            flag: '--reset-weights' as const,
            words: `the change set of ${stackName} would reset the live weights of ${named(weights)}`,
          },
        ]
      : []),
  ]
}

/** @throws ClarityError `data_at_risk`, `weights_at_risk` */
export function requireAllowed(
  dangers: ReturnType<typeof dangersOf>,
  { replaceStateful, resetWeights }: Allowed,
): void {
  for (const { flag, words } of dangers) {
    const allowed = flag === '--replace-stateful' ? replaceStateful : resetWeights
    if (allowed) continue
    throw new ClarityError(
      flag === '--replace-stateful' ? 'data_at_risk' : 'weights_at_risk',
      words,
      flag === '--replace-stateful'
        ? `keep its logical id and the properties that replace it, in infra/; when what it holds may go: ${flag}`
        : `leave the rule as it is in infra/src/edge/; in an environment that serves nobody: ${flag}`,
    )
  }
}
