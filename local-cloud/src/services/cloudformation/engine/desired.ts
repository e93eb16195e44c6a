import { templateError } from '../errors.ts'
import type { Provider } from '../providers/provider.ts'
import type { KeyValue } from '../providers/values.ts'
import { evaluate, type Scope } from '../template/intrinsics.ts'
import type { ResourceDefinition } from '../template/model.ts'
import type { Resource, Tag } from './model.ts'

/** The evaluated properties of a resource, with the stack's tags joined in where its type has tags. */
export function desiredProperties(
  definition: ResourceDefinition,
  provider: Provider,
  scope: Scope,
  stackTags: Tag[],
): Record<string, unknown> {
  const properties = evaluate(definition.Properties ?? {}, scope) as Record<string, unknown>
  if (!provider.taggable || stackTags.length === 0) return properties
  const own = (properties.Tags ?? []) as KeyValue[]
  const keys = new Set(own.map(tag => tag.Key))
  return { ...properties, Tags: [...own, ...stackTags.filter(tag => !keys.has(tag.Key))] }
}

/** The record of a resource that has not been made yet. */
export function newResource(
  logicalId: string,
  definition: ResourceDefinition,
  properties: Record<string, unknown>,
  dependsOn: string[],
): Resource {
  return {
    logicalId,
    type: definition.Type,
    status: 'CREATE_IN_PROGRESS',
    updatedAt: 0,
    properties,
    attributes: {},
    dependsOn,
    generation: 0,
    ...policiesOf(definition),
  }
}

/** What a definition says besides its properties. */
export function policiesOf(
  definition: ResourceDefinition,
): Pick<Resource, 'metadata' | 'deletionPolicy' | 'updateReplacePolicy'> {
  return {
    metadata: definition.Metadata,
    deletionPolicy: definition.DeletionPolicy ?? 'Delete',
    updateReplacePolicy: definition.UpdateReplacePolicy ?? 'Delete',
  }
}

/** An attribute of a resource that exists. @throws AwsError `ValidationError` when its type has no such attribute */
export function attributeOf(resource: Resource, name: string): unknown {
  const { attributes, logicalId } = resource
  const value =
    name in attributes
      ? attributes[name]
      : name
          .split('.')
          .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], attributes)
  if (value === undefined)
    throw templateError(`resource ${logicalId} does not support attribute type ${name} in Fn::GetAtt`)
  return value
}
