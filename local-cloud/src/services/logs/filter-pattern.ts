import { AwsError } from '../../core/aws-error.ts'
import { parseJsonPattern } from './json-pattern.ts'
import { invalid } from './records.ts'

/** Whether a message matches. */
export type Matcher = (message: string) => boolean

/**
 * Parses a filter pattern: terms (`error "two words" -excluded`, `?either ?or`) or a condition on JSON messages
 * (`{ $.level = "error" }`). Terms are case-sensitive.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 * @throws AwsError InvalidParameterException, or 501 for space-delimited and regular-expression patterns
 */
export function parseFilterPattern(pattern: string | undefined): Matcher {
  const text = (pattern ?? '').trim()
  if (text === '') return () => true
  if (text.startsWith('{')) return parseJsonPattern(text)
  if (text.startsWith('[') || /(^|\s)[-?]?%/.test(text))
    throw new AwsError(
      'NotImplemented',
      'the local cloud does not implement space-delimited and regular-expression filter patterns',
      501,
    )
  return matchTerms(parseTerms(text))
}

interface Term {
  kind: 'with' | 'without' | 'either'
  text: string
}

const KINDS: Record<string, Term['kind']> = { '': 'with', '-': 'without', '?': 'either' }

function parseTerms(text: string): Term[] {
  const terms: Term[] = []
  const token = /\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))\s*/y
  while (token.lastIndex < text.length) {
    const found = token.exec(text)
    if (!found) throw invalid(`Invalid filter pattern: '${text}'`)
    const [, sign = '', quoted, bare] = found
    if (bare !== undefined && !/^\w+$/.test(bare))
      throw invalid(`Invalid character(s) in term '${bare}': put it in double quotes`)
    terms.push({ kind: KINDS[sign] ?? 'with', text: quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '' })
  }
  return terms
}

/** AWS ignores `?` terms beside others. */
function matchTerms(terms: Term[]): Matcher {
  const wanted = terms.filter(term => term.kind === 'with')
  const unwanted = terms.filter(term => term.kind === 'without')
  if (wanted.length + unwanted.length === 0) return message => terms.some(term => message.includes(term.text))
  return message =>
    wanted.every(term => message.includes(term.text)) && !unwanted.some(term => message.includes(term.text))
}
