import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

/** Parses `application/json` bodies; a malformed one is refused with the place of the fault, not its content. */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser(['application/json', 'text/plain'])
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body)
    parse(request, text, (error, value) => (error ? done(malformed(text), undefined) : done(null, value)))
  })
}

function malformed(text: string): Problem {
  const at = faultPosition(text)
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const column = at - before.lastIndexOf('\n')
  const what =
    text.trim() === ''
      ? 'the body is empty; send a JSON document'
      : at >= text.length
        ? `the JSON ends too early, at line ${line}, column ${column}`
        : `the JSON is malformed at line ${line}, column ${column}`
  return new Problem(400, 'malformed_json', 'The body is not JSON', what)
}

/**
 * Where a text stops being JSON (RFC 8259), as an offset; its length when it merely ends too early. V8's own message
 * quotes the text, which may be health data, and names no place for most faults.
 */
export function faultPosition(text: string): number {
  let at = 0
  let faulty = false
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  const token = (pattern: RegExp): boolean => {
    take(SPACE)
    const found = take(pattern)
    take(SPACE)
    return found
  }
  /** What may come next, innermost last; a stack of our own, for a body may be nested deeper than the call stack. */
  const expected: Step[] = ['value']
  for (let step = expected.pop(); step && !faulty; step = expected.pop()) {
    if (step === 'value') {
      if (token(/\{/y)) expected.push(token(/\}/y) ? 'done' : 'member')
      else if (token(/\[/y)) expected.push(...(token(/\]/y) ? [] : (['element', 'value'] as const)))
      else faulty = !token(SCALAR)
    } else if (step === 'member') {
      if (token(STRING) && token(/:/y)) expected.push('members', 'value')
      else faulty = true
    } else if (step === 'members') {
      if (token(/,/y)) expected.push('member')
      else faulty = !token(/\}/y)
    } else if (step === 'element') {
      if (token(/,/y)) expected.push('element', 'value')
      else faulty = !token(/\]/y)
    }
  }
  return at
}

type Step = 'value' | 'member' | 'members' | 'element' | 'done'

const SPACE = /[ \t\n\r]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them unescaped in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = new RegExp(
  `${STRING.source}|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null`,
  'y',
)
