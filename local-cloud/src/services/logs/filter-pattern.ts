import { parseJsonPattern } from './json-pattern.ts'
import { invalid } from './records.ts'
import { regexOf } from './regex-pattern.ts'
import { parseSpacePattern } from './space-pattern.ts'

/** Whether a message matches. */
export type Matcher = (message: string) => boolean

/**
 * Parses a filter pattern: terms (`error "two words" -excluded`, `?either ?or`, `%regular expression%`), a condition on
 * JSON messages (`{ $.level = "error" }`) or on the words of a line (`[ip, user, status = 5*]`). Terms are case-sensitive.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 * @throws AwsError InvalidParameterException
 */
export function parseFilterPattern(pattern: string | undefined): Matcher {
  const text = (pattern ?? '').trim()
  if (text === '') return () => true
  if (text.startsWith('{')) return parseJsonPattern(text)
  if (text.startsWith('[')) return parseSpacePattern(text).matches
  return matchTerms(parseTerms(text))
}

interface Term {
  kind: 'with' | 'without' | 'either'
  found(message: string): boolean
}

const KINDS: Record<string, Term['kind']> = { '': 'with', '-': 'without', '?': 'either' }

function parseTerms(text: string): Term[] {
  const terms: Term[] = []
  const token = /\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)+)%|(\S+))\s*/y
  while (token.lastIndex < text.length) {
    const found = token.exec(text)
    if (!found) throw invalid(`Invalid filter pattern: '${text}'`)
    const [, sign = '', quoted, regex, bare] = found
    if (bare !== undefined && !/^\w+$/.test(bare))
      throw invalid(`Invalid character(s) in term '${bare}': put it in double quotes`)
    terms.push({
      kind: KINDS[sign] ?? 'with',
      found: finder(regex, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''),
    })
  }
  return terms
}

function finder(regex: string | undefined, text: string): Term['found'] {
  if (regex === undefined) return message => message.includes(text)
  const expression = regexOf(regex)
  return message => expression.test(message)
}

/** AWS ignores `?` terms beside others. */
function matchTerms(terms: Term[]): Matcher {
  const wanted = terms.filter(term => term.kind === 'with')
  const unwanted = terms.filter(term => term.kind === 'without')
  if (wanted.length + unwanted.length === 0) return message => terms.some(term => term.found(message))
  return message => wanted.every(term => term.found(message)) && !unwanted.some(term => term.found(message))
}
