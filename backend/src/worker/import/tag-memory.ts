/** An attribute that was read. */
export interface ReadAttribute {
  key: string
  /** As it stands in the document. */
  raw: string
  value: string
  /** Offset in the text behind its closing quote. */
  end: number
}

/** How tags of a name begin, as long as they go on to, and what that says. */
export interface Beginning {
  name: string
  /** From the `<` to behind the closing quote of an attribute. */
  text: string
  attributes: Record<string, string>
  /** The attributes that came behind it last, in order. */
  keys: string[]
}

/** Names whose beginnings are kept. An export has long runs of tags of one or two. */
const MOST = 4
/** A tag in so many is read anew: a beginning may have become longer than the one that is known. */
const ANEW = 256

/**
 * Remembers how tags begin. Thousands of an export's records in a row say the same type, source, device and unit first:
 * to compare that with what it was takes a tenth of the time of reading it, and gives the very same strings again.
 */
export function createTagMemory() {
  const beginnings: Beginning[] = []
  const last = new Map<string, ReadAttribute[]>()
  let count = 0
  return {
    /** The beginning that a tag has, where it is one that is known. */
    beginningAt(text: string, open: number): Beginning | undefined {
      if (++count % ANEW === 0) return undefined
      for (const beginning of beginnings)
        if (text.slice(open, open + beginning.text.length) === beginning.text) return beginning
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
      const same = read.slice(0, common)
      const beginning = {
        name,
        text: text.slice(open, end),
        attributes: Object.fromEntries(same.map(({ key, value }) => [key, value])),
        keys: read.slice(common).map(({ key }) => key),
      }
      const known = beginnings.findIndex(one => one.name === name)
      if (known >= 0) beginnings[known] = beginning
      else if (beginnings.push(beginning) > MOST) beginnings.shift()
    },
  }
}

function isSame(a: ReadAttribute | undefined, b: ReadAttribute | undefined): boolean {
  return a !== undefined && b !== undefined && a.key === b.key && a.raw === b.raw
}
