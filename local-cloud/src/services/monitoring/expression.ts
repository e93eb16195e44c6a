import { invalid, notHere } from './monitoring-errors.ts'

/** A time series: span starts to values. */
export type Series = Map<number, number>
type Value = Series | number

/**
 * Metric math, as far as it goes here: `+ - * /`, parentheses, numbers, ids of other queries and `FILL(id, number)`.
 * Where a series has no value, neither has the result; a division by zero has none.
 * @param lookup the series of another query of the request
 * @param grid every span of the time asked for, for FILL
 * @throws AwsError `ValidationException` for text that is no expression, 501 for functions that are not here
 */
export function evaluateExpression(text: string, lookup: (id: string) => Series, grid: number[]): Series {
  const tokens = text.match(/\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|[^\s]/g) ?? []
  let at = 0
  const wrong = (why: string) => invalid(`Error in expression '${text}': ${why}`)
  const expect = (token: string) => {
    if (tokens[at++] !== token) throw wrong(`'${token}' expected`)
  }

  function sum(): Value {
    let left = product()
    while (tokens[at] === '+' || tokens[at] === '-') {
      const sign = tokens[at++] === '+' ? 1 : -1
      left = combine(left, product(), (a, b) => a + sign * b)
    }
    return left
  }

  function product(): Value {
    let left = factor()
    while (tokens[at] === '*' || tokens[at] === '/') {
      const times = tokens[at++] === '*'
      left = combine(left, factor(), (a, b) => (times ? a * b : a / b))
    }
    return left
  }

  function factor(): Value {
    const token = tokens[at++]
    if (token === undefined) throw wrong('it ends too early')
    if (token === '-') return combine(0, factor(), (a, b) => a - b)
    if (token === '(') {
      const inner = sum()
      expect(')')
      return inner
    }
    if (/^\d/.test(token)) return Number(token)
    if (tokens[at] === '(') return call(token)
    if (/^[a-z]\w*$/.test(token)) return lookup(token)
    throw notHere(`'${token}' of metric math`)
  }

  function call(name: string): Series {
    if (name !== 'FILL') throw notHere(`${name}() of metric math`)
    expect('(')
    const series = sum()
    expect(',')
    const filling = sum()
    expect(')')
    if (typeof series === 'number' || typeof filling !== 'number')
      throw notHere('FILL of metric math with anything but a number')
    return new Map(grid.map(time => [time, series.get(time) ?? filling]))
  }

  const result = sum()
  if (at < tokens.length) {
    if (/[<>=&|^%[]/.test(tokens[at] ?? '')) throw notHere(`'${tokens[at]}' of metric math`)
    throw wrong(`'${tokens[at]}' is not understood`)
  }
  if (typeof result === 'number') throw wrong('it names no metric')
  return result
}

function combine(a: Value, b: Value, work: (a: number, b: number) => number): Value {
  if (typeof a === 'number' && typeof b === 'number') return work(a, b)
  const times = typeof a === 'number' ? [...(b as Series).keys()] : [...a.keys()]
  const value = (of: Value, time: number) => (typeof of === 'number' ? of : of.get(time))
  const result: Series = new Map()
  for (const time of times) {
    const [left, right] = [value(a, time), value(b, time)]
    if (left === undefined || right === undefined) continue
    const combined = work(left, right)
    if (Number.isFinite(combined)) result.set(time, combined)
  }
  return result
}
