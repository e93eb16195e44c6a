import { validationError } from '../errors.ts'
import type { Provider } from '../providers/provider.ts'
import { changedProperties, same } from '../providers/values.ts'
import { dependencyGraph, inOrder } from '../template/graph.ts'
import type { Scope } from '../template/intrinsics.ts'
import type { ResourceDefinition, Template } from '../template/model.ts'
import { isSecret } from '../template/parameters.ts'
import { referencesIn } from '../template/references.ts'
import { type Cause, causesIn, Unknown } from '../template/unknown.ts'
import { attributeOf, desiredProperties, policiesOf } from './desired.ts'
import type { Resource, Tag } from './model.ts'

/** One property or attribute of a resource that a change set touches. */
export interface PlannedDetail {
  attribute: 'Properties' | 'Tags' | 'Metadata' | 'DeletionPolicy' | 'UpdateReplacePolicy'
  name?: string
  recreation: 'Never' | 'Conditionally' | 'Always'
  before?: unknown
  after?: unknown
  /** Where the change comes from; a direct modification has none. */
  source?: Cause | { source: 'ParameterReference'; entity: string }
}

export interface PlannedChange {
  action: 'Add' | 'Modify' | 'Remove'
  logicalId: string
  physicalId?: string
  type: string
  replacement?: 'True' | 'False' | 'Conditional'
  policyAction?: 'Delete' | 'Retain' | 'ReplaceAndDelete' | 'ReplaceAndRetain'
  details: PlannedDetail[]
}

export interface PlanOptions {
  template: Template
  current: Resource[]
  stackTags: Tag[]
  provider(type: string): Provider
  /** Names of parameters whose value differs from the stack's. */
  changedParameters: ReadonlySet<string>
  /** Makes the scope in which properties are evaluated, given what resources will be. */
  scope(resources: Pick<Scope, 'attribute'> & { resource(id: string): unknown }): Scope
}

/** What executing a template would do to each resource of a stack; those that stay as they are do not appear. */
export function plan(options: PlanOptions): PlannedChange[] {
  const { template } = options
  const current = new Map(options.current.map(resource => [resource.logicalId, resource]))
  const changes = new Map<string, PlannedChange>()
  const desired = new Map<string, Record<string, unknown>>()
  const isNew = (id: string) => {
    const change = changes.get(id)
    return change !== undefined && (change.action === 'Add' || (change.replacement ?? 'False') !== 'False')
  }
  const scope = options.scope({
    resource: id => {
      if (isNew(id)) return new Unknown([{ source: 'ResourceReference', entity: id }])
      return current.get(id)?.physicalId
    },
    attribute: (id, name) => {
      const unknown = new Unknown([{ source: 'ResourceAttribute', entity: `${id}.${name}` }])
      const resource = current.get(id)
      if (isNew(id) || !resource) return unknown
      const changed = changes.get(id)?.details.find(detail => detail.name === name)
      return changed ? desired.get(id)?.[name] : attributeOf(resource, name)
    },
  })
  const graph = dependencyGraph(template, scope.condition)
  refuseOtherTypes(template, options.current)
  for (const id of inOrder(graph)) {
    const definition = template.resources[id] as ResourceDefinition
    const provider = options.provider(definition.Type)
    const properties = desiredProperties(definition, provider, scope, options.stackTags)
    desired.set(id, properties)
    const resource = current.get(id)
    const change = resource
      ? modification(resource, definition, properties, provider, options)
      : ({ action: 'Add', logicalId: id, type: definition.Type, details: [] } as const)
    if (change) changes.set(id, change as PlannedChange)
  }
  for (const resource of options.current)
    if (!(resource.logicalId in graph)) changes.set(resource.logicalId, removal(resource))
  return [...changes.values()]
}

function refuseOtherTypes(template: Template, current: Resource[]): void {
  const turned = current.filter(
    ({ logicalId, type }) => (template.resources[logicalId]?.Type ?? type) !== type,
  )
  if (turned.length > 0)
    throw validationError(
      `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${turned.map(resource => resource.logicalId).join(', ')}]`,
    )
}

function removal({ logicalId, physicalId, type, deletionPolicy }: Resource): PlannedChange {
  const policyAction = deletionPolicy === 'Delete' ? 'Delete' : 'Retain'
  return { action: 'Remove', logicalId, physicalId, type, policyAction, details: [] }
}

function modification(
  resource: Resource,
  definition: ResourceDefinition,
  properties: Record<string, unknown>,
  provider: Provider,
  { changedParameters, template }: PlanOptions,
): PlannedChange | undefined {
  const details = changedProperties(resource.properties, properties).map((name): PlannedDetail => {
    const after = properties[name]
    const [cause] = causesIn(after)
    const recreates = provider.replaceOn.includes(name) || !provider.update
    const named = referencesIn(definition.Properties?.[name]).filter(reference => reference.kind === 'ref')
    const parameter = named.find(reference => changedParameters.has(reference.name))
    const hidden = named.some(reference => isSecret(template.parameters[reference.name]))
    return {
      attribute: name === 'Tags' ? 'Tags' : 'Properties',
      name,
      recreation: recreates ? (cause ? 'Conditionally' : 'Always') : 'Never',
      before: hidden ? '****' : resource.properties[name],
      after: hidden ? '****' : after,
      source: cause ?? (parameter && { source: 'ParameterReference', entity: parameter.name }),
    }
  })
  const policies = policiesOf(definition)
  for (const [attribute, member] of [
    ['Metadata', 'metadata'],
    ['DeletionPolicy', 'deletionPolicy'],
    ['UpdateReplacePolicy', 'updateReplacePolicy'],
  ] as const)
    if (!same(resource[member], policies[member]))
      details.push({ attribute, recreation: 'Never', before: resource[member], after: policies[member] })
  if (details.length === 0) return undefined
  const always = details.some(detail => detail.recreation === 'Always')
  const maybe = details.some(detail => detail.recreation === 'Conditionally')
  const { logicalId, physicalId, type } = resource
  return {
    action: 'Modify',
    logicalId,
    physicalId,
    type,
    replacement: always ? 'True' : maybe ? 'Conditional' : 'False',
    policyAction: always
      ? policies.updateReplacePolicy === 'Delete'
        ? 'ReplaceAndDelete'
        : 'ReplaceAndRetain'
      : undefined,
    details,
  }
}
