import type { ResourceChange, StackEvent } from '@aws-sdk/client-cloudformation'
import type { Environment } from '@clarity/environments'
import type { SynthesizedStack } from '@clarity/infra'
import { createStacks } from '../aws/stacks.ts'
import type { Access } from '../target.ts'
import { type Emit, runStep } from '../ui/events.ts'
import { closeDefaultGroup } from './close-default-group.ts'
import { type Allowed, dangersOf, requireAllowed } from './guard-changes.ts'

export interface StackResult {
  stackName: string
  changes: number
  /** Resource types that the endpoint only records, with how many there are of each. */
  recorded: Record<string, number>
}

export interface ApplyOptions {
  environment: Environment
  /** As `synthesizeStacks` gives them. */
  templates: SynthesizedStack[]
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
  /** Dangers that were asked for by name. @default none */
  allowed?: Allowed
}

/** The stacks of an environment from its data, in the order in which they are applied. */
export async function synthesizeStacks(environment: Environment, emit: Emit): Promise<SynthesizedStack[]> {
  return runStep(
    emit,
    'infra.synth',
    `synthesize the stacks of ${environment.name}`,
    // CDK takes a second to load
    async () => (await import('@clarity/infra')).synthesize(environment),
    stacks => `${stacks.length} stacks`,
  )
}

/** Brings each stack to its template by change set, in order, and closes what CloudFormation leaves open. */
export async function applyStacks({
  environment,
  templates,
  access,
  emit,
  pollMs,
  dryRun = false,
  release = 'before',
  allowed = {},
}: ApplyOptions): Promise<StackResult[]> {
  // CDK is loaded already by whoever synthesized
  const { STATEFUL } = await import('@clarity/infra')
  const stacks = createStacks(access, pollMs)
  const results: StackResult[] = []
  const wanted = templates.filter(({ needsServices = false }) => needsServices === (release === 'after'))
  for (const { stackName, template } of wanted) {
    const result = await runStep(
      emit,
      `infra.${stackName}`,
      `${dryRun ? 'compare' : 'apply'} ${stackName}`,
      async step => {
        if (dryRun && !(await stacks.exists(stackName))) {
          const changes = everyResource(template)
          for (const change of changes)
            emit({ type: 'note', message: `  ${describeChange(change)}`, data: change })
          return { stackName, changes: changes.length, recorded: {} }
        }
        const proposal = await stacks.propose(stackName, template)
        const dangers = dangersOf(stackName, proposal?.changes ?? [], STATEFUL)
        if (proposal && dryRun) {
          for (const { words, flag } of dangers)
            emit({ type: 'note', message: `  refused without ${flag}: ${words}` })
          for (const change of proposal.changes)
            emit({ type: 'note', message: `  ${describeChange(change)}`, data: change })
          await stacks.discard(stackName, proposal.changeSetId)
        } else if (proposal) {
          await discardUnless(
            () => requireAllowed(dangers, allowed),
            () => stacks.discard(stackName, proposal.changeSetId),
          )
          await stacks.apply(stackName, proposal.changeSetId, event => step.progress(describeEvent(event)))
        }
        const recorded = proposal && dryRun ? [] : await stacks.recordedOnly(stackName)
        return { stackName, changes: proposal?.changes.length ?? 0, recorded: countBy(recorded) }
      },
      ({ changes }) => (changes === 0 ? 'nothing to change' : `${changes} resources`),
    )
    results.push(result)
  }
  if (release === 'before') await closeDefaultGroup(access, environment, emit, dryRun)
  return results
}

/**
 * What making a stack makes. A change set cannot tell before the stacks that it builds on are there: it reads what
 * they hand on.
 */
function everyResource(template: SynthesizedStack['template']): ResourceChange[] {
  return Object.entries(template.Resources as Record<string, { Type: string }>).map(
    ([LogicalResourceId, { Type }]) => ({ Action: 'Add', LogicalResourceId, ResourceType: Type }),
  )
}

/** A change set that is not applied must not stay: the next one would find it. */
async function discardUnless(check: () => void, discard: () => Promise<void>): Promise<void> {
  try {
    check()
  } catch (error) {
    await discard()
    throw error
  }
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
