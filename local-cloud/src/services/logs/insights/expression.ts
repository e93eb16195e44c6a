import { malformed, type Token, unknownHere } from './tokens.ts'

/** What a field of a log event may be. */
export type Value = string | number | boolean | undefined
/** A log event, or a row made of several: its fields by name. */
export type Row = ReadonlyMap<string, Value>
export type Expression = (row: Row) => Value

/** Reads tokens from the front. */
export interface Reader {
  /** The next token, or the end. */
  peek(): Token | undefined
  next(): Token
  /** Takes the next token where it is this symbol or word (in any case). */
  accept(text: string): boolean
  expect(text: string): void
}

export function createReader(tokens: Token[]): Reader {
  let at = 0
  const accept = (text: string) => {
    const token = tokens[at]
    const is =
      (token?.kind === 'symbol' || token?.kind === 'word') && token.text.toLowerCase() === text.toLowerCase()
    if (is) at++
    return is
  }
  const next = () => {
    const token = tokens[at++]
    if (!token) throw malformed('the query ends too early')
    return token
  }
  return {
    peek: () => tokens[at],
    next,
    accept,
    expect: text => {
      if (!accept(text)) throw malformed(`expected ${text}, found ${tokens[at]?.text ?? 'the end'}`)
    },
  }
}

/** One expression: `or`, `and`, `not`, comparisons, `like`, `in`, arithmetic, functions, fields. */
export function readExpression(reader: Reader): Expression {
  const parts = [readAnd(reader)]
  while (reader.accept('or')) parts.push(readAnd(reader))
  return parts.length === 1 ? (parts[0] as Expression) : row => parts.some(part => isTrue(part(row)))
}

function readAnd(reader: Reader): Expression {
  const parts = [readNot(reader)]
  while (reader.accept('and')) parts.push(readNot(reader))
  return parts.length === 1 ? (parts[0] as Expression) : row => parts.every(part => isTrue(part(row)))
}

function readNot(reader: Reader): Expression {
  if (!reader.accept('not')) return readComparison(reader)
  const inner = readNot(reader)
  return row => !isTrue(inner(row))
}

const COMPARE: Record<string, (order: number) => boolean> = {
  '=': order => order === 0,
  '!=': order => order !== 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}

function readComparison(reader: Reader): Expression {
  const left = readSum(reader)
  for (const [symbol, fits] of Object.entries(COMPARE))
    if (reader.accept(symbol)) {
      const right = readSum(reader)
      return row => {
        const [a, b] = [left(row), right(row)]
        if (a === undefined || b === undefined) return symbol === '!=' && a !== b
        return fits(compare(a, b))
      }
    }
  if (reader.accept('=~')) return like(left, reader.next())
  const negated = reader.accept('not')
  const found = reader.accept('like')
    ? like(left, reader.next())
    : reader.accept('in')
      ? among(left, reader)
      : undefined
  if (!found && negated) throw malformed('expected like or in after not')
  if (!found) return left
  return negated ? row => !isTrue(found(row)) : found
}

function like(left: Expression, token: Token): Expression {
  if (token.kind === 'text') return row => textOf(left(row)).includes(token.text)
  if (token.kind !== 'regex') throw malformed(`expected a text or /regex/, found ${token.text}`)
  const [, flags = '', source = ''] = /^(?:\(\?([is]+)\))?(.*)$/s.exec(token.text) ?? []
  try {
    const regex = new RegExp(source, flags)
    return row => regex.test(textOf(left(row)))
  } catch {
    throw malformed(`/${token.text}/ is no regular expression`)
  }
}

function among(left: Expression, reader: Reader): Expression {
  reader.expect('[')
  const values = [readSum(reader)]
  while (reader.accept(',')) values.push(readSum(reader))
  reader.expect(']')
  return row => {
    const value = left(row)
    return value !== undefined && values.some(one => compare(value, one(row) ?? '') === 0)
  }
}

