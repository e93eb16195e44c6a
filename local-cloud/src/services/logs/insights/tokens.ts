import { AwsError } from '../../../core/aws-error.ts'

/** A piece of a query in CloudWatch Logs Insights' own language. */
export type Token =
  | { kind: 'symbol' | 'word' | 'text' | 'regex' | 'field'; text: string }
  | { kind: 'number'; text: string; value: number }

const TOKEN =
  /\s*(?:(?<symbol>!=|<=|>=|=~|[|,()[\]=<>+*/%-])|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|`(?<field>[^`]+)`|(?<number>\d+(?:\.\d+)?)(?![\w.@])|(?<word>[@\w][\w.@:-]*(?<![:-])))\s*/y

/**
 * Splits a query. A `/…/` is a regular expression where an operand of `like` or `=~` is due.
 * @throws AwsError `MalformedQueryException`
 */
export function tokensOf(query: string): Token[] {
  const source = query.replace(/^\s*#.*$/gm, '')
  const tokens: Token[] = []
  const token = new RegExp(TOKEN)
  for (let at = 0; source.slice(at).trim() !== ''; ) {
    const last = tokens.at(-1)?.text.toLowerCase() ?? ''
    const regex = /^\s*\/((?:[^/\\]|\\.)+)\/\s*/.exec(source.slice(at))
    if (regex && (last === 'like' || last === '=~')) {
      tokens.push({ kind: 'regex', text: regex[1] ?? '' })
      at += regex[0].length
      continue
    }
    token.lastIndex = at
    const found = token.exec(source)
    if (!found)
      throw malformed(`unexpected symbol found ${source.slice(at).trim()[0]} at character ${at + 1}`)
    const { symbol, double, single, field, number, word = '' } = found.groups ?? {}
    const quoted = double ?? single
    if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol })
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.replace(/\\(.)/g, '$1') })
    else if (field !== undefined) tokens.push({ kind: 'field', text: field })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, value: Number(number) })
    else tokens.push({ kind: 'word', text: word })
    at = token.lastIndex
  }
  return tokens
}

export function malformed(message: string): AwsError {
  return new AwsError('MalformedQueryException', message)
}

/** What Insights has and the local cloud has not: told apart from what is wrong. */
export function unknownHere(what: string): AwsError {
  return new AwsError(
    'NotImplemented',
    `the local cloud does not implement ${what} in a query; see local-cloud/src/services/logs/SPEC.md for what it does`,
    501,
  )
}
