import { expect, test } from 'vitest'
import { parseFilterPattern } from './filter-pattern.ts'

const MESSAGES = [
  '{"level":"info","ms":3}',
  '{"level":"error","ms":2,"tags":["slow","new"]}',
  'plain warning text',
  'plain ERROR text',
  '{"level":"error","ms":9,"user":{"id":"u1"}}',
  '{"level":null,"ok":true}',
]

test.each<[string, number[]]>([
  ['', [0, 1, 2, 3, 4, 5]],
  ['plain', [2, 3]],
  ['plain -ERROR', [2]],
  ['?ERROR ?warning', [2, 3]],
  ['?ERROR plain', [2, 3]],
  ['"plain warning"', [2]],
  ['"\\"ms\\":9"', [4]],
  ['-"level"', [2, 3]],
  ['{ $.level = "error" }', [1, 4]],
  ['{ $.level = error && $.ms > 5 }', [4]],
  ['{ $.level = "e*" && ($.ms < 3 || $.user.id = "u*") }', [1, 4]],
  ['{ $.level != "error" }', [0, 5]],
  ['{ $.tags[0] = "slow" }', [1]],
  ['{ $.tags[*] = "new" }', [1]],
  ['{ $.["level"] = "info" }', [0]],
  ['{ $.level IS NULL }', [5]],
  ['{ $.ok IS TRUE }', [5]],
  ['{ $.user EXISTS }', [4]],
  ['{ $.user NOT EXISTS && $.ms >= 3 }', [0]],
  ['%w[a-z]+ing%', [2]],
  ['-%"?ms"?:\\d% plain', [2, 3]],
  ['{ $.level = %^err% }', [1, 4]],
  ['[kind, level, rest]', [2, 3]],
  ['[kind = plain, level = W* || level = ERROR, ...]', [3]],
  ['[..., last = text]', [2, 3]],
  ['{ $.ms = 3 || $.ms = 9 && $.level = "info" }', [0]],
])('%s', (pattern, expected) => {
  const matches = parseFilterPattern(pattern)
  expect(MESSAGES.flatMap((message, at) => (matches(message) ? [at] : []))).toEqual(expected)
})

test.each([
  '{ $.level = }',
  '{ level = 1 }',
  '"open',
  'a/b',
  '{ $.a = 1 } x',
  '{ $.a = 1',
  '{}',
  '[a b',
  '[a = , b]',
  '%(group)%',
  '[..., a, ...]',
])('refuses %s', pattern => {
  expect(() => parseFilterPattern(pattern)).toThrow(
    expect.objectContaining({ code: 'InvalidParameterException' }),
  )
})

test('a pattern over words compares numbers', () => {
  const matches = parseFilterPattern('[ip, user, time, request, status >= 500 && status < 600, bytes]')
  const line = (status: number) => `127.0.0.1 - [10/Oct/2026:13:55:36] "GET /health HTTP/1.1" ${status} 17`
  expect([200, 499, 500, 503, 600].filter(status => matches(line(status)))).toEqual([500, 503])
})
