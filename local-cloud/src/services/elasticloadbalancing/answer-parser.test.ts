import { expect, test } from 'vitest'
import { createAnswerParser } from './answer-parser.ts'

/** Feeds an answer in pieces of a size; @returns what was told of it */
function read(text: string, size: number, { bodiless = false, closes = false } = {}) {
  const told: (string | number)[] = []
  let body = ''
  const parser = createAnswerParser()
  const events = {
    head: ({ status, rawHeaders }: { status: number; rawHeaders: string[] }) =>
      void told.push(status, ...rawHeaders),
    data: (chunk: Buffer) => {
      body += chunk.toString()
    },
    end: (keep: boolean) => void told.push(body, keep ? 'kept' : 'closed'),
  }
  parser.expect(events, bodiless)
  const bytes = Buffer.from(text)
  for (let i = 0; i < bytes.length; i += size) parser.feed(bytes.subarray(i, i + size))
  if (closes) parser.finish()
  return told
}

test.each([
  [
    'a length',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    [200, 'Content-Length', '5', 'hello', 'kept'],
  ],
  ['no body', 'HTTP/1.1 204 No Content\r\nA: b:c\r\n\r\n', [204, 'A', 'b:c', '', 'kept']],
  [
    'a length of zero',
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    [200, 'Content-Length', '0', '', 'kept'],
  ],
  [
    'chunks, an extension and a trailer',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nT: x\r\n\r\n',
    [200, 'Transfer-Encoding', 'chunked', 'hello', 'kept'],
  ],
  [
    'information first',
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    [200, 'Content-Length', '2', 'ok', 'kept'],
  ],
  [
    'a close announced',
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx',
    [200, 'Connection', 'close', 'Content-Length', '1', 'x', 'closed'],
  ],
  [
    'an old version',
    'HTTP/1.0 200\r\nContent-Length: 1\r\n\r\nx',
    [200, 'Content-Length', '1', 'x', 'closed'],
  ],
])('reads an answer with %s, however it is cut', (_, text, told) => {
  for (const size of [1, 2, 7, 1000]) expect(read(text, size)).toEqual(told)
})

test('reads what ends with the connection, and what has no body whatever it says', () => {
  expect(read('HTTP/1.1 200 OK\r\n\r\nall of it', 4, { closes: true })).toEqual([200, 'all of it', 'closed'])
  expect(read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', 9, { bodiless: true })).toEqual([
    200,
    'Content-Length',
    '9',
    '',
    'kept',
  ])
})

test.each([
  ['no status line', 'HELLO\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
  ['a bare line feed', 'HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n'],
  ['a bare carriage return', 'HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n'],
  ['a bare carriage return in the status', 'HTTP/1.1 200 O\rK\r\n\r\n'],
  ['a space in a name', 'HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n'],
  ['a chunk without size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n'],
  ['more than it said', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy'],
  ['a head without end', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`],
])('refuses %s', (_, text) => {
  expect(() => read(text, 100)).toThrow()
})

test('refuses an answer that is cut short', () => {
  expect(() => read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx', 100, { closes: true })).toThrow(/closed/)
})
