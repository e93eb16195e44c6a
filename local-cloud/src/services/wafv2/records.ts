import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'

export type EntityKind = 'webacl' | 'ipset'

export interface Entity {
  kind: EntityKind
  id: string
  name: string
  scope: 'REGIONAL' | 'CLOUDFRONT'
  arn: string
  /** Changes with each update; an update must name the one it has read. */
  lock: string
  settings: Record<string, unknown>
  tags: { Key: string; Value: string }[]
}

export type WafRecords = ReturnType<typeof createWafRecords>

/** Everything that WAF remembers. */
export function createWafRecords({ store }: ServiceContext) {
  const entities = store.collection<Entity>('wafv2', 'entity')
  /** ARN of the resource -> ARN of its web ACL. */
  const associations = store.collection<{ resource: string; acl: string }>('wafv2', 'association')
  const logging = store.collection<Record<string, unknown>>('wafv2', 'logging')
  const keyOf = ({ kind, scope, name }: Pick<Entity, 'kind' | 'scope' | 'name'>) => `${kind}|${scope}|${name}`

  /** By name, id and scope, or by ARN. @throws AwsError `WAFNonexistentItemException` */
  function get(kind: EntityKind, input: Record<string, unknown>): Entity {
    const found = entities
      .list(`${kind}|`)
      .find(
        one =>
          (input.ARN !== undefined && one.arn === input.ARN) ||
          (one.id === input.Id && one.name === input.Name && one.scope === input.Scope),
      )
    if (!found) throw absent()
    return found
  }

  function view(entity: Entity): Record<string, unknown> {
    const { name, id, arn, settings, kind } = entity
    const more =
      kind === 'webacl'
        ? {
            Capacity: 0,
            ManagedByFirewallManager: false,
            LabelNamespace: `awswaf:${arn.split(':')[4]}:webacl:${name}:`,
          }
        : {}
    return { Name: name, Id: id, ARN: arn, ...settings, ...more }
  }

  return {
    associations,
    logging,
    get,
    view,
    byArn: (arn: unknown) => entities.list().find(one => one.arn === arn) ?? fail(absent()),
    list: (kind: EntityKind, scope: Entity['scope']) => entities.list(`${kind}|${scope}|`),
    put: (entity: Entity) => entities.put(keyOf(entity), entity),
    remove(entity: Entity): void {
      entities.delete(keyOf(entity))
      logging.delete(entity.arn)
    },
    resourcesOf: (acl: string) =>
      associations
        .list()
        .filter(one => one.acl === acl)
        .map(one => one.resource),
  }
}

export function absent(): AwsError {
  return new AwsError(
    'WAFNonexistentItemException',
    'AWS WAF couldn’t perform the operation because your resource doesn’t exist.',
  )
}

/** @throws AwsError `WAFOptimisticLockException` when someone else has changed the entity since it was read */
export function optimisticLock(entity: Entity, input: Record<string, unknown>): void {
  if (input.LockToken !== entity.lock)
    throw new AwsError(
      'WAFOptimisticLockException',
      'AWS WAF couldn’t save your changes because someone changed the resource after you started to edit it. Reapply your changes.',
    )
}

function fail(error: AwsError): never {
  throw error
}
