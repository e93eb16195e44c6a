import type { QueryFace } from '../../core/service.ts'

/**
 * SQS over the query protocol of API version 2012-11-05, whose lists and maps are repeated, numbered names:
 * what Debian's awscli 2.9 and SDKs before November 2023 send. Names from the API reference's examples and the model.
 */
export const QUERY_FACE: QueryFace = {
  xmlNamespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
  flattened: true,
  read: (form, path) => {
    const input = Object.fromEntries(Object.entries(form).map(([name, value]) => readMember(name, value)))
    // older clients post to the queue's own URL and do not repeat it in the form
    return path.length > 1 ? { QueueUrl: path, ...input } : input
  },
  write: (operation, output) =>
    Object.fromEntries(
      Object.entries(output).map(([name, value]) => {
        if (name === 'Successful' || name === 'Results') return [`${operation}ResultEntry`, value]
        return writeMember(name, value)
      }),
    ),
}

/** Form name of a list to the input's name for it. */
const LISTS: Record<string, string> = {
  AttributeName: 'AttributeNames',
  MessageAttributeName: 'MessageAttributeNames',
  MessageSystemAttributeName: 'MessageSystemAttributeNames',
  TagKey: 'TagKeys',
}
/** Form name of a map to the input's name for it; its entries are `Name`, `Value` or `Key`, `Value`. */
const MAPS: Record<string, string> = {
  Attribute: 'Attributes',
  MessageAttribute: 'MessageAttributes',
  MessageSystemAttribute: 'MessageSystemAttributes',
  Tag: 'Tags',
  Tags: 'Tags',
}
/** Name of a list or map of an output to the element that repeats. */
const ELEMENTS: Record<string, string> = {
  QueueUrls: 'QueueUrl',
  queueUrls: 'QueueUrl',
  Messages: 'Message',
  Failed: 'BatchResultErrorEntry',
  Attributes: 'Attribute',
  MessageAttributes: 'MessageAttribute',
  Tags: 'Tag',
}

function readMember(name: string, value: unknown): [string, unknown] {
  if (name.endsWith('BatchRequestEntry')) return ['Entries', listOf(value).map(readEntry)]
  const list = LISTS[name]
  if (list) return [list, listOf(value)]
  const map = MAPS[name]
  if (map) return [map, mapOf(value)]
  return [name, value]
}

function readEntry(entry: unknown): unknown {
  return Object.fromEntries(Object.entries(entry as object).map(([name, value]) => readMember(name, value)))
}

/** An empty list arrives as an empty string, and a name without a number is a list of one. */
function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === '' || value === undefined ? [] : [value]
}

function mapOf(value: unknown): Record<string, unknown> {
  const entries = listOf(value) as { Name?: string; Key?: string; Value?: unknown }[]
  return Object.fromEntries(entries.map(({ Name, Key, Value }) => [Name ?? Key ?? '', Value]))
}

function writeMember(name: string, value: unknown): [string, unknown] {
  const element = ELEMENTS[name] ?? name
  if (Array.isArray(value))
    return [element, value.map(item => (typeof item === 'object' ? writeMembers(item) : item))]
  if (value === null || typeof value !== 'object' || element === name) return [element, value]
  const key = name === 'Tags' ? 'Key' : 'Name'
  return [element, Object.entries(value).map(([entry, Value]) => ({ [key]: entry, Value }))]
}

function writeMembers(item: object): object {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => writeMember(name, value)))
}
