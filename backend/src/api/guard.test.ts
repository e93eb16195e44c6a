import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { currentTrace } from '../trace.ts'
import type { AppDeps } from './app.ts'
import { createBuckets } from './rate-limit/bucket.ts'
import { NO_LIMITS, networkOf } from './rate-limit/hooks.ts'
import { createTestApp, TOKEN } from './testing/test-app.ts'

const authorization = `Bearer ${TOKEN}`
const hello: Pick<AppDeps, 'routes'> = {
  routes: [async api => void api.get('/hello', async () => ({}))],
}

test('a bucket holds a minute of requests and fills as they come in', () => {
  const buckets = createBuckets(60, 2)
  const taken = Array.from({ length: 61 }, () => buckets.take('a', 0))
  expect(taken.filter(({ allowed }) => allowed)).toHaveLength(60)
  expect(taken[0]).toEqual({ allowed: true, remaining: 59, resetSeconds: 1, waitSeconds: 0 })
  expect(taken[60]).toEqual({ allowed: false, remaining: 0, resetSeconds: 60, waitSeconds: 1 })
  expect(buckets.take('b', 0).allowed).toBe(true)
  expect(buckets.take('a', 1000).allowed).toBe(true)
  expect(buckets.take('a', 1000).allowed).toBe(false)
  // The clock may go back; nothing is gained by it.
  expect(buckets.take('a', 0).allowed).toBe(false)
})

test('addresses are told apart by network', () => {
  expect(networkOf('203.0.113.9')).toBe('203.0.113.9')
  expect(networkOf('::ffff:203.0.113.9')).toBe('203.0.113.9')
  expect(networkOf('2001:db8:1:2:3::4')).toBe(networkOf('2001:db8:1:2::9'))
  expect(networkOf('2001:db8:1:2::9')).not.toBe(networkOf('2001:db8:1:3::9'))
})

test('too many requests of a person, an address or an account are 429, and each answer says what is left', async () => {
  let now = 0
  const { app } = await createTestApp({
    ...hello,
    trustedProxies: 1,
    guard: { limits: { user: 2, address: 100, auth: 4, account: 1 }, clock: { now: () => now } },
    accounts: { forgotPassword: async () => {} },
  })
  const ask = () => app.inject({ url: '/api/v1/hello', headers: { authorization } })
  const first = await ask()
  expect(first.headers.ratelimit).toBe('"user";r=1;t=30')
  expect(first.headers['ratelimit-policy']).toBe('"user";q=2;w=60')
  await ask()
  const refused = await ask()
  expect(refused.statusCode).toBe(429)
  expect(refused.headers['retry-after']).toBe('30')
  expect(refused.json()).toMatchObject({ type: 'rate_limited', status: 429 })
  now = 30_000
  expect((await ask()).statusCode).toBe(200)

  const forgot = (email: string, from: string) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/auth/forgot-password',
      payload: { email },
      // What the client writes there itself does not count: the load balancer adds the last.
      headers: { 'x-forwarded-for': `198.51.100.${Math.random()}, ${from}` },
    })
  const codes = async (...answers: ReturnType<typeof forgot>[]) =>
    (await Promise.all(answers)).map(({ statusCode }) => statusCode)
  expect(await codes(forgot('a@b.example', '203.0.113.1'), forgot('A@b.example', '203.0.113.2'))).toEqual([
    200, 429,
  ])
  const many = ['c', 'd', 'e', 'f'].map(name => forgot(`${name}@b.example`, '203.0.113.1'))
  expect(await codes(...many)).toEqual([200, 200, 200, 429])
  expect((await app.inject('/health')).headers.ratelimit).toBeUndefined()
})

test('without limits nothing is counted', async () => {
  const { app } = await createTestApp({ ...hello, guard: { limits: NO_LIMITS } })
  const { headers } = await app.inject({ url: '/api/v1/hello', headers: { authorization } })
  expect(headers.ratelimit).toBeUndefined()
})

test('pages of configured origins alone may ask', async () => {
  const { app } = await createTestApp({ ...hello, origins: ['https://app.example'] })
  const from = (origin: string, method: 'GET' | 'OPTIONS' = 'GET') =>
    app.inject({
      method,
      url: '/api/v1/hello',
      headers: {
        origin,
        authorization,
        ...(method === 'OPTIONS' && { 'access-control-request-method': 'GET' }),
      },
    })
  expect((await from('https://app.example')).headers).toMatchObject({
    'access-control-allow-origin': 'https://app.example',
    vary: 'origin',
  })
  const asked = await from('https://app.example', 'OPTIONS')
  expect(asked.statusCode).toBe(204)
  expect(asked.headers['access-control-allow-headers']).toContain('authorization')
  expect(asked.headers['access-control-allow-credentials']).toBeUndefined()
  for (const origin of ['https://app.example.evil.example', 'http://app.example', 'null']) {
    expect((await from(origin)).headers['access-control-allow-origin']).toBeUndefined()
    expect((await from(origin, 'OPTIONS')).statusCode).not.toBe(204)
  }
})

test('more in hand than the bound, or a late event loop, is 503 with Retry-After; liveness is not', async () => {
  const held = Promise.withResolvers<object>()
  const { app } = await createTestApp({
    overload: { inFlight: 1, loopDelayMs: 1000 },
    routes: [async api => void api.get('/slow', async () => held.promise)],
  })
  const ask = () => app.inject({ url: '/api/v1/slow', headers: { authorization } })
  const first = ask()
  await turn()
  const refused = await ask()
  expect(refused).toMatchObject({ statusCode: 503 })
  expect(refused.json().type).toBe('overloaded')
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect((await app.inject('/health')).statusCode).toBe(200)
  held.resolve({})
  expect((await first).statusCode).toBe(200)
  expect((await ask()).statusCode).toBe(200)
})

test('a request is traced from its header to its log lines, also past its body', async () => {
  const { app, lines } = await createTestApp({
    routes: [async api => void api.post('/trace', async () => ({ trace: currentTrace() }))],
  })
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const ask = (traceparent: string) =>
    app.inject({ method: 'POST', url: '/api/v1/trace', payload: {}, headers: { authorization, traceparent } })
  expect((await ask(`00-${trace}-b7ad6b7169203331-01`)).json()).toEqual({ trace })
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ event: 'request', trace_id: trace, requests: 1 })
  const own = await ask('nonsense')
  expect(own.json().trace).toBe(String(own.headers['x-request-id']).replaceAll('-', ''))
})

test('headers that are too large are 431, and one who sends them too slowly is cut off', async () => {
  const { app } = await createTestApp()
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /health HTTP/1.1\r\nhost: here\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  expect(text).toMatch(/^HTTP\/1\.1 431 .*"headers_too_large"/s)
  expect(app.server.headersTimeout).toBeLessThanOrEqual(80_000)
  expect(app.server.requestTimeout).toBeLessThanOrEqual(15 * 60_000)
  await app.close()
})
