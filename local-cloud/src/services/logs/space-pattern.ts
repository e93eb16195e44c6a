import type { Matcher } from './filter-pattern.ts'
import { comparison } from './json-pattern.ts'
import { invalid } from './records.ts'

/** A pattern over the words of a line: whether it matches, and what its columns hold. */
export interface SpacePattern {
  matches: Matcher
  /** `$name` to value; columns without a name are `$1`, `$2`, … */
  columns(message: string): Record<string, string>
}

interface Column {
  name?: string
  holds(value: string): boolean
}

/**
 * Parses `[ip, user, ..., status = 4* || status = 5*, bytes > 1000]`. Words are separated by spaces; what stands in
 * quotes or brackets is one word. `...` stands for any number of columns.
 * @throws AwsError InvalidParameterException
 */
export function parseSpacePattern(pattern: string): SpacePattern {
  if (!pattern.endsWith(']')) throw invalid(`Invalid filter pattern: '${pattern}'`)
  const parts = pattern
    .slice(1, -1)
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map(part => part.trim())
  const gap = parts.indexOf('...')
  if (parts.filter(part => part === '...').length > 1)
    throw invalid(`Invalid filter pattern: '${pattern}': ... may stand once`)
  const columns = parts.map(part => (part === '...' ? undefined : parseColumn(part, pattern)))
  const least = columns.filter(column => column !== undefined).length

  /** Each column with its word; undefined when the line has too few or too many words. */
  function paired(message: string): [Column, string][] | undefined {
    const words = wordsOf(message)
    if (gap < 0 ? words.length !== least : words.length < least) return undefined
    const shift = words.length - columns.length
    return columns.flatMap((column, at) =>
      column ? [[column, words[gap >= 0 && at > gap ? at + shift : at] as string]] : [],
    )
  }

  return {
    matches: message => paired(message)?.every(([column, word]) => column.holds(word)) ?? false,
    columns: message =>
      Object.fromEntries(
        (paired(message) ?? []).map(([column, word], at) => [`$${column.name ?? at + 1}`, word]),
      ),
  }
}

function wordsOf(message: string): string[] {
  return [...message.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g)].map(
    ([, quoted, bracketed, bare]) => quoted ?? bracketed ?? bare ?? '',
  )
}

const CONDITION = /^(\w+)\s*(=|!=|<=|>=|<|>)\s*(?:"([^"]*)"|(\S+))$/

function parseColumn(part: string, pattern: string): Column {
  if (/^\w*$/.test(part)) return { name: part || undefined, holds: () => true }
  const alternatives = part.split('||').map(either =>
    either.split('&&').map(one => {
      const found = CONDITION.exec(one.trim())
      const [, name = '', operator = '', text, word] = found ?? []
      const compare = found && comparison(operator, text === undefined ? { word } : { text })
      if (!compare) throw invalid(`Invalid filter pattern: '${pattern}', at '${one.trim()}'`)
      return { name, compare }
    }),
  )
  // Words of a line are text; where the pattern compares with a number they are read as one.
  const candidates = (value: string) => [value, ...(Number.isFinite(Number(value)) ? [Number(value)] : [])]
  return {
    name: alternatives[0]?.[0]?.name,
    holds: value =>
      alternatives.some(all =>
        all.every(({ compare }) => {
          const results = candidates(value).map(compare)
          return results.some(Boolean)
        }),
      ),
  }
}
