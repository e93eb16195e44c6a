import type { ResourceChange, StackEvent } from '@aws-sdk/client-cloudformation'
import type { Environment } from '@clarity/environments'
import { createStacks } from '../aws/stacks.ts'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { type Emit, runStep } from '../ui/events.ts'

export interface StackResult {
  stackName: string
  changes: number
  /** Resource types that the endpoint only records, with how many there are of each. */
  recorded: Record<string, number>
}

export interface ApplyOptions {
  environment: Environment
  access: Access
  emit: Emit
  pollMs: number
  /** Only says what would change. */
  dryRun?: boolean
  /**
   * Which stacks: all that need no services of a release, or those that scale them, which can only follow the first.
   * @default before
   */
  release?: 'before' | 'after'
}

/** Synthesizes the stacks of an environment and brings each to its template by change set, in order. */
export async function applyStacks({
  environment,
  access,
  emit,
  pollMs,
  dryRun,
  release = 'before',
}: ApplyOptions): Promise<StackResult[]> {
  const templates = await runStep(
    emit,
    'infra.synth',
    `synthesize the stacks of ${environment.name}`,
    async () =>
      (await import('@clarity/infra'))
        .synthesize(environment)
        .filter(({ needsServices = false }) => needsServices === (release === 'after')),
    stacks => `${stacks.length} stacks`,
  )
  const stacks = createStacks(access, pollMs)
  const results: StackResult[] = []
  for (const { stackName, template } of templates) {
    const result = await runStep(
      emit,
      `infra.${stackName}`,
      `${dryRun ? 'compare' : 'apply'} ${stackName}`,
      async step => {
        const proposal = await stacks.propose(stackName, template)
        if (proposal && dryRun) {
          for (const change of proposal.changes)
            emit({ type: 'note', message: `  ${describeChange(change)}`, data: change })
          await stacks.discard(stackName, proposal.changeSetId)
        } else if (proposal) {
          refuseWeightReset(stackName, proposal.changes)
          await stacks.apply(stackName, proposal.changeSetId, event => step.progress(describeEvent(event)))
        }
        const recorded = proposal && dryRun ? [] : await stacks.recordedOnly(stackName)
        return { stackName, changes: proposal?.changes.length ?? 0, recorded: countBy(recorded) }
      },
      ({ changes }) => (changes === 0 ? 'nothing to change' : `${changes} resources`),
    )
    results.push(result)
  }
  return results
}

/** ECS owns the weights of the listener rules once it has released; an update would send traffic elsewhere. */
function refuseWeightReset(stackName: string, changes: ResourceChange[]): void {
  const rules = changes.filter(
    change =>
      change.ResourceType === 'AWS::ElasticLoadBalancingV2::ListenerRule' && change.Action === 'Modify',
  )
  if (rules.length > 0)
    throw new ClarityError(
      'weights_at_risk',
      `the change set of ${stackName} would reset the live weights of ${rules.map(r => r.LogicalResourceId).join(', ')}`,
      'leave the rule as it is in infra/src/edge-stack.ts; ECS re-weights it at every release',
    )
}

function describeChange({ Action, LogicalResourceId, ResourceType, Replacement }: ResourceChange): string {
  const replaced =
    Replacement === 'True' ? ', REPLACED' : Replacement === 'Conditional' ? ', may be replaced' : ''
  return `${Action?.toLowerCase()} ${LogicalResourceId} (${ResourceType}${replaced})`
}

function describeEvent({ LogicalResourceId, ResourceStatus, ResourceStatusReason }: StackEvent): string {
  return `${LogicalResourceId} ${ResourceStatus}${ResourceStatusReason ? `: ${ResourceStatusReason}` : ''}`
}

function countBy(types: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const type of types.sort()) counts[type] = (counts[type] ?? 0) + 1
  return counts
}
