import { same } from '../providers/values.ts'
import { type Graph, walk } from '../template/graph.ts'
import type { ForwardParts } from './forward.ts'
import type { Resource, Stack } from './model.ts'
import { failureReason } from './resource-work.ts'

/**
 * Brings the resources of a stack back to what they were before its operation. What the operation made waits
 * as a leftover for the cleanup that follows. May be called again after a crash.
 * @returns the logical ids that could not be brought back
 */
export async function backward(parts: ForwardParts, stack: Stack, before: Resource[]): Promise<string[]> {
  const { state, work, halted } = parts
  const known = new Map(before.map(resource => [resource.logicalId, resource]))
  const graph: Graph = Object.fromEntries(
    before.map(r => [r.logicalId, r.dependsOn.filter(id => known.has(id))]),
  )
  const failures = await walk(graph, async id => {
    halted()
    await restore(known.get(id) as Resource, state.resource(stack, id))
  })
  for (const resource of state.resources(stack)) if (!known.has(resource.logicalId)) undo(resource)
  return failures.map(({ id }) => id)

  async function restore(old: Resource, now: Resource | undefined): Promise<void> {
    if (!now || now.generation !== old.generation) {
      state.transaction(() => {
        if (now?.physicalId) state.putLeftover(stack, { ...now, cause: 'undone' })
        state.dropLeftover(stack, old)
        state.turnResource(stack, { ...old }, 'UPDATE_COMPLETE')
      })
      return
    }
    if (same(now.properties, old.properties) && !/UPDATE_(FAILED|IN_PROGRESS)/.test(now.status))
      return state.putResource(stack, old)
    if (!now.physicalId || (now.status === 'UPDATE_FAILED' && same(now.properties, old.properties)))
      return state.turnResource(stack, { ...old }, old.status, old.reason)
    const back = { ...old }
    // The record keeps what was attempted until the way back is done, so that a crash repeats it.
    state.turnResource(stack, now, 'UPDATE_IN_PROGRESS')
    try {
      await work.update(stack, back, now.properties)
    } catch (error) {
      halted()
      state.turnResource(stack, now, 'UPDATE_FAILED', failureReason(error))
      throw error
    }
  }

  function undo(resource: Resource): void {
    state.transaction(() => {
      if (resource.physicalId) state.putLeftover(stack, { ...resource, cause: 'undone' })
      state.dropResource(stack, resource.logicalId)
    })
  }
}
