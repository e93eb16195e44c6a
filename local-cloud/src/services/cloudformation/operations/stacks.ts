import { randomUUID } from 'node:crypto'
import type {
  CreateStackInput,
  CreateStackOutput,
  DeleteStackInput,
  DescribeStacksInput,
  DescribeStacksOutput,
  ListStacksInput,
  ListStacksOutput,
  UpdateStackInput,
  UpdateStackOutput,
  UpdateTerminationProtectionInput,
  UpdateTerminationProtectionOutput,
} from '@aws-sdk/client-cloudformation'
import { AwsError } from '../../../core/aws-error.ts'
import type { Operation as Handler, ServiceContext } from '../../../core/service.ts'
import type { Engine } from '../engine/engine.ts'
import type { OnFailure, Stack, Target } from '../engine/model.ts'
import type { State } from '../engine/state.ts'
import { validationError } from '../errors.ts'
import { describeStack, summarizeStack } from './answers.ts'
import { list, page, truth } from './input.ts'
import { operationOf, type Prepare } from './submission.ts'

const DESCRIBE_PAGE = 100

/** The states in which a stack can be updated. */
const UPDATABLE =
  /^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE|IMPORT_COMPLETE|CREATE_FAILED|UPDATE_FAILED)$/

/** A stack record that nothing has been done to yet. */
export function newStack(
  context: ServiceContext,
  name: string | undefined,
  current: Target,
  options: { terminationProtection?: boolean; disableRollback?: boolean } = {},
): Stack {
  if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name ?? ''))
    throw validationError(
      `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    )
  return {
    id: `arn:aws:cloudformation:${context.region}:${context.accountId}:stack/${name}/${randomUUID()}`,
    name: name as string,
    status: 'REVIEW_IN_PROGRESS',
    createdAt: context.clock.now(),
    current,
    outputs: [],
    imports: [],
    terminationProtection: options.terminationProtection ?? false,
    disableRollback: options.disableRollback ?? false,
  }
}

/** @throws AwsError `ValidationError` when the stack is busy or can only be deleted */
export function checkUpdatable(stack: Stack): void {
  if (!UPDATABLE.test(stack.status))
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`)
}

/** Operations on whole stacks. */
export function stackOperations(
  context: ServiceContext,
  state: State,
  engine: Engine,
  prepare: Prepare,
  isUnchanged: (stack: Stack, target: Target) => boolean,
): Record<string, Handler> {
  async function createStack(input: CreateStackInput): Promise<CreateStackOutput> {
    const taken = state.find(input.StackName ?? '')
    if (taken) throw new AwsError('AlreadyExistsException', `Stack [${input.StackName}] already exists`)
    const { target } = await prepare(input, undefined)
    const disableRollback = truth(input.DisableRollback)
    const stack = newStack(context, input.StackName, target, {
      terminationProtection: truth(input.EnableTerminationProtection),
      disableRollback,
    })
    const onFailure =
      (input.OnFailure as OnFailure | undefined) ?? (disableRollback ? 'DO_NOTHING' : 'ROLLBACK')
    const { RetainExceptOnCreate: retainExceptOnCreate, ClientRequestToken: token } = input
    engine.begin(
      stack,
      operationOf('CREATE', target, state, stack, { onFailure, retainExceptOnCreate, token }),
    )
    return { StackId: stack.id }
  }

  async function updateStack(input: UpdateStackInput): Promise<UpdateStackOutput> {
    const stack = state.find(input.StackName ?? '')
    if (!stack || stack.status === 'REVIEW_IN_PROGRESS')
      throw validationError(`Stack [${input.StackName}] does not exist`)
    checkUpdatable(stack)
    const { target } = await prepare(input, stack)
    if (isUnchanged(stack, target)) throw validationError('No updates are to be performed.')
    const onFailure = truth(input.DisableRollback) ? 'DO_NOTHING' : 'ROLLBACK'
    const { RetainExceptOnCreate: retainExceptOnCreate, ClientRequestToken: token } = input
    engine.begin(
      stack,
      operationOf('UPDATE', target, state, stack, { onFailure, retainExceptOnCreate, token }),
    )
    return { StackId: stack.id }
  }

  function deleteStack(input: DeleteStackInput): undefined {
    const stack = state.find(input.StackName ?? '')
    if (!stack || stack.status === 'DELETE_COMPLETE' || stack.status === 'DELETE_IN_PROGRESS') return
    if (stack.terminationProtection)
      throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`)
    const retain = list<string>(input.RetainResources)
    if (retain.length > 0 && stack.status !== 'DELETE_FAILED')
      throw validationError(
        `Invalid operation on stack [${stack.id}]. Specify RetainResources only for stacks in DELETE_FAILED state`,
      )
    if (stack.status.endsWith('IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS')
      throw validationError(`Stack [${stack.name}] cannot be deleted while in status ${stack.status}`)
    const operation = operationOf('UPDATE', stack.current, state, stack, { token: input.ClientRequestToken })
    engine.begin(stack, { ...operation, kind: 'DELETE', retain })
  }

  function describeStacks(input: DescribeStacksInput): DescribeStacksOutput {
    const found = input.StackName
      ? [state.get(input.StackName)]
      : state.all().filter(stack => stack.status !== 'DELETE_COMPLETE')
    const { items, next } = page(newestFirst(found), input.NextToken, DESCRIBE_PAGE)
    return { Stacks: items.map(describeStack), NextToken: next }
  }

  function listStacks(input: ListStacksInput): ListStacksOutput {
    const wanted = new Set<string>(list(input.StackStatusFilter))
    const found = state.all().filter(stack => wanted.size === 0 || wanted.has(stack.status))
    const { items, next } = page(newestFirst(found), input.NextToken, DESCRIBE_PAGE)
    return { StackSummaries: items.map(summarizeStack), NextToken: next }
  }

  function updateTerminationProtection(
    input: UpdateTerminationProtectionInput,
  ): UpdateTerminationProtectionOutput {
    const stack = state.get(input.StackName)
    state.protect(stack, truth(input.EnableTerminationProtection))
    return { StackId: stack.id }
  }

  return {
    CreateStack: createStack,
    UpdateStack: updateStack,
    DeleteStack: deleteStack,
    DescribeStacks: describeStacks,
    ListStacks: listStacks,
    UpdateTerminationProtection: updateTerminationProtection,
  }
}

function newestFirst(stacks: Stack[]): Stack[] {
  return stacks.sort((a, b) => b.createdAt - a.createdAt)
}
