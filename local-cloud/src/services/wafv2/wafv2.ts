import { createHash, randomUUID } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, Service, ServiceContext } from '../../core/service.ts'
import { associationOperations } from './associations.ts'
import { createWafRecords, type Entity, type EntityKind, optimisticLock } from './records.ts'
import { IP_SET_SETTINGS, WEB_ACL_SETTINGS } from './settings.ts'

/** The lists that requests may ask for by page; the largest page of AWS. */
const PAGE = 100

/** Web ACLs, IP sets and what they are bound to: recorded. No request is ever inspected. */
export function createWafv2(context: ServiceContext): Service {
  const records = createWafRecords(context)
  return {
    name: 'wafv2',
    protocol: 'json',
    targetPrefix: 'AWSWAF_20190729',
    jsonVersion: '1.1',
    operations: {
      ...entityOperations(context, records, {
        kind: 'webacl',
        singular: 'WebACL',
        plural: 'WebACLs',
        settings: WEB_ACL_SETTINGS,
      }),
      ...entityOperations(context, records, {
        kind: 'ipset',
        singular: 'IPSet',
        plural: 'IPSets',
        settings: IP_SET_SETTINGS,
      }),
      ...associationOperations(records),
    },
  }
}

type Input = Record<string, unknown>

/** Create, get, update, delete and list of one kind, which are alike for all kinds of WAF. */
function entityOperations(
  context: ServiceContext,
  records: ReturnType<typeof createWafRecords>,
  kind: { kind: EntityKind; singular: string; plural: string; settings: string[] },
): Record<string, Operation> {
  const settingsOf = (input: Input) =>
    Object.fromEntries(kind.settings.filter(name => input[name] !== undefined).map(n => [n, input[n]]))

  function create(input: Input) {
    const scope = scopeOf(input)
    const name = String(input.Name ?? '')
    if (!/^[\w-]{1,128}$/.test(name)) throw invalidParameter('NAME', name)
    if (records.list(kind.kind, scope).some(one => one.name === name))
      throw new AwsError(
        'WAFDuplicateItemException',
        'AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of an existing one.',
      )
    const id = randomUUID()
    const place = scope === 'REGIONAL' ? 'regional' : 'global'
    const entity: Entity = {
      kind: kind.kind,
      id,
      name,
      scope,
      arn: `arn:aws:wafv2:${context.region}:${context.accountId}:${place}/${kind.kind}/${name}/${id}`,
      lock: lockOf(settingsOf(input)),
      settings: settingsOf(input),
      tags: (input.Tags ?? []) as Entity['tags'],
    }
    records.put(entity)
    return { Summary: summary(entity) }
  }

  function update(input: Input) {
    const entity = records.get(kind.kind, input)
    optimisticLock(entity, input)
    const settings = settingsOf(input)
    const lock = lockOf({ settings, before: entity.lock })
    records.put({ ...entity, settings, lock })
    return { NextLockToken: lock }
  }

  function remove(input: Input) {
    const entity = records.get(kind.kind, input)
    optimisticLock(entity, input)
    if (records.resourcesOf(entity.arn).length > 0)
      throw new AwsError(
        'WAFAssociatedItemException',
        'AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s associated with another resource.',
      )
    records.remove(entity)
    return {}
  }

  return {
    [`Create${kind.singular}`]: create,
    [`Update${kind.singular}`]: update,
    [`Delete${kind.singular}`]: remove,
    [`Get${kind.singular}`]: (input: Input) => {
      const entity = records.get(kind.kind, input)
      return { [kind.singular]: records.view(entity), LockToken: entity.lock }
    },
    [`List${kind.plural}`]: (input: Input) => {
      const limit = Number(input.Limit ?? PAGE)
      const all = records.list(kind.kind, scopeOf(input))
      const start = input.NextMarker ? all.findIndex(one => one.name === input.NextMarker) + 1 : 0
      const items = all.slice(start, start + limit)
      return {
        [kind.plural]: items.map(summary),
        NextMarker: start + limit < all.length ? items.at(-1)?.name : undefined,
      }
    },
  }
}

function scopeOf(input: Input): Entity['scope'] {
  const scope = input.Scope
  if (scope !== 'REGIONAL' && scope !== 'CLOUDFRONT') throw invalidParameter('SCOPE_VALUE', String(scope))
  return scope
}

function invalidParameter(field: string, value: string): AwsError {
  return new AwsError(
    'WAFInvalidParameterException',
    `Error reason: The parameter contains an invalid value., field: ${field}, parameter: ${value}`,
    400,
    { Field: field, Parameter: value, Reason: 'The parameter contains an invalid value.' },
  )
}

function lockOf(value: unknown): string {
  const hex = createHash('sha256').update(JSON.stringify(value)).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}

function summary({ name, id, arn, lock, settings }: Entity) {
  return { Name: name, Id: id, ARN: arn, LockToken: lock, Description: settings.Description ?? '' }
}
