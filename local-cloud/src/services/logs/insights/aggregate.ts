import {
  compare,
  type Expression,
  type Reader,
  type Row,
  readExpression,
  toNumber,
  type Value,
} from './expression.ts'
import { malformed, type Token } from './tokens.ts'

/** A figure over the rows of a group. */
export interface Aggregate {
  name: string
  of(rows: Row[]): Value
}

type Work = (values: Exclude<Value, undefined>[], share: number) => Value

const numbersOf = (values: Value[]) => values.flatMap(value => toNumber(value) ?? [])
const sum = (values: Value[]) => numbersOf(values).reduce((total, value) => total + value, 0)

const WORKS: Record<string, Work> = {
  count: values => values.length,
  count_distinct: values => new Set(values).size,
  sum: values => sum(values),
  avg: values => (values.length === 0 ? undefined : sum(values) / numbersOf(values).length),
  min: values => values.toSorted(compare)[0],
  max: values => values.toSorted(compare).at(-1),
  pct: (values, share) => percentile(numbersOf(values), share),
  median: values => percentile(numbersOf(values), 50),
}

/** Whether a word begins an aggregate. */
export function isAggregate(word: string): boolean {
  return word.toLowerCase() in WORKS
}

/**
 * `count()`, `avg(x)`, `pct(x, 99)`. @param text as it stands in the query, its name without `as`
 * @throws AwsError `MalformedQueryException`
 */
export function readAggregate(reader: Reader, text: string): Aggregate {
  const { text: word } = reader.next()
  const work = WORKS[word.toLowerCase()]
  if (!work) throw malformed(`${word} is no aggregate`)
  reader.expect('(')
  let value: Expression | undefined
  if (!reader.accept(')')) {
    value = reader.accept('*') ? undefined : readExpression(reader)
    if (word.toLowerCase() !== 'pct') reader.expect(')')
  }
  let share = 0
  if (word.toLowerCase() === 'pct') {
    reader.expect(',')
    share = Number(reader.next().text)
    if (!(share >= 0 && share <= 100)) throw malformed('pct wants a percentage from 0 to 100')
    reader.expect(')')
  }
  if (!value && word.toLowerCase() !== 'count') throw malformed(`${word} wants a field`)
  return {
    name: text,
    of: rows =>
      value
        ? work(
            rows.flatMap(row => value(row) ?? []),
            share,
          )
        : rows.length,
  }
}

/** A name as Insights gives it to what has none: the text of the query, without spaces. */
export function nameOf(tokens: Token[]): string {
  return tokens.map(({ text }) => (text === ',' ? ', ' : text)).join('')
}

/** The nearest rank. */
function percentile(values: number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((share / 100) * sorted.length) - 1)]
}
