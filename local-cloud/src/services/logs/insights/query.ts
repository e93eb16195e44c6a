import { type Aggregate, isAggregate, nameOf, readAggregate } from './aggregate.ts'
import {
  compare,
  createReader,
  type Expression,
  isTrue,
  type Reader,
  type Row,
  readExpression,
  type Value,
} from './expression.ts'
import { malformed, type Token, tokensOf, unknownHere } from './tokens.ts'

/** A query that was understood. */
export interface Query {
  /** The rows of an answer, with the fields that it shows. @param events latest first */
  run(events: Row[]): { rows: Row[]; shown: string[]; matched: number }
}

/** Most rows of an answer, and how many there are without `limit`. */
const MOST_ROWS = 10_000

/** Turns rows into others. */
type Step = (state: State) => State
interface State {
  rows: Row[]
  shown: string[]
  /** Rows are log events still, not groups of them. */
  areEvents: boolean
  /** Log events that every filter before `stats` let through. */
  matched: number
}

/**
 * Reads `fields`, `display`, `filter`, `stats … by`, `sort`, `limit`, joined by `|`.
 * @throws AwsError `MalformedQueryException`; 501 for commands and functions that Insights has and this has not
 */
export function parseQuery(text: string): Query {
  const steps = commandsOf(tokensOf(text)).map(readCommand)
  return {
    run: events => {
      const begin: State = { rows: events, shown: [], areEvents: true, matched: events.length }
      const end = steps.reduce((state, step) => step(state), begin)
      return { rows: end.rows.slice(0, MOST_ROWS), shown: end.shown, matched: end.matched }
    },
  }
}

function commandsOf(tokens: Token[]): Token[][] {
  const commands: Token[][] = [[]]
  for (const token of tokens)
    if (token.kind === 'symbol' && token.text === '|') commands.push([])
    else commands.at(-1)?.push(token)
  return commands
}

function readCommand(tokens: Token[]): Step {
  const [first, ...rest] = tokens
  if (!first) throw malformed('the query is empty, or has an empty command between two |')
  const read = COMMANDS[first.text.toLowerCase()]
  if (!read)
    throw KNOWN.has(first.text.toLowerCase())
      ? unknownHere(first.text)
      : malformed(`unexpected symbol found ${first.text}`)
  const reader = createReader(rest)
  const step = read(reader, rest)
  const left = reader.peek()
  if (left) throw malformed(`unexpected symbol found ${left.text}`)
  return step
}

/** What Insights has besides. */
const KNOWN = new Set([
  'parse',
  'dedup',
  'unnest',
  'pattern',
  'diff',
  'anomaly',
  'unmask',
  'filterindex',
  'source',
  'lookup',
  'join',
])

const COMMANDS: Record<string, (reader: Reader, tokens: Token[]) => Step> = {
  fields: (reader, tokens) => {
    const fields = readList(reader, tokens)
    return state => ({ ...show(state, fields), shown: [...state.shown, ...fields.map(({ name }) => name)] })
  },
  display: (reader, tokens) => {
    const fields = readList(reader, tokens)
    return state => ({ ...show(state, fields), shown: fields.map(({ name }) => name) })
  },
  filter: reader => {
    const fits = readExpression(reader)
    return state => {
      const rows = state.rows.filter(row => isTrue(fits(row)))
      return { ...state, rows, ...(state.areEvents ? { matched: rows.length } : {}) }
    }
  },
  limit: reader => {
    const count = Number(reader.next().text)
    if (!(Number.isInteger(count) && count >= 1 && count <= MOST_ROWS))
      throw malformed(`limit is 1 to ${MOST_ROWS}`)
    return state => ({ ...state, rows: state.rows.slice(0, count) })
  },
  sort: reader => {
    const keys: { of: Expression; sign: number }[] = []
    do {
      const of = readExpression(reader)
      const sign = reader.accept('desc') ? -1 : 1
      if (sign === 1) reader.accept('asc')
      keys.push({ of, sign })
    } while (reader.accept(','))
    return state => ({ ...state, rows: state.rows.toSorted((a, b) => order(keys, a, b)) })
  },
  stats: readStats,
}

function order(keys: { of: Expression; sign: number }[], a: Row, b: Row): number {
  for (const { of, sign } of keys) {
    const [x, y] = [of(a), of(b)]
    // what has no such field comes last, whichever way
    if (x === undefined || y === undefined) {
      if (x === y) continue
      return x === undefined ? 1 : -1
    }
    const found = sign * compare(x, y)
    if (found !== 0) return found
  }
  return 0
}

interface Named {
  name: string
  of: Expression
}

/** Expressions with their names, `x as y`. */
function readList(reader: Reader, tokens: Token[]): Named[] {
  const list: Named[] = []
  do {
    const from = tokens.length - restOf(reader, tokens)
    const of = readExpression(reader)
    const name = nameOf(tokens.slice(from, tokens.length - restOf(reader, tokens)))
    list.push({ name: reader.accept('as') ? reader.next().text : name, of })
  } while (reader.accept(','))
  return list
}

/** How many tokens are left. */
function restOf(reader: Reader, tokens: Token[]): number {
  const next = reader.peek()
  return next ? tokens.length - tokens.indexOf(next) : 0
}

function show(state: State, fields: Named[]): State {
  const rows = state.rows.map(row => {
    const made = new Map(row)
    for (const { name, of } of fields) {
      const value = of(row)
      if (value !== undefined) made.set(name, value)
    }
    return made
  })
  return { ...state, rows }
}

function readStats(reader: Reader, tokens: Token[]): Step {
  const figures: Aggregate[] = []
  do {
    const from = tokens.length - restOf(reader, tokens)
    const word = reader.peek()?.text ?? ''
    if (!isAggregate(word))
      throw malformed(`stats wants an aggregate such as count(), not ${word || 'the end'}`)
    const figure = readAggregate(reader, '')
    const name = nameOf(tokens.slice(from, tokens.length - restOf(reader, tokens)))
    figures.push({ ...figure, name: reader.accept('as') ? reader.next().text : name })
  } while (reader.accept(','))
  const by = reader.accept('by') ? readList(reader, tokens) : []
  return state => {
    const groups = Map.groupBy(state.rows, row => JSON.stringify(by.map(({ of }) => of(row) ?? null)))
    if (by.length === 0 && groups.size === 0) groups.set('[]', [])
    const rows = [...groups.values()].map(members => {
      const row = new Map<string, Value>()
      for (const { name, of } of by) row.set(name, members[0] && of(members[0]))
      for (const { name, of } of figures) row.set(name, of(members))
      return row
    })
    const shown = [...by, ...figures].map(({ name }) => name)
    return { ...state, rows, shown, areEvents: false }
  }
}
