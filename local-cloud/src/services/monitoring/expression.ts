import { combine, type MathContext, type Series, seriesFunction, type Value } from './math-functions.ts'
import { invalid, notHere } from './monitoring-errors.ts'

export type { Series } from './math-functions.ts'

/** Operators by how strongly they bind, weakest first. */
const LEVELS: Record<string, (a: number, b: number) => number>[] = [
  { OR: (a, b) => Number(a !== 0 || b !== 0), '||': (a, b) => Number(a !== 0 || b !== 0) },
  { AND: (a, b) => Number(a !== 0 && b !== 0), '&&': (a, b) => Number(a !== 0 && b !== 0) },
  {
    '==': (a, b) => Number(a === b),
    '!=': (a, b) => Number(a !== b),
    '<=': (a, b) => Number(a <= b),
    '>=': (a, b) => Number(a >= b),
    '<': (a, b) => Number(a < b),
    '>': (a, b) => Number(a > b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b },
]
const TOKEN = /"[^"]*"|'[^']*'|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|&&|\|\||==|!=|<=|>=|[^\s]/g

/**
 * Metric math: `+ - * / % ^`, comparisons (1 or 0), `AND OR`, lists `[m1, m2]`, ids of other queries and the functions
 * of math-functions.ts. Where a series has no value, neither has the result; a division by zero has none.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * @throws AwsError `ValidationException` for text that is no expression, 501 for functions that are not here
 */
export function evaluateExpression(text: string, context: MathContext): Series {
  const tokens = text.match(TOKEN) ?? []
  let at = 0
  const wrong = (why: string) => invalid(`Error in expression '${text}': ${why}`)
  const accept = (token: string) => tokens[at] === token && at++ >= 0
  const expect = (token: string) => {
    if (!accept(token)) throw wrong(`'${token}' expected`)
  }

  function operation(level: number): Value {
    const operators = LEVELS[level]
    if (!operators) return power()
    let left = operation(level + 1)
    for (;;) {
      const work = operators[tokens[at] ?? '']
      if (!work) return left
      at++
      left = combine(left, operation(level + 1), work)
    }
  }

  function power(): Value {
    const base = factor()
    return accept('^') ? combine(base, power(), (a, b) => a ** b) : base
  }

  function factor(): Value {
    const token = tokens[at++]
    if (token === undefined) throw wrong('it ends too early')
    if (token === '-') return combine(0, power(), (a, b) => a - b)
    if (token === '(') {
      const inner = operation(0)
      expect(')')
      return inner
    }
    if (token === '[') return members(']').flat() as Series[]
    if (/^["']/.test(token)) throw wrong(`${token} stands where a value belongs`)
    if (/^\d/.test(token)) return Number(token)
    if (tokens[at] === '(') return call(token)
    if (/^[a-z]\w*$/.test(token)) return context.lookup(token)
    throw notHere(`'${token}' of metric math`)
  }

  function members(end: string): Value[] {
    const found: Value[] = []
    if (accept(end)) return found
    do found.push(operation(0))
    while (accept(','))
    expect(end)
    return found
  }

  function call(name: string): Value {
    expect('(')
    if (name === 'METRICS') {
      const filter = /^["']/.test(tokens[at] ?? '') ? tokens[at++]?.slice(1, -1) : undefined
      expect(')')
      return context.metrics(filter)
    }
    if (name === 'FILL' && /^(REPEAT|LINEAR)$/.test(tokens.at(at + 2) ?? '')) return repeated()
    return seriesFunction(name, members(')'), context, wrong)
  }

  /** `FILL(m1, REPEAT)`: the word stands where the other functions have values. */
  function repeated(): Value {
    const series = operation(0)
    expect(',')
    const way = tokens[at++] as string
    expect(')')
    return seriesFunction(`FILL_${way}`, [series], context, wrong)
  }

  const result = operation(0)
  if (at < tokens.length) throw wrong(`'${tokens[at]}' is not understood`)
  if (Array.isArray(result)) throw wrong('it gives several series; combine them, as by SUM')
  if (typeof result === 'number') throw wrong('it names no metric')
  return result
}
