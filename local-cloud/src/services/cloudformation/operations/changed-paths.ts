import { isObject } from '../template/model.ts'

/** One place at which two values differ. */
export interface ChangedPath {
  /** JSON pointer below the two values; empty for the whole. */
  path: string
  kind: 'Add' | 'Remove' | 'Modify'
  before?: unknown
  after?: unknown
}

/** Every place at which two values differ, as deep as both have the same structure. */
export function changedPaths(before: unknown, after: unknown, path = ''): ChangedPath[] {
  if (before === undefined && after === undefined) return []
  if (before === undefined) return [{ path, kind: 'Add', after }]
  if (after === undefined) return [{ path, kind: 'Remove', before }]
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length)
    return Array.from({ length }, (_, at) => at).flatMap(at =>
      changedPaths(before[at], after[at], `${path}/${at}`),
    )
  }
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return names.flatMap(name => changedPaths(before[name], after[name], `${path}/${escaped(name)}`))
  }
  return String(before) === String(after) ? [] : [{ path, kind: 'Modify', before, after }]
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
