import { type ChangedPath, changedPaths } from '../operations/changed-paths.ts'
import type { Properties } from '../providers/provider.ts'
import { isObject } from '../template/model.ts'

/** A difference between what a template says and what is there. */
export interface Difference {
  path: string
  kind: 'ADD' | 'REMOVE' | 'NOT_EQUAL'
  expected: unknown
  actual: unknown
}

const KINDS: Record<ChangedPath['kind'], Difference['kind']> = {
  Add: 'ADD',
  Remove: 'REMOVE',
  Modify: 'NOT_EQUAL',
}

/**
 * Compares only the properties that the template gives, as AWS does, and of them only what could be read. The order of
 * tags, the order of members, and whether a number is text do not count; dynamic references are not compared.
 */
export function differences(expected: Properties, actual: Properties): Difference[] {
  const comparable = comparedProperties(expected, actual)
  return Object.keys(comparable).flatMap(name =>
    changedPaths(normal(comparable[name]), normal(actual[name]), `/${name}`)
      .filter(counts)
      .map(found => ({
        path: found.path,
        kind: KINDS[found.kind],
        expected: found.before,
        actual: found.after,
      })),
  )
}

/** Members that a template leaves out take the service's defaults: only whole list items and tags can be too many. */
function counts({ kind, path, before }: ChangedPath): boolean {
  if (JSON.stringify(before)?.includes('{{resolve:')) return false
  return kind !== 'Add' || path.startsWith('/Tags/') || /\/\d+$/.test(path)
}

/** The template's properties that a reader has read; one that it read as absent has the value undefined. */
export function comparedProperties(expected: Properties, actual: Properties): Properties {
  return Object.fromEntries(Object.entries(expected).filter(([name]) => name in actual))
}

/** Tags by their keys, dimensions in the order of their names, policies as objects, and everything else as it is. */
function normal(value: unknown): unknown {
  if (typeof value === 'string' && /^\s*[{[]/.test(value)) {
    try {
      return normal(JSON.parse(value))
    } catch {
      return value
    }
  }
  if (Array.isArray(value)) {
    const items = value.map(normal)
    const named = items.every(item => isObject(item) && 'Name' in item && 'Value' in item)
    if (named) return (items as { Name: string }[]).sort((a, b) => (String(a.Name) < String(b.Name) ? -1 : 1))
    const keyed = items.every(item => isObject(item) && 'Key' in item && 'Value' in item)
    return keyed
      ? Object.fromEntries((items as { Key: string; Value: unknown }[]).map(({ Key, Value }) => [Key, Value]))
      : items
  }
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, normal(member)]))
}
