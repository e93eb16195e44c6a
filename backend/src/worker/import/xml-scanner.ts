import { createTagMemory, type ReadAttribute } from './tag-memory.ts'

/** An opening tag. Names and values are of the document's text, entities resolved. */
export interface OpenTag {
  name: string
  attributes: Record<string, string>
  /** Whether it closes itself. */
  empty: boolean
}

export interface XmlEvents {
  open(tag: OpenTag): void
  /** @param end offset in the document, in bytes, behind the closing tag */
  close(name: string, end: number): void
}

/** XML that is not well-formed. */
export class XmlFault extends Error {
  override readonly name = 'XmlFault'
}

/**
 * Reads XML as bytes come, in one pass and without keeping any of it: tags and attributes, no text. It is made for what
 * Apple Health writes, and refuses what is not well-formed as to tags, attributes and entities; it takes declarations,
 * comments and a DTD as they come and does not read them. Bytes are looked at as Latin-1, in which markup of UTF-8 is
 * the same, so that offsets are bytes; only a value with other bytes is decoded.
 * @param start where in the document reading begins: at its start, or between two elements of `open`
 */
export function createXmlScanner(
  events: XmlEvents,
  start: { offset: number; open: string[] } = { offset: 0, open: [] },
) {
  const stack: string[] = []
  const memory = createTagMemory()
  const names = new Map<string, string>()
  let rest = ''
  /** Offset of `rest` in the document. */
  let base = start.offset
  for (const name of start.open) stack.push(nameOf(name))
  let rootSeen = stack.length > 0
  /** Where in the text the tag that is being read begins: what is wrong is there. */
  let looking = 0

  function feed(bytes: Uint8Array): void {
    const text = rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    let at = 0
    looking = 0
    try {
      while (at < text.length) {
        const next = step(text, at)
        if (next < 0) break
        at = next
      }
    } catch (error) {
      at = Math.max(at, looking)
      throw error
    } finally {
      rest = text.slice(at)
      base += at
    }
    if (rest.length > MAX_TAG) throw new XmlFault('a tag does not end')
  }

  /** Takes one tag, or text up to the next, and gives the place behind it; -1 where more bytes are needed. */
  function step(text: string, at: number): number {
    const open = text.indexOf('<', at)
    if (open < 0) {
      // An entity may be cut off here.
      const amp = text.lastIndexOf('&')
      const cut = amp >= at && text.length - amp <= 14 && !text.includes(';', amp)
      const until = cut ? amp : text.length
      checkText(text, at, until)
      return until > at ? until : -1
    }
    if (open > at) checkText(text, at, open)
    looking = open
    if (open + 1 >= text.length) return open > at ? open : -1
    const kind = text.charCodeAt(open + 1)
    const next =
      kind === SLASH
        ? closing(text, open)
        : kind === BANG || kind === QUESTION
          ? skipped(text, open)
          : opening(text, open)
    return next < 0 ? (open > at ? open : -1) : next
  }

  function checkText(text: string, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at)
      if (code === SPACE || code === NEWLINE || code === TAB || code === RETURN) continue
      if (stack.length > 0) {
        const amp = text.indexOf('&', at)
        if (amp >= 0 && amp < to) resolveEntities(text.slice(amp, to))
        return
      }
      if (!(at + base < 3 && !rootSeen && code >= 0x80)) throw new XmlFault('text outside of the root')
    }
  }

  function closing(text: string, open: number): number {
    const end = text.indexOf('>', open)
    if (end < 0) return -1
    const awaited = stack.at(-1)
    const usual = awaited !== undefined && text.slice(open + 2, end) === awaited
    const name = usual ? awaited : nameOf(text.slice(open + 2, end).trimEnd())
    if (stack.pop() !== name) throw new XmlFault('a closing tag without its opening one')
    events.close(name, base + end + 1)
    return end + 1
  }

  function opening(text: string, open: number): number {
    const known = stack.length > 0 ? memory.tagAt(text, open) : undefined
    if (known) {
      opened(known, known.end)
      return known.end
    }
    const attributes: Record<string, string> = {}
    const read: ReadAttribute[] = []
    let at = open + 1
    while (at < text.length && !isSpaceOrEnd(text.charCodeAt(at))) at++
    if (at === text.length) return -1
    const name = nameOf(text.slice(open + 1, at))
    if (!NAME.test(name)) throw new XmlFault('a tag has no name')
    if (stack.length === 0 && rootSeen) throw new XmlFault('a second root')
    for (;;) {
      const before = at
      while (isSpace(text.charCodeAt(at))) at++
      if (at >= text.length) return -1
      const code = text.charCodeAt(at)
      if (code === GREATER || code === SLASH) {
        if (code === SLASH && at + 1 >= text.length) return -1
        if (code === SLASH && text.charCodeAt(at + 1) !== GREATER) throw new XmlFault('a slash within a tag')
        const end = code === SLASH ? at + 2 : at + 1
        rootSeen = true
        memory.learn(text, open, name, read)
        opened({ name, attributes, empty: code === SLASH }, end)
        return end
      }
      if (at === before) throw new XmlFault('attributes without space between them')
      const equals = text.indexOf('=', at)
      if (equals < 0) {
        if (text.indexOf('>', at) >= 0) throw new XmlFault('an attribute without a value')
        return -1
      }
      const key = text.slice(at, equals).trimEnd()
      if (!NAME.test(key)) throw new XmlFault('an attribute without a value')
      at = equals + 1
      while (isSpace(text.charCodeAt(at))) at++
      if (at >= text.length) return -1
      const mark = text.charCodeAt(at)
      if (mark !== DOUBLE && mark !== SINGLE) throw new XmlFault('an attribute without quotes')
      const close = text.indexOf(mark === DOUBLE ? '"' : "'", at + 1)
      if (close < 0) {
        // An open tag within a value is never right, and without this a quote that is missing would swallow the rest.
        if (text.indexOf('<', at) >= 0) throw new XmlFault('a value does not end')
        return -1
      }
      if (Object.hasOwn(attributes, key)) throw new XmlFault('an attribute comes twice')
      const raw = text.slice(at + 1, close)
      const value = attributeValue(raw)
      attributes[key] = value
      at = close + 1
      read.push({ key, raw, value, end: at })
    }
  }

  /** @param end offset in the text behind the tag */
  function opened(tag: OpenTag, end: number): void {
    events.open(tag)
    if (tag.empty) events.close(tag.name, base + end)
    else stack.push(tag.name)
  }

  /** A name as the one string that stands for it throughout, so that equal names are the same string. */
  function nameOf(given: string): string {
    const known = names.get(given)
    if (known !== undefined) return known
    if (names.size > 10_000) throw new XmlFault('too many different names')
    names.set(given, given)
    return given
  }

  function skipped(text: string, open: number): number {
    if (text.startsWith('<!--', open)) return behind(text, '-->', open + 4)
    if (text.startsWith('<?', open)) return behind(text, '?>', open + 2)
    if (text.startsWith('<![CDATA[', open)) return behind(text, ']]>', open + 9)
    const start = text.slice(open, open + 9)
    if (start !== '<!DOCTYPE') {
      if (start.length < 9 && DECLARATIONS.some(mark => mark.startsWith(start))) return -1
      throw new XmlFault('an unknown declaration')
    }
    if (rootSeen) throw new XmlFault('a DTD within the document')
    const bracket = text.indexOf('[', open)
    const end = text.indexOf('>', open)
    return bracket >= 0 && (end < 0 || bracket < end) ? behindDtd(text, bracket) : behind(text, '>', open)
  }

  return {
    feed,
    /** @throws XmlFault where the document is not over */
    end(): void {
      if (rest.length > 0 || stack.length > 0 || !rootSeen) throw new XmlFault('the document ends early')
    },
    /** Offset of what has been taken in whole. */
    offset: () => base,
  }
}

