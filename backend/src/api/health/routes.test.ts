import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { createTestApp } from '../testing/test-app.ts'

test('liveness asks nobody', async () => {
  const { app } = await createTestApp({ checks: [{ name: 'table', ask: () => Promise.reject(new Error()) }] })
  const answer = await app.inject('/health')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ status: 'ok', release: 'test-1', uptime_seconds: expect.any(Number) })
})

test('readiness tells which dependency is down, in what way, and no more', async () => {
  const { app, lines } = await createTestApp({
    checks: [
      { name: 'good', ask: async () => {} },
      { name: 'slow', ask: () => new Promise(() => {}) },
      { name: 'table', ask: signal => describeTable(signal, 400, 'ResourceNotFoundException') },
      { name: 'queue', ask: signal => describeTable(signal, 400, 'AccessDeniedException') },
      { name: 'bucket', ask: signal => describeTable(signal, 400, 'ThrottlingException') },
      { name: 'down', ask: () => fetch('http://127.0.0.1:49151/secret-path') },
      { name: 'odd', ask: () => Promise.reject(new Error('secret-inside')) },
    ],
  })
  const answer = await app.inject('/health/ready')
  expect(answer.statusCode).toBe(503)
  const { status, release, checks } = answer.json()
  expect({ status, release }).toEqual({ status: 'unready', release: 'test-1' })
  expect(
    Object.fromEntries(checks.map((c: { name: string; reason?: string }) => [c.name, c.reason ?? 'ok'])),
  ).toEqual({
    good: 'ok',
    slow: 'timeout',
    table: 'not_found',
    queue: 'access_denied',
    bucket: 'throttled',
    down: 'unreachable',
    odd: 'error',
  })
  expect(answer.body + lines.join()).not.toContain('secret')
}, 10_000)

/** A real SDK client against an endpoint that answers with one error. */
async function describeTable(abortSignal: AbortSignal, status: number, type: string): Promise<unknown> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'secret' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  })
  try {
    return await client.send(new DescribeTableCommand({ TableName: 'table' }), { abortSignal })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
