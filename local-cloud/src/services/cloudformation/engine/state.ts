import { randomUUID } from 'node:crypto'
import type { ServiceContext } from '../../../core/service.ts'
import { validationError } from '../errors.ts'
import type { Leftover, Resource, Stack, StackEvent } from './model.ts'

/** The type that a stack has in its own events. */
export const STACK_TYPE = 'AWS::CloudFormation::Stack'

export type State = ReturnType<typeof createState>

/** Everything that CloudFormation remembers: stacks, their resources, what waits to be deleted, events. */
export function createState(context: Pick<ServiceContext, 'store' | 'clock'>) {
  const { store, clock } = context
  const stacks = store.collection<Stack>('cloudformation', 'stack')
  const resources = store.collection<Resource>('cloudformation', 'resource')
  const leftovers = store.collection<Leftover>('cloudformation', 'leftover')
  const events = store.collection<StackEvent>('cloudformation', 'event')
  /** How many events each stack has, once counted. */
  const counts = new Map<string, number>()
  const resourceKey = (stack: Stack, id: string) => `${stack.id}|${id}`
  const leftoverKey = (stack: Stack, old: Resource) => `${stack.id}|${old.logicalId}|${old.physicalId}`

  const all = () => stacks.list()

  /** A stack by ARN, or by name when it has not been deleted. */
  function find(nameOrId: string): Stack | undefined {
    if (nameOrId.startsWith('arn:')) return stacks.get(nameOrId)
    return all().find(stack => stack.name === nameOrId && stack.status !== 'DELETE_COMPLETE')
  }

  /** Saves all but the termination protection, which may have been changed while an operation held the stack. */
  function save(stack: Stack): void {
    stack.terminationProtection = stacks.get(stack.id)?.terminationProtection ?? stack.terminationProtection
    stacks.put(stack.id, stack)
  }

  /** @throws AwsError `ValidationError` with the words by which the CDK and others know that a stack is absent */
  function get(nameOrId: string | undefined): Stack {
    if (!nameOrId)
      throw validationError(
        "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null",
      )
    const found = find(nameOrId)
    if (!found) throw validationError(`Stack with id ${nameOrId} does not exist`)
    return found
  }

  function addEvent(
    stack: Stack,
    event: Pick<StackEvent, 'logicalId' | 'physicalId' | 'type' | 'status'> & Partial<StackEvent>,
  ): void {
    const last = counts.get(stack.id) ?? events.keys(`${stack.id}|`).length
    counts.set(stack.id, last + 1)
    events.put(`${stack.id}|${String(last).padStart(6, '0')}`, {
      id: event.type === STACK_TYPE ? randomUUID() : `${event.logicalId}-${event.status}-${randomUUID()}`,
      stackId: stack.id,
      stackName: stack.name,
      at: clock.now(),
      token: stack.operation?.token,
      ...event,
    })
  }

  /** Leaves an event of a resource without changing its record. */
  function tell(stack: Stack, resource: Resource, status: string, reason?: string): void {
    const { logicalId, type, physicalId = '' } = resource
    addEvent(stack, { logicalId, type, physicalId, status, reason })
  }

  /** Changes the status of a resource and leaves an event. */
  function turnResource(stack: Stack, resource: Resource, status: string, reason?: string): void {
    // What was found about its drift no longer holds.
    Object.assign(resource, { status, reason, updatedAt: clock.now(), drift: undefined })
    store.transaction(() => {
      resources.put(resourceKey(stack, resource.logicalId), resource)
      tell(stack, resource, status, reason)
    })
  }

  return {
    all,
    find,
    get,
    save,
    protect: (stack: Stack, terminationProtection: boolean) =>
      stacks.put(stack.id, { ...stack, terminationProtection }),
    noteDrift: (stack: Stack, drift: Stack['drift']) => stacks.put(stack.id, { ...stack, drift }),
    /** Removes a stack that never was more than a change set under review. */
    forget: (stack: Stack) => void stacks.delete(stack.id),
    /** Changes the status of a stack and leaves an event. */
    turn(stack: Stack, status: string, reason?: string): void {
      stack.status = status
      stack.reason = reason
      store.transaction(() => {
        save(stack)
        addEvent(stack, { logicalId: stack.name, physicalId: stack.id, type: STACK_TYPE, status, reason })
      })
    },
    resources: (stack: Stack) => resources.list(`${stack.id}|`),
    resource: (stack: Stack, id: string) => resources.get(resourceKey(stack, id)),
    putResource: (stack: Stack, resource: Resource) =>
      resources.put(resourceKey(stack, resource.logicalId), resource),
    dropResource: (stack: Stack, id: string) => void resources.delete(resourceKey(stack, id)),
    turnResource,
    tell,
    leftovers: (stack: Stack) => leftovers.list(`${stack.id}|`),
    putLeftover: (stack: Stack, old: Leftover) => leftovers.put(leftoverKey(stack, old), old),
    dropLeftover: (stack: Stack, old: Resource) => void leftovers.delete(leftoverKey(stack, old)),
    /** The events of a stack, newest first. */
    events: (stack: Stack) => events.list(`${stack.id}|`).reverse(),
    transaction: store.transaction,
  }
}
