import type { Matcher } from './filter-pattern.ts'
import { invalid } from './records.ts'
import { regexOf } from './regex-pattern.ts'

/** A condition on a parsed message. */
type Condition = (message: unknown) => boolean

const TOKEN =
  /\s*(?:(?<symbol>&&|\|\||<=|>=|!=|[{}()=<>])|"(?<text>(?:[^"\\]|\\.)*)"|%(?<regex>(?:[^%\\]|\\.)+)%|(?<selector>\$(?:\.[\w*:/@-]+|\[(?:\d+|\*)\]|\.?\["[^"]*"\]|\['[^']*'\])*)|(?<word>[^\s{}()=<>!&|"]+))\s*/y

type Token = { symbol?: string; text?: string; regex?: string; selector?: string; word?: string }

/**
 * Parses `{ $.level = "error" && ($.status >= 500 || $.user NOT EXISTS) }`: comparisons with `=`, `!=`, `<`, `<=`,
 * `>`, `>=`; strings with `*`; regular expressions (`%…%`); `IS TRUE|FALSE|NULL`, `EXISTS`, `NOT EXISTS`. A message that is not JSON never matches.
 * @throws AwsError InvalidParameterException
 */
export function parseJsonPattern(pattern: string): Matcher {
  const tokens = tokenize(pattern)
  let at = 0
  const wrong = () => invalid(`Invalid filter pattern: '${pattern}', near token ${at + 1}`)
  const accept = (symbol: string) => tokens[at]?.symbol === symbol && at++ >= 0
  const acceptWord = (word: string) => tokens[at]?.word?.toUpperCase() === word && at++ >= 0
  const expect = (symbol: string) => {
    if (!accept(symbol)) throw wrong()
  }

  function either(): Condition {
    const parts = [both()]
    while (accept('||')) parts.push(both())
    return message => parts.some(part => part(message))
  }

  function both(): Condition {
    const parts = [single()]
    while (accept('&&')) parts.push(single())
    return message => parts.every(part => part(message))
  }

  function single(): Condition {
    if (accept('(')) {
      const inner = either()
      expect(')')
      return inner
    }
    const selector = tokens[at++]?.selector
    if (selector === undefined) throw wrong()
    const path = parseSelector(selector)
    if (acceptWord('EXISTS')) return message => select(message, path).length > 0
    if (acceptWord('NOT')) {
      if (!acceptWord('EXISTS')) throw wrong()
      return message => select(message, path).length === 0
    }
    if (acceptWord('IS')) return is(path)
    const operator = tokens[at++]?.symbol ?? ''
    const compare = comparison(operator, tokens[at++])
    if (!compare) throw wrong()
    return message => select(message, path).some(compare)
  }

  function is(path: string[]): Condition {
    const word = tokens[at++]?.word?.toUpperCase() ?? ''
    if (!(word in CONSTANTS)) throw wrong()
    const wanted = CONSTANTS[word]
    return message => select(message, path).some(value => value === wanted)
  }

  expect('{')
  const condition = either()
  expect('}')
  if (at < tokens.length) throw wrong()
  return message => {
    try {
      return condition(JSON.parse(message))
    } catch {
      return false
    }
  }
}

const CONSTANTS: Record<string, unknown> = { TRUE: true, FALSE: false, NULL: null }

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = []
  const token = new RegExp(TOKEN)
  while (token.lastIndex < pattern.length) {
    const start = token.lastIndex
    const found = token.exec(pattern)
    if (!found) throw invalid(`Invalid filter pattern: '${pattern}', at character ${start + 1}`)
    tokens.push({ ...found.groups })
  }
  return tokens
}

/** What a value must be by an operator and what it is compared with; undefined where they do not go together. */
export function comparison(
  operator: string,
  token: Token | undefined,
): ((value: unknown) => boolean) | undefined {
  if (token?.regex !== undefined) {
    const expression = regexOf(token.regex)
    const found = (value: unknown) => typeof value === 'string' && expression.test(value)
    if (operator === '=') return found
    return operator === '!=' ? value => !found(value) : undefined
  }
  const given = token?.text?.replace(/\\(.)/g, '$1') ?? token?.word
  if (given === undefined) return undefined
  const number =
    token?.text === undefined && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(given) ? Number(given) : undefined
  if (number === undefined) {
    const like = new RegExp(`^${given.replace(/[.+?^$(){}|[\]\\]/g, '\\$&').replaceAll('*', '[^]*')}$`)
    const same = (value: unknown) => typeof value === 'string' && like.test(value)
    if (operator === '=') return same
    return operator === '!=' ? value => !same(value) : undefined
  }
  const compare = NUMERIC[operator]
  if (operator === '!=') return value => value !== number
  return compare && (value => typeof value === 'number' && compare(value, number))
}

const NUMERIC: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** The values that a message has at a selector (`$.latency`); none where it is not JSON. */
export function valuesAt(message: string, selector: string): unknown[] {
  try {
    return select(JSON.parse(message), parseSelector(selector))
  } catch {
    return []
  }
}

function parseSelector(selector: string): string[] {
  const parts = selector.matchAll(/\.([\w*:/@-]+)|\[(\d+|\*)\]|\[["']([^"']*)["']\]/g)
  return [...parts].map(([, name, at, quoted]) => name ?? at ?? quoted ?? '')
}

/** The values at a path; `*` stands for every member. Empty where there is none. */
function select(value: unknown, path: string[]): unknown[] {
  const [name, ...rest] = path
  if (name === undefined) return [value]
  if (typeof value !== 'object' || value === null) return []
  if (name === '*') return Object.values(value).flatMap(member => select(member, rest))
  return Object.hasOwn(value, name) ? select((value as Record<string, unknown>)[name], rest) : []
}
