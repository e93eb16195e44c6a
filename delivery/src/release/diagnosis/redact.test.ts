import { expect, test } from 'vitest'
import { SECRET } from './golden/facts.ts'
import { quoteLogLine, redactText } from './redact.ts'

test.each([
  [
    'our own line: level, event, codes and where, nothing else',
    '{"level":"error","time":"2026-11-24T10:00:00Z","event":"cannot store","dependency":"table","reason":"timeout","user":"x1","bytes":512,"error":{"type":"TimeoutError","code":"ETIMEDOUT","stack":["at a (file:///app/api.js:1:2)","at b","at c","at d"]}}',
    'error cannot store: table timeout: TimeoutError ETIMEDOUT at a (file:///app/api.js:1:2) at b at c',
  ],
  ['a stack frame as it is', '    at run (file:///app/api.js:10:5)', 'at run (file:///app/api.js:10:5)'],
  ['another line without its numbers', 'pulse 72 at 10:30 for 1980-05-03', 'pulse # at # for #'],
  ['and without what it quotes', 'bad input "pulse 72" in line 3', 'bad input "…" in line #'],
  [
    'names with digits stay',
    "Cannot find module '/app/v2/api.js' in node26",
    "Cannot find module '/app/v2/api.js' in node26",
  ],
])('%s', (_, line, quoted) => {
  expect(quoteLogLine(line)).toBe(quoted)
})

test('a long line is cut', () => {
  expect(quoteLogLine('word '.repeat(200)).length).toBe(200)
})

test('AWS text keeps its ARNs, digests and ids and loses what is secret', () => {
  const kept = `${SECRET} ${`sha256:${'0a1b'.repeat(16)}`} J4ZwX3-bQ2aM6ERMvsxuL clarity-backend-ecs-load-balancer-role`
  expect(redactText(kept)).toBe(kept)
  expect(redactText('password=hunter22 and token: abcd1234efgh')).toBe(
    'password=<secret> and token: <secret>',
  )
  expect(redactText('AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY')).toBe(
    '<access key> <token>',
  )
  expect(redactText('mail a.b+c@example.org')).toBe('mail <e-mail>')
})
