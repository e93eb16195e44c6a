import { randomUUID } from 'node:crypto'
import type {
  CreateChangeSetInput,
  CreateChangeSetOutput,
  DeleteChangeSetInput,
  DescribeChangeSetInput,
  DescribeChangeSetOutput,
  ExecuteChangeSetInput,
  ListChangeSetsInput,
  ListChangeSetsOutput,
} from '@aws-sdk/client-cloudformation'
import { AwsError } from '../../../core/aws-error.ts'
import type { Operation as Handler, ServiceContext } from '../../../core/service.ts'
import type { Engine } from '../engine/engine.ts'
import type { OnFailure, Stack, Target } from '../engine/model.ts'
import type { PlannedChange } from '../engine/plan.ts'
import type { Planner } from '../engine/planner.ts'
import type { State } from '../engine/state.ts'
import { reasonOf, validationError } from '../errors.ts'
import { describeChange, describeParameters } from './answers.ts'
import { page, truth } from './input.ts'
import { checkUpdatable, newStack } from './stacks.ts'
import { operationOf, type Prepare } from './submission.ts'

/** AWS's words; tools know by them that there is nothing to do. */
const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set."
const PAGE = 100

interface ChangeSet {
  id: string
  name: string
  stackId: string
  stackName: string
  type: 'CREATE' | 'UPDATE'
  description?: string
  createdAt: number
  status: 'CREATE_PENDING' | 'CREATE_COMPLETE' | 'FAILED'
  reason?: string
  execution: 'UNAVAILABLE' | 'AVAILABLE' | 'EXECUTE_IN_PROGRESS' | 'EXECUTE_COMPLETE' | 'OBSOLETE'
  target: Target
  changes: PlannedChange[]
  onFailure?: OnFailure
}

export interface ChangeSetOperations {
  operations: Record<string, Handler>
  /** The template of a change set. */
  body(name: string, stackName?: string): string
  /** Plans the change sets that were pending when the cloud ended. */
  resume(): void
}

