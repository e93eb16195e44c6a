import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import Type from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp, TOKEN } from './testing/test-app.ts'

let test_: TestApp
const Body = Type.Object({
  items: Type.Array(Type.Object({ n: Type.Number(), s: Type.String({ maxLength: 3 }) })),
})

beforeAll(async () => {
  test_ = await createTestApp({
    routes: [
      async app => {
        app.post('/things', { schema: { body: Body } }, async request => ({ got: request.body.items.length }))
        app.get(
          '/things',
          { schema: { querystring: Type.Object({ limit: Type.Integer({ minimum: 1 }) }) } },
          async r => r.query,
        )
        app.get('/things/:id', async () => ({}))
        app.get('/breaks', async () => {
          throw new Error('secret-value-42 in a message', { cause: new TypeError('secret-cause-43') })
        })
        app.get(
          '/lies',
          { schema: { response: { 200: Type.Object({ n: Type.Number() }) } } },
          async () => ({ n: 'x' }) as never,
        )
      },
    ],
  })
})
afterAll(() => test_.app.close())

const authorization = `Bearer ${TOKEN}`

test('every answer names the release and carries the security headers', async () => {
  for (const url of ['/health', '/nowhere', '/api/v1/things', '/api/v1/%zz', '/openapi.json']) {
    const { headers } = await test_.app.inject({ url })
    expect(headers['x-clarity-release'], url).toBe('test-1')
  }
  const { headers } = await test_.app.inject({ url: '/nowhere' })
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'content-type': 'application/problem+json; charset=utf-8',
  })
})

test('an unknown path is 404, a wrong method 405 with the methods that there are', async () => {
  const unknown = await test_.app.inject({ url: '/nowhere?value=72' })
  expect(unknown.statusCode).toBe(404)
  expect(unknown.json()).toMatchObject({ type: 'not_found', status: 404, instance: '/nowhere', errors: [] })
  const posted = await test_.app.inject({
    method: 'POST',
    url: '/nowhere',
    payload: '<a/>',
    headers: { 'content-type': 'application/xml' },
  })
  expect([404, 415]).toContain(posted.statusCode)
  expect(posted.headers['content-type']).toContain('problem+json')
  const wrong = await test_.app.inject({ method: 'DELETE', url: '/api/v1/things/7' })
  expect(wrong.statusCode).toBe(405)
  expect(wrong.headers.allow).toContain('GET')
  const query = await test_.app.inject({ method: 'QUERY' as 'GET', url: '/api/v1/things/7' })
  expect([query.statusCode, query.json().type]).toEqual([405, 'method_not_allowed'])
})

test('every bad field is named with its path', async () => {
  const items = Array.from({ length: 30 }, () => ({ n: 'many', s: 'too long' }))
  const answer = await post({ items: [...items, { n: 1 }] })
  expect(answer.statusCode).toBe(422)
  const { type, errors, detail, message } = answer.json()
  expect(type).toBe('validation_error')
  expect(errors).toHaveLength(61)
  expect(errors[0]).toEqual({ field: 'items/0/n', message: 'must be number', code: 'type' })
  expect(errors[60]).toEqual({ field: 'items/30/s', message: 'is required', code: 'required' })
  expect(detail).toBe('items/0/n: must be number, and 60 more')
  expect(message).toBe(detail)
  expect(answer.body).not.toContain('many')
})

test('query strings are converted to their types', async () => {
  const good = await test_.app.inject({ url: '/api/v1/things?limit=5', headers: { authorization } })
  expect(good.json()).toEqual({ limit: 5 })
  const bad = await test_.app.inject({ url: '/api/v1/things?limit=five', headers: { authorization } })
  expect(bad.statusCode).toBe(422)
  expect(bad.json().errors[0].field).toBe('limit')
})

