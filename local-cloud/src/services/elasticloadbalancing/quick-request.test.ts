import { expect, test } from 'vitest'
import { readQuick } from './quick-request.ts'

const read = (text: string) => readQuick(Buffer.from(text, 'latin1'), '127.0.0.1')

test('reads a simple request, and leaves the connection to this hop', () => {
  const request = read(
    'GET /a?b=1 HTTP/1.1\r\nHost: API.Example.com:80\r\nConnection: keep-alive\r\nX-Id: 7\r\nx-id: 8\r\n\r\n',
  )
  expect(request).toMatchObject({ method: 'GET', url: '/a?b=1', path: '/a', query: 'b=1', keeps: true })
  expect(request).toMatchObject({ host: 'api.example.com', ip: '127.0.0.1', headers: { 'x-id': '7, 8' } })
  expect(request?.lines).toBe('Host: API.Example.com:80\r\nX-Id: 7\r\nx-id: 8\r\n')
  expect(read('HEAD / HTTP/1.1\r\nHost: a\r\nconnection: Close\r\n\r\n')?.keeps).toBe(false)
})

test.each([
  ['a body', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n'],
  ['a body in chunks', 'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['another method', 'POST / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an older version', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
  ['a whole URL', 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['no host', 'GET / HTTP/1.1\r\nA: b\r\n\r\n'],
  ['another protocol', 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n'],
  ['headers that are named', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Secret\r\n\r\n'],
  ['two words on the connection', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: x\r\n\r\n'],
  ['an address before', 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n'],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n'],
  ['a bare line feed', 'GET / HTTP/1.1\r\nHost: a\nContent-Length: 1\r\n\r\n'],
  ['a bare return', 'GET / HTTP/1.1\r\nHost: a\rContent-Length: 1\r\n\r\n'],
  ['a space in a name', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 1\r\n\r\n'],
  ['half a head', 'GET / HTTP/1.1\r\nHost: a\r\n'],
  ['two requests', 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
])('leaves to the other server what has %s', (_, text) => {
  expect(read(text)).toBeUndefined()
})