function readSum(reader: Reader): Expression {
  let left = readProduct(reader)
  for (;;) {
    const sign = reader.accept('+') ? 1 : reader.accept('-') ? -1 : 0
    if (sign === 0) return left
    const [a, b] = [left, readProduct(reader)]
    left = row => numeric(a(row), b(row), (x, y) => x + sign * y)
  }
}

function readProduct(reader: Reader): Expression {
  let left = readOperand(reader)
  for (;;) {
    const work = reader.accept('*')
      ? (x: number, y: number) => x * y
      : reader.accept('/')
        ? (x: number, y: number) => x / y
        : reader.accept('%')
          ? (x: number, y: number) => x % y
          : undefined
    if (!work) return left
    const [a, b] = [left, readOperand(reader)]
    left = row => numeric(a(row), b(row), work)
  }
}

function readOperand(reader: Reader): Expression {
  if (reader.accept('(')) {
    const inner = readExpression(reader)
    reader.expect(')')
    return inner
  }
  if (reader.accept('-')) {
    const inner = readOperand(reader)
    return row => numeric(0, inner(row), (x, y) => x - y)
  }
  const token = reader.next()
  if (token.kind === 'number') return () => token.value
  if (token.kind === 'text') return () => token.text
  if (token.kind === 'symbol' || token.kind === 'regex') throw malformed(`unexpected symbol ${token.text}`)
  if (token.kind === 'word' && reader.accept('(')) return readCall(token.text.toLowerCase(), reader)
  if (token.kind === 'word' && /^(true|false)$/i.test(token.text))
    return () => token.text.toLowerCase() === 'true'
  return row => row.get(token.text)
}

const FUNCTIONS: Record<string, (...values: Value[]) => Value> = {
  ispresent: value => value !== undefined,
  isempty: value => value === undefined || value === '',
  isblank: value => textOf(value).trim() === '',
  strlen: value => textOf(value).length,
  lower: value => textOf(value).toLowerCase(),
  upper: value => textOf(value).toUpperCase(),
  trim: value => textOf(value).trim(),
  concat: (...values) => values.map(textOf).join(''),
  coalesce: (...values) => values.find(value => value !== undefined),
  abs: value => numeric(value, 0, Math.abs),
  floor: value => numeric(value, 0, Math.floor),
  ceil: value => numeric(value, 0, Math.ceil),
}

function readCall(name: string, reader: Reader): Expression {
  if (name === 'bin') return readBin(reader)
  const work = FUNCTIONS[name]
  if (!work) throw unknownHere(`the function ${name}`)
  const values: Expression[] = []
  if (!reader.accept(')')) {
    do values.push(readExpression(reader))
    while (reader.accept(','))
    reader.expect(')')
  }
  return row => work(...values.map(value => value(row)))
}

const UNITS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

function readBin(reader: Reader): Expression {
  const { text } = reader.next()
  const [, count = '', unit = ''] = /^(\d+)(ms|[smhdw])$/.exec(text) ?? []
  const width = Number(count) * (UNITS[unit] ?? 0)
  if (!(width > 0)) throw malformed(`bin wants a period such as 5m, not ${text}`)
  reader.expect(')')
  return row => timeText(Math.floor(Date.parse(`${textOf(row.get('@timestamp'))}Z`) / width) * width)
}

/** A time as Insights tells it. */
export function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, 23).replace('T', ' ')
}

/** Numbers as numbers, also those in texts; all else as texts. */
export function compare(a: Exclude<Value, undefined>, b: Exclude<Value, undefined>): number {
  const [x, y] = [toNumber(a), toNumber(b)]
  if (x !== undefined && y !== undefined) return x - y
  const [left, right] = [textOf(a), textOf(b)]
  return left === right ? 0 : left < right ? -1 : 1
}

export function toNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
    ? Number(value)
    : undefined
}

export function textOf(value: Value): string {
  return value === undefined ? '' : `${value}`
}

export function isTrue(value: Value): boolean {
  return value === true
}

function numeric(a: Value, b: Value, work: (x: number, y: number) => number): Value {
  const [x, y] = [toNumber(a), toNumber(b)]
  if (x === undefined || y === undefined) return undefined
  const result = work(x, y)
  return Number.isFinite(result) ? result : undefined
}