test.each([
  ['{"items": [1, 2,, 3]}', 'line 1, column 17'],
  ['{"items":\n  [1 2]}', 'line 2, column 6'],
  ['{"items": [', 'ends too early, at line 1, column 12'],
  ['', 'empty'],
  ['{"items": tru}', 'line 1, column 11'],
  ['{"__proto__": {}}', 'column'],
  ['[[[1]}', 'line 1, column 6'],
])('malformed JSON %j is 400 and says where', async (body, where) => {
  const answer = await post(body)
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ type: 'malformed_json' })
  expect(answer.json().detail).toContain(where)
})

test('a body deeper than the call stack is refused, not fatal', async () => {
  const answer = await post('['.repeat(200_000))
  expect(answer.statusCode).toBe(400)
})

test('an oversized body is 413, another media type 415', async () => {
  const big = await post(`{"items": "${'x'.repeat(6 * 1024 * 1024)}"}`)
  expect(big.statusCode).toBe(413)
  expect(big.json().type).toBe('too_large')
  const xml = await post('<a/>', 'application/xml')
  expect(xml.statusCode).toBe(415)
  expect(xml.json().type).toBe('unsupported_media_type')
})

test('an unexpected failure is 500 without its insides, and logged without its message', async () => {
  const answer = await test_.app.inject({ url: '/api/v1/breaks', headers: { authorization } })
  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toMatchObject({ type: 'internal_error', status: 500 })
  expect(answer.body).not.toMatch(/secret|app\.test/)
  const line = test_.lines.find(line => line.includes('request failed'))!
  expect(JSON.parse(line)).toMatchObject({
    level: 'error',
    route: '/api/v1/breaks',
    error: { type: 'Error', cause: { type: 'TypeError' } },
  })
  expect(line).toContain('app.test.ts')
  expect(line).not.toContain('secret')
})

test('strict responses fail a route whose answer departs from its schema', async () => {
  const answer = await test_.app.inject({ url: '/api/v1/lies', headers: { authorization } })
  expect(answer.statusCode).toBe(500)
})

test.each([
  [undefined, 'unauthorized', 'Bearer'],
  ['Basic abc', 'unauthorized', 'Bearer'],
  ['Bearer nobody', 'invalid_token', 'Bearer error="invalid_token"'],
])('authorization %s is 401', async (header, type, challenge) => {
  const answer = await test_.app.inject({
    url: '/api/v1/things/1',
    headers: header ? { authorization: header } : {},
  })
  expect(answer.statusCode).toBe(401)
  expect(answer.json().type).toBe(type)
  expect(answer.headers['www-authenticate']).toContain(challenge)
})

test('draining closes connections and turns readiness off, while requests go on being served', async () => {
  let draining = false
  const { app } = await createTestApp({ draining: () => draining })
  expect((await app.inject('/health/ready')).statusCode).toBe(200)
  draining = true
  const ready = await app.inject('/health/ready')
  expect(ready.statusCode).toBe(503)
  expect(ready.json()).toMatchObject({ status: 'unready', reason: 'draining' })
  const health = await app.inject('/health')
  expect(health.statusCode).toBe(200)
  expect(health.headers.connection).toBe('close')
})

test('what is not HTTP is answered as a problem, and idle connections outlive those of a load balancer', async () => {
  const { app } = await createTestApp()
  await app.listen({ port: 0, host: '127.0.0.1' })
  expect(app.server.keepAliveTimeout).toBeGreaterThan(60_000)
  expect(app.server.headersTimeout).toBeGreaterThan(app.server.keepAliveTimeout)
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('nonsense\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  expect(text).toMatch(/^HTTP\/1.1 400 /)
  expect(text).toContain('x-clarity-release: test-1')
  expect(text).toContain('"type":"malformed_request"')
  await app.close()
})

function post(payload: string | object, type = 'application/json') {
  const headers = { authorization, 'content-type': type }
  return test_.app.inject({ method: 'POST', url: '/api/v1/things', headers, payload })
}

test('an oversized body is read to its end, so that its 413 arrives instead of a reset', async () => {
  const { app } = await createTestApp()
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const body = Buffer.alloc(20_000_000, 'a')
  for (let i = 0; i < 5; i++) {
    const answer = await fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect([answer.status, ((await answer.json()) as { type: string }).type]).toEqual([413, 'too_large'])
  }
  await app.close()
})