/** Longest tag, comment or DTD in bytes. Apple's DTD has about 10,000. */
const MAX_TAG = 4 * 1024 * 1024
const [TAB, NEWLINE, RETURN, SPACE, BANG, SLASH, GREATER, QUESTION] = [9, 10, 13, 32, 33, 47, 62, 63]
const [DOUBLE, SINGLE] = [34, 39]
const DECLARATIONS = ['<!DOCTYPE', '<![CDATA[', '<!--']
const NAME = /^[A-Za-z_\u0080-\u00ff][\w.:\u0080-\u00ff-]*$/

function isSpace(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === RETURN
}

function isSpaceOrEnd(code: number): boolean {
  return isSpace(code) || code === GREATER || code === SLASH
}

function behind(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? -1 : at + mark.length
}

/** Behind the `]>` of a DTD, past quotes and comments, in which it means nothing. */
function behindDtd(text: string, bracket: number): number {
  const mark = /"[^"]*"|'[^']*'|<!--[\s\S]*?-->|\]\s*>/g
  mark.lastIndex = bracket
  for (let found = mark.exec(text); found; found = mark.exec(text))
    if (found[0].startsWith(']')) return mark.lastIndex
  return -1
}

/** In a value: what is not read as it stands. */
const NOT_USUAL = /[<&\t\n\r\u0080-\u00ff]/

function attributeValue(raw: string): string {
  if (!NOT_USUAL.test(raw)) return raw
  if (raw.includes('<')) throw new XmlFault('an open tag within a value')
  const known = VALUES.get(raw)
  if (known !== undefined) return known
  // White space becomes spaces, before entities do: https://www.w3.org/TR/xml/#AVNormalize
  const value = resolveEntities(utf8(raw).replace(/\r\n|[\t\n\r]/g, ' '))
  if (VALUES.size > 1000) VALUES.clear()
  VALUES.set(raw, value)
  return value
}

/** Values that were decoded already: device names come with every record. */
const VALUES = new Map<string, string>()

function utf8(latin1: string): string {
  try {
    return UTF8.decode(Buffer.from(latin1, 'latin1'))
  } catch (cause) {
    throw new XmlFault('the text is not UTF-8', { cause })
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })
const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function resolveEntities(text: string): string {
  return text.replace(/&([^;&\s]{0,12})(;?)/g, (_, name: string, end: string) => {
    const found = NAMED[name] ?? characterOf(name)
    if (!end || found === undefined) throw new XmlFault('an unknown entity')
    return found
  })
}

function characterOf(name: string): string | undefined {
  const code = /^#x[\da-f]+$/i.test(name)
    ? Number.parseInt(name.slice(2), 16)
    : /^#\d+$/.test(name)
      ? Number(name.slice(1))
      : -1
  const allowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 32 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000))
  return allowed ? String.fromCodePoint(code) : undefined
}