/** Change sets: what would be done, before it is done. */
export function changeSetOperations(
  context: ServiceContext,
  state: State,
  engine: Engine,
  prepare: Prepare,
  planner: Planner,
): ChangeSetOperations {
  const changeSets = context.store.collection<ChangeSet>('cloudformation', 'change-set')
  const of = (stack: Stack) => changeSets.list().filter(set => set.stackId === stack.id)

  async function createChangeSet(input: CreateChangeSetInput): Promise<CreateChangeSetOutput> {
    const name = input.ChangeSetName ?? ''
    if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name))
      throw validationError(
        `1 validation error detected: Value '${name}' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
      )
    const type = (input.ChangeSetType ?? 'UPDATE') as string
    if (type !== 'CREATE' && type !== 'UPDATE')
      throw validationError(`the local cloud has no change sets of type ${type}, only CREATE and UPDATE`)
    const existing = state.find(input.StackName ?? '')
    if (type === 'UPDATE' && (!existing || existing.status === 'REVIEW_IN_PROGRESS'))
      throw validationError(`Stack [${input.StackName}] does not exist`)
    if (type === 'CREATE' && existing && existing.status !== 'REVIEW_IN_PROGRESS')
      throw new AwsError(
        'AlreadyExistsException',
        `Stack [${existing.name}] already exists and cannot be created again with the changeSet [${name}].`,
      )
    if (existing && type === 'UPDATE') checkUpdatable(existing)
    if (existing && of(existing).some(set => set.name === name))
      throw new AwsError(
        'AlreadyExistsException',
        `ChangeSet ${name} cannot be created due to a mismatch with existing attribute Name`,
      )
    const { target } = await prepare(input, existing)
    const stack =
      existing ?? newStack(context, input.StackName, { ...target, templateBody: '', parameters: [] })
    const id = `arn:aws:cloudformation:${context.region}:${context.accountId}:changeSet/${name}/${randomUUID()}`
    if (!existing) state.turn(stack, 'REVIEW_IN_PROGRESS', 'User Initiated')
    changeSets.put(id, {
      id,
      name,
      stackId: stack.id,
      stackName: stack.name,
      type,
      description: input.Description,
      createdAt: context.clock.now(),
      status: 'CREATE_PENDING',
      execution: 'UNAVAILABLE',
      target: { ...target, changeSetId: id },
      changes: [],
      onFailure: input.OnStackFailure as OnFailure | undefined,
    })
    context.clock.after(0, () => planPending(id))
    return { Id: id, StackId: stack.id }
  }

  function planPending(id: string): void {
    const set = changeSets.get(id)
    if (set?.status !== 'CREATE_PENDING') return
    const stack = state.get(set.stackId)
    try {
      const changes = planner.plan(stack, set.target)
      if (set.type === 'UPDATE' && changes.length === 0 && planner.isUnchanged(stack, set.target))
        changeSets.put(id, { ...set, status: 'FAILED', reason: NO_CHANGES })
      else changeSets.put(id, { ...set, status: 'CREATE_COMPLETE', execution: 'AVAILABLE', changes })
    } catch (error) {
      changeSets.put(id, { ...set, status: 'FAILED', reason: reasonOf(error) })
    }
  }

  function get(name: string | undefined, stackName: string | undefined): ChangeSet {
    const found = name?.startsWith('arn:')
      ? changeSets.get(name)
      : of(state.get(stackName)).find(set => set.name === name)
    if (!found) throw new AwsError('ChangeSetNotFound', `ChangeSet [${name}] does not exist`, 404)
    return found
  }

  function describeChangeSet(input: DescribeChangeSetInput): DescribeChangeSetOutput {
    const set = get(input.ChangeSetName, input.StackName)
    const withValues = truth(input.IncludePropertyValues)
    const { items, next } = page(set.changes, input.NextToken, PAGE)
    return {
      ...summarize(set),
      Parameters: describeParameters(set.target),
      NotificationARNs: set.target.notificationArns,
      RollbackConfiguration: {},
      Capabilities: set.target.capabilities as DescribeChangeSetOutput['Capabilities'],
      Tags: set.target.tags,
      Changes: items.map(change => describeChange(change, withValues)),
      NextToken: next,
      OnStackFailure: set.onFailure,
    }
  }

  function executeChangeSet(input: ExecuteChangeSetInput): object {
    const set = get(input.ChangeSetName, input.StackName)
    if (set.execution !== 'AVAILABLE')
      throw new AwsError(
        'InvalidChangeSetStatus',
        `ChangeSet [${set.id}] cannot be executed in its current status of [${set.status}]${set.execution === 'UNAVAILABLE' ? '' : ` and execution status of [${set.execution}]`}`,
      )
    const stack = state.get(set.stackId)
    if (set.type === 'UPDATE') checkUpdatable(stack)
    else if (stack.status !== 'REVIEW_IN_PROGRESS')
      throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`)
    const onFailure = truth(input.DisableRollback) ? 'DO_NOTHING' : set.onFailure
    stack.disableRollback = onFailure === 'DO_NOTHING'
    const { RetainExceptOnCreate: retainExceptOnCreate, ClientRequestToken: token } = input
    // As on AWS: executing one change set does away with the others of the stack.
    for (const other of of(stack)) if (other.id !== set.id) changeSets.delete(other.id)
    changeSets.put(set.id, { ...set, execution: 'EXECUTE_COMPLETE' })
    engine.begin(
      stack,
      operationOf(set.type, set.target, state, stack, { onFailure, retainExceptOnCreate, token }),
    )
    return {}
  }

  function deleteChangeSet(input: DeleteChangeSetInput): object {
    const set = get(input.ChangeSetName, input.StackName)
    if (set.execution === 'EXECUTE_COMPLETE')
      throw new AwsError(
        'InvalidChangeSetStatus',
        `ChangeSet [${set.id}] cannot be deleted in execution status of [${set.execution}]`,
      )
    changeSets.delete(set.id)
    return {}
  }

  function listChangeSets(input: ListChangeSetsInput): ListChangeSetsOutput {
    const { items, next } = page(of(state.get(input.StackName)), input.NextToken, PAGE)
    return { Summaries: items.map(summarize), NextToken: next }
  }

  function summarize(set: ChangeSet) {
    return {
      ChangeSetName: set.name,
      ChangeSetId: set.id,
      StackId: set.stackId,
      StackName: set.stackName,
      Description: set.description,
      CreationTime: new Date(set.createdAt),
      ExecutionStatus: set.execution,
      Status: set.status,
      StatusReason: set.reason,
      IncludeNestedStacks: false,
    }
  }

  return {
    operations: {
      CreateChangeSet: createChangeSet,
      DescribeChangeSet: describeChangeSet,
      ExecuteChangeSet: executeChangeSet,
      DeleteChangeSet: deleteChangeSet,
      ListChangeSets: listChangeSets,
    },
    body: (name, stackName) => get(name, stackName).target.templateBody,
    resume: () => {
      for (const set of changeSets.list()) planPending(set.id)
    },
  }
}
