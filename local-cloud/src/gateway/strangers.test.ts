import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../testing.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
})
afterAll(() => cloud.dispose())

const statusWith = (headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve, reject) => {
    const sent = request(`${cloud.endpoint}/_clarity/health`, { headers }, answer => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.on('error', reject).end()
  })

test.each([
  ['a client on this machine', {}, 200],
  ['localhost by name', { host: 'localhost:4566' }, 200],
  ['a bucket as host name', { host: 'bucket.localhost:4566' }, 200],
  ['a web page', { origin: 'https://example.com' }, 403],
  ['a name that was rebound to loopback', { host: 'example.com' }, 403],
  ['a name that only looks like loopback', { host: '127.0.0.1.example.com' }, 403],
])('%s: %o is answered %d', async (_, headers, status) => {
  expect(await statusWith(headers as Record<string, string>)).toBe(status)
})
