/** An attribute that was read. */
export interface ReadAttribute {
  key: string
  /** As it stands in the document. */
  raw: string
  value: string
  /** Offset in the text behind its closing quote. */
  end: number
}

/** A tag that goes on as others of its name did. */
export interface KnownTag {
  name: string
  attributes: Record<string, string>
  /** Whether it closes itself. */
  empty: boolean
  /** Offset in the text behind it. */
  end: number
}

/** Tags that begin with the same text and have the same attributes behind it. */
interface Form {
  name: string
  pattern: RegExp
  /** Those of the text that all begin with. */
  attributes: Record<string, string>
  /** Those behind it, in order. */
  keys: string[]
}

/** Forms that are kept. An export has long runs of tags of one or two. */
const MOST = 4
/** A tag in so many is read anew: what tags have in common may have become more than is known. */
const ANEW = 256
/** A value that is read as it stands. */
const PLAIN = '([^"<&\\t\\n\\r\\u0080-\\u00ff]*)'

/**
 * Remembers the form of tags. Thousands of an export's records in a row say the same type, source, device and unit first,
 * and then the same attributes: a pattern takes such a tag in a tenth of the time of reading it, and gives the very same
 * strings again for what is the same. What it does not match is read in full: values with entities, other spaces or quotes.
 */
export function createTagMemory() {
  const forms: Form[] = []
  const last = new Map<string, ReadAttribute[]>()
  const patterns = new Map<string, RegExp>()
  let count = 0

  function patternOf(source: string): RegExp {
    const known = patterns.get(source)
    if (known) return known
    const pattern = new RegExp(source, 'y')
    if (patterns.size > 100) patterns.clear()
    patterns.set(source, pattern)
    return pattern
  }

  return {
    /** The tag that stands there, where it is one of a known form. */
    tagAt(text: string, open: number): KnownTag | undefined {
      if (++count % ANEW === 0) return undefined
      const first = text.charCodeAt(open + 1)
      for (const { name, pattern, attributes, keys } of forms) {
        if (name.charCodeAt(0) !== first) continue
        pattern.lastIndex = open
        const found = pattern.exec(text)
        if (!found) continue
        const all = { ...attributes }
        for (let i = 0; i < keys.length; i++) all[keys[i] as string] = found[i + 1] as string
        return { name, attributes: all, empty: found[keys.length + 1] === '/', end: pattern.lastIndex }
      }
      return undefined
    },
    /** Learns from a tag that was read in full: what it has in common with the last one of its name. */
    learn(text: string, open: number, name: string, read: ReadAttribute[]): void {
      const before = last.get(name) ?? []
      if (last.size > 1000) last.clear()
      last.set(name, read)
      let common = 0
      while (common < read.length && isSame(read[common], before[common])) common++
      const end = read[common - 1]?.end
      if (end === undefined) return
      const keys = read.slice(common).map(({ key }) => key)
      const form = {
        name,
        pattern: patternOf(
          `${escaped(text.slice(open, end))}${keys.map(key => ` ${escaped(key)}="${PLAIN}"`).join('')}(/?)>`,
        ),
        attributes: Object.fromEntries(read.slice(0, common).map(({ key, value }) => [key, value])),
        keys,
      }
      const known = forms.findIndex(one => one.name === name)
      if (known >= 0) forms[known] = form
      else if (forms.push(form) > MOST) forms.shift()
    },
  }
}

/** A text as a pattern that matches it and nothing else; `RegExp.escape` would write spaces and letters as codes. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/\n\r]/g, found => ESCAPES[found] ?? `\\${found}`)
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r' }

function isSame(a: ReadAttribute | undefined, b: ReadAttribute | undefined): boolean {
  return a !== undefined && b !== undefined && a.key === b.key && a.raw === b.raw
}
