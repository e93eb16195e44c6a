import { SaxesParser } from 'saxes'
import { escapeXml } from '../../gateway/query-format.ts'
import { refusals } from './s3-errors.ts'

/** How a document's members are written in XML; the order of a structure's members is the order on the wire. */
export type Shape = 'text' | 'number' | 'boolean' | 'date' | ListShape | StructShape
export interface StructShape {
  [member: string]: Shape
}
/** A list whose items stand one after another as `<item>`, or inside one element when `wrapped`. */
export interface ListShape {
  kind: 'list'
  item: string
  of: Shape
  wrapped?: boolean
}

export function list(item: string, of: Shape, wrapped = false): ListShape {
  return { kind: 'list', item, of, wrapped }
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A document with S3's namespace on its root. */
export function buildXml(root: string, value: unknown, shape: Shape): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${content(value, shape)}</${root}>`
}

function content(value: unknown, shape: Shape): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof shape === 'string' || isList(shape)) return escapeXml(String(value))
  return Object.entries(shape)
    .map(([name, member]) => {
      const inner = (value as Record<string, unknown>)[name]
      if (inner === undefined || inner === null) return ''
      if (!isList(member)) return `<${name}>${content(inner, member)}</${name}>`
      const items = (inner as unknown[])
        .map(item => `<${member.item}>${content(item, member.of)}</${member.item}>`)
        .join('')
      return member.wrapped ? `<${name}>${items}</${name}>` : items
    })
    .join('')
}

interface Element {
  name: string
  text: string
  children: Element[]
}

/**
 * Reads a document into the SDK's shape.
 * @throws AwsError MalformedXML for bad XML, another root, a member that the shape does not have, or a bad value
 */
export function parseXml(text: string, root: string, shape: Shape): unknown {
  const document = parse(text)
  if (document.name !== root) throw refusals.malformedXml(`the root must be ${root}, not ${document.name}`)
  return value(document, shape)
}

function value(element: Element, shape: Shape): unknown {
  const text = element.text.trim()
  if (shape === 'text') return element.text
  if (shape === 'number') {
    if (!/^-?\d+$/.test(text)) throw refusals.malformedXml(`${element.name} must be a whole number`)
    return Number(text)
  }
  if (shape === 'boolean') {
    if (!/^(true|false)$/i.test(text)) throw refusals.malformedXml(`${element.name} must be true or false`)
    return text.toLowerCase() === 'true'
  }
  if (shape === 'date') {
    const date = new Date(text)
    if (Number.isNaN(date.getTime())) throw refusals.malformedXml(`${element.name} must be a date`)
    return date
  }
  if (isList(shape)) throw refusals.malformedXml(`${element.name} is not expected here`)
  const result: Record<string, unknown> = {}
  for (const child of element.children) {
    const [name, member] = find(shape, child.name) ?? []
    if (!name || !member) throw refusals.malformedXml(`${element.name} has no ${child.name}`)
    if (!isList(member)) result[name] = value(child, member)
    else if (member.wrapped) result[name] = child.children.map(item => value(item, member.of))
    else {
      const items = (result[name] ?? []) as unknown[]
      result[name] = [...items, value(child, member.of)]
    }
  }
  return result
}

function find(shape: StructShape, element: string): [string, Shape] | undefined {
  return Object.entries(shape).find(([name, member]) =>
    isList(member) && !member.wrapped ? member.item === element : name === element,
  )
}

function isList(shape: Shape): shape is ListShape {
  return typeof shape === 'object' && shape.kind === 'list'
}

function parse(text: string): Element {
  const parser = new SaxesParser()
  const stack: Element[] = []
  let document: Element | undefined
  parser.on('error', error => {
    throw refusals.malformedXml(error.message.split('\n')[0] ?? '')
  })
  parser.on('doctype', () => {
    throw refusals.malformedXml('a document type is not allowed')
  })
  parser.on('opentag', tag => {
    const element: Element = { name: tag.name, text: '', children: [] }
    stack.at(-1)?.children.push(element)
    document ??= element
    stack.push(element)
  })
  parser.on('closetag', () => void stack.pop())
  const addText = (more: string) => {
    const top = stack.at(-1)
    if (top) top.text += more
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.write(text).close()
  if (!document) throw refusals.malformedXml('the document is empty')
  return document
}
