/**
 * The AWS query protocol: `Action=X&A.B=1&List.member.1.C=2` in, XML out.
 * Without the service models, names alone tell lists from structures: numbered members are lists.
 */
export function parseQuery(form: URLSearchParams): Record<string, unknown> {
  const root = emptyNode()
  for (const [name, value] of form) {
    if (name === 'Action' || name === 'Version') continue
    let node = root
    const path = name.split('.')
    const leaf = path.pop() as string
    for (const part of path) {
      if (typeof node[part] !== 'object') node[part] = emptyNode()
      node = node[part]
    }
    node[leaf] = value
  }
  return fold(root) as Record<string, unknown>
}

type Node = { [name: string]: string | Node }

/** Without a prototype: `__proto__.x=1` is a name like any other. */
const emptyNode = (): Node => Object.create(null)

/** Turns `{member: {1: a, 2: b}}` and `{1: a, 2: b}` into `[a, b]`, and `{entry: {1: {key, value}}}` into an object. */
function fold(node: string | Node): unknown {
  if (typeof node === 'string') return node
  const names = Object.keys(node)
  const only = names.length === 1 ? names[0] : undefined
  if (only === 'member') {
    const members = node.member
    return typeof members === 'object' ? fold(members) : members === '' ? [] : [members]
  }
  if (only === 'entry' && typeof node.entry === 'object') {
    const entries = Object.values(node.entry).map(entry => fold(entry) as { key: string; value: unknown })
    return Object.fromEntries(entries.map(({ key, value }) => [key, value]))
  }
  if (names.length > 0 && names.every(name => /^\d+$/.test(name)))
    return names.sort((a, b) => Number(a) - Number(b)).map(name => fold(node[name] as Node))
  return Object.fromEntries(names.map(name => [name, fold(node[name] as Node)]))
}

/**
 * Serializes an output: arrays as `<member>` (query) or `<item>` (ec2) lists, dates as ISO 8601, bytes as base64.
 * A `Map` becomes `<entry><key/><value/></entry>` elements.
 */
export function toXml(value: unknown, listItem: 'member' | 'item' = 'member'): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(item => element(listItem, item, listItem)).join('')
  if (value instanceof Map)
    return [...value]
      .map(([key, item]) => `<entry>${element('key', key)}${element('value', item, listItem)}</entry>`)
      .join('')
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, item]) => (item === undefined || item === null ? '' : element(name, item, listItem)))
      .join('')
  return escapeXml(String(value))
}

export function element(name: string, value: unknown, listItem: 'member' | 'item' = 'member'): string {
  return `<${name}>${toXml(value, listItem)}</${name}>`
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/g, character => ENTITIES[character] as string)
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
}
