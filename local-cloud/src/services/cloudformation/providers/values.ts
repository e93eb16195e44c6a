/** CloudFormation takes `"true"` for `true`. */
export function flag(value: unknown): boolean {
  return value === true || value === 'true'
}

/** CloudFormation takes `"120"` for `120`; undefined stays undefined. */
export function optionalNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value)
}

/** A policy document is an object in templates and text in the APIs. */
export function policyText(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document)
}

/** Copies a value with the first letter of every member name in lower case, as ECR, ECS and Logs have it. */
export function lowerCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCamel)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      lowerCamel(member),
    ]),
  )
}

export interface KeyValue {
  Key: string
  Value: string
}

/** `[{Key, Value}]` as `{key: value}`. */
export function tagMap(tags: unknown): Record<string, string> {
  return Object.fromEntries(((tags ?? []) as KeyValue[]).map(({ Key, Value }) => [Key, Value]))
}

/** What must be set and what must be removed to come from the old tags to the new. */
export function tagChanges(now: unknown, old: unknown): { set: KeyValue[]; remove: string[] } {
  const after = (now ?? []) as KeyValue[]
  const before = tagMap(old)
  const set = after.filter(({ Key, Value }) => before[Key] !== Value)
  const kept = new Set(after.map(({ Key }) => Key))
  return { set, remove: Object.keys(before).filter(key => !kept.has(key)) }
}

/** Only the members that have a value. */
export function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>
}

/** Whether two evaluated values are the same, whatever the order of their members. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([x], [y]) => (x < y ? -1 : 1)))
      : member,
  )
}

/** The names of the properties that differ. */
export function changedProperties(a: Record<string, unknown>, b: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(name => !same(a[name], b[name]))
}
