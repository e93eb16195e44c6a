import { findCycle, type Graph, reversed, walk } from '../template/graph.ts'
import type { Leftover, Resource, Stack } from './model.ts'
import { failureReason, type ResourceWork } from './resource-work.ts'
import type { State } from './state.ts'

export interface Removal {
  /** Removes resources, dependents first. @returns the logical ids that could not be removed */
  resources(stack: Stack, list: Resource[], keep: (resource: Resource) => boolean): Promise<string[]>
  /** Removes what an update has left behind. @returns the logical ids that could not be removed */
  leftovers(stack: Stack): Promise<string[]>
}

export function createRemoval(state: State, work: ResourceWork, halted: () => void): Removal {
  async function resources(
    stack: Stack,
    list: Resource[],
    keep: (resource: Resource) => boolean,
  ): Promise<string[]> {
    const present = list.filter(
      resource => resource.status !== 'DELETE_COMPLETE' && resource.status !== 'DELETE_SKIPPED',
    )
    return inReverse(present, async resource => {
      halted()
      if (!resource.physicalId || keep(resource)) {
        const status = resource.physicalId ? 'DELETE_SKIPPED' : 'DELETE_COMPLETE'
        state.turnResource(stack, resource, status)
        return
      }
      state.turnResource(stack, resource, 'DELETE_IN_PROGRESS')
      try {
        await work.remove(stack, resource)
      } catch (error) {
        halted()
        state.turnResource(stack, resource, 'DELETE_FAILED', failureReason(error))
        throw error
      }
      state.turnResource(stack, resource, 'DELETE_COMPLETE')
    })
  }

  async function leftovers(stack: Stack): Promise<string[]> {
    return inReverse(state.leftovers(stack), async resource => {
      halted()
      const left = resource as Leftover
      if (!left.physicalId || keepLeftover(stack, left)) {
        state.tell(stack, left, 'DELETE_SKIPPED')
        return state.dropLeftover(stack, left)
      }
      state.tell(stack, left, 'DELETE_IN_PROGRESS')
      try {
        await work.remove(stack, left)
      } catch (error) {
        halted()
        state.tell(stack, left, 'DELETE_FAILED', failureReason(error))
        // As on AWS: the update has succeeded, and what could not be removed is no longer the stack's.
        state.dropLeftover(stack, left)
        throw error
      }
      state.tell(stack, left, 'DELETE_COMPLETE')
      state.dropLeftover(stack, left)
    })
  }

  return { resources, leftovers }
}

function keepLeftover(stack: Stack, left: Leftover): boolean {
  if (left.cause === 'replaced') return left.updateReplacePolicy !== 'Delete'
  if (left.cause === 'removed') return left.deletionPolicy !== 'Delete'
  return left.deletionPolicy === 'Retain' && !stack.operation?.retainExceptOnCreate
}

/** Works on resources so that what depends on another goes before it; goes on after failures where it can. */
async function inReverse(list: Resource[], work: (resource: Resource) => Promise<void>): Promise<string[]> {
  const key = (resource: Resource) => `${resource.logicalId}|${resource.physicalId ?? ''}`
  const byKey = new Map(list.map(resource => [key(resource), resource]))
  const edges: Graph = {}
  for (const [own, { dependsOn, logicalId }] of byKey)
    edges[own] = [...byKey]
      .filter(([, other]) => other.logicalId !== logicalId && dependsOn.includes(other.logicalId))
      .map(([id]) => id)
  // Resources of two generations can lean on each other's names; then the order cannot matter.
  const graph = findCycle(edges)
    ? Object.fromEntries(Object.keys(edges).map(id => [id, []]))
    : reversed(edges)
  const failures = await walk(graph, id => work(byKey.get(id) as Resource), { goOn: true })
  return failures.map(({ id }) => (byKey.get(id) as Resource).logicalId)
}
