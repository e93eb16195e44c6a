import { validationError } from '../errors.ts'
import type { Provider } from '../providers/provider.ts'
import { changedProperties } from '../providers/values.ts'
import { dependencyGraph, walk } from '../template/graph.ts'
import type { Scope } from '../template/intrinsics.ts'
import type { ResourceDefinition, Template } from '../template/model.ts'
import { desiredProperties, newResource, policiesOf } from './desired.ts'
import type { Operation, Resource, Stack } from './model.ts'
import { failureReason, type ResourceWork } from './resource-work.ts'
import type { State } from './state.ts'

/** What failed on the way forward, by logical id. */
export interface ForwardFailures {
  create: string[]
  update: string[]
}

export interface ForwardParts {
  state: State
  work: ResourceWork
  provider(type: string): Provider
  /** Throws when the cloud is stopping, so that nothing new is begun. */
  halted(): void
}

/**
 * Brings the resources of a stack to what its operation's template says, as many at once as their dependencies
 * allow. Resources whose evaluated properties are what they were are not touched. May be called again after a crash.
 */
export async function forward(
  parts: ForwardParts,
  stack: Stack,
  operation: Operation,
  template: Template,
  scope: Scope,
): Promise<ForwardFailures> {
  const { state, work, provider, halted } = parts
  const graph = dependencyGraph(template, scope.condition)
  const before = new Map(operation.before.map(resource => [resource.logicalId, resource]))
  const failures: ForwardFailures = { create: [], update: [] }
  await walk(graph, async id => {
    halted()
    const verb = state.resource(stack, id)?.physicalId ? 'update' : 'create'
    try {
      await settle(id, template.resources[id] as ResourceDefinition, graph[id] ?? [])
    } catch (error) {
      halted()
      failures[verb].push(id)
      const resource =
        state.resource(stack, id) ?? newResource(id, template.resources[id] as ResourceDefinition, {}, [])
      const known = before.has(id) ? 'UPDATE_FAILED' : 'CREATE_FAILED'
      state.turnResource(stack, resource, known, failureReason(error))
      throw error
    }
  })
  return failures

  async function settle(id: string, definition: ResourceDefinition, dependsOn: string[]): Promise<void> {
    const properties = desiredProperties(definition, provider(definition.Type), scope, operation.target.tags)
    const resource = state.resource(stack, id)
    const old = before.get(id)
    if (!resource || (!old && resource.status !== 'CREATE_COMPLETE')) {
      const made = { ...newResource(id, definition, properties, dependsOn), physicalId: resource?.physicalId }
      state.turnResource(stack, made, 'CREATE_IN_PROGRESS')
      return work.create(stack, made, 'CREATE', resource !== undefined)
    }
    if (resource.status === 'UPDATE_IN_PROGRESS' && old)
      return resource.generation > old.generation
        ? work.create(stack, resource, 'UPDATE', true)
        : work.update(stack, resource, old.properties)
    const changed = changedProperties(resource.properties, properties)
    const failed = resource.status.endsWith('_FAILED')
    if (changed.length === 0 && !failed) {
      state.putResource(stack, { ...resource, ...policiesOf(definition), dependsOn })
      return
    }
    const next = { ...resource, ...policiesOf(definition), properties, dependsOn }
    if (!resource.physicalId || mustReplace(changed, provider(definition.Type)))
      return replace(resource, next, changed)
    state.turnResource(stack, next, 'UPDATE_IN_PROGRESS')
    await work.update(stack, next, failed ? {} : resource.properties)
  }

  async function replace(resource: Resource, next: Resource, changed: string[]): Promise<void> {
    const { nameProperty } = provider(resource.type)
    const named = nameProperty !== undefined && next.properties[nameProperty] !== undefined
    if (named && !changed.includes(nameProperty) && resource.physicalId)
      throw validationError(
        `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${next.properties[nameProperty]} and update the stack again.`,
      )
    const successor: Resource = {
      ...next,
      physicalId: undefined,
      attributes: {},
      generation: resource.generation + 1,
    }
    state.transaction(() => {
      if (resource.physicalId)
        state.putLeftover(stack, {
          ...resource,
          updateReplacePolicy: next.updateReplacePolicy,
          cause: 'replaced',
        })
      state.turnResource(
        stack,
        successor,
        'UPDATE_IN_PROGRESS',
        'Requested update requires the creation of a new physical resource; hence creating one.',
      )
    })
    await work.create(stack, successor, 'UPDATE', false)
  }
}

function mustReplace(changed: string[], provider: Provider): boolean {
  return !provider.update || changed.some(name => provider.replaceOn.includes(name))
}
