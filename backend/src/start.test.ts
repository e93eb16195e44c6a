import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

/** Valid, with every AWS service at an address where nobody listens. */
const ENV = {
  PATH: process.env.PATH,
  // what the first process of these tests compiles the others do not compile again
  NODE_COMPILE_CACHE: join(tmpdir(), 'clarity-start-test'),
  ENVIRONMENT: 'test',
  RELEASE: 'r1',
  PORT: '0',
  HOST: '127.0.0.1',
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:49151',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  TABLE_NAME: 'table',
  RAW_BUCKET: 'bucket',
  QUEUE_URL: 'http://127.0.0.1:49151/1/queue.fifo',
  USER_POOL_ID: 'us-east-1_Abc123',
  USER_POOL_CLIENT_ID: 'client1',
  COGNITO_ISSUER: 'http://127.0.0.1:49151/us-east-1_Abc123',
}

interface Running {
  child: ChildProcess
  output: { out: string; err: string }
  exited: Promise<number | null>
}

const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

function start(root: 'api' | 'worker', env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [`${import.meta.dirname}/${root}.ts`], { env: { ...ENV, ...env } })
  running.push(child)
  const output = { out: '', err: '' }
  child.stdout.on('data', chunk => {
    output.out += chunk
  })
  child.stderr.on('data', chunk => {
    output.err += chunk
  })
  return { child, output, exited: once(child, 'close').then(([code]) => code as number | null) }
}

/** Waits for a line of the log and gives its fields. */
async function logged({ output, child }: Running, event: string): Promise<Record<string, unknown>> {
  for (;;) {
    const line = output.out.split('\n').find(line => line.includes(`"event":"${event}"`))
    if (line) return JSON.parse(line)
    if (child.exitCode !== null)
      throw new Error(`exited ${child.exitCode} before '${event}': ${output.out}${output.err}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

test.each(['api', 'worker'] as const)(
  '%s without its table ends with code 2 and one line that names it',
  async root => {
    const { output, exited } = start(root, { TABLE_NAME: '', LOG_LEVEL: 'secret-level' })
    expect(await exited).toBe(2)
    expect(output.out).toBe('')
    expect(output.err.trim().split('\n')).toHaveLength(1)
    expect(output.err).toContain('TABLE_NAME is missing')
    expect(output.err).toContain('LOG_LEVEL is malformed')
    expect(output.err).not.toContain('secret-level')
  },
)

test('the api answers while its dependencies are down, and says so', async () => {
  const api = start('api')
  const { port } = await logged(api, 'listening')
  const health = await fetch(`http://127.0.0.1:${port}/health`)
  expect(health.status).toBe(200)
  expect(health.headers.get('x-clarity-release')).toBe('r1')
  const ready = await fetch(`http://127.0.0.1:${port}/health/ready`)
  expect(ready.status).toBe(503)
  const { checks } = (await ready.json()) as { checks: { name: string; status: string }[] }
  expect(checks.map(check => `${check.name} ${check.status}`)).toEqual(
    ['table', 'bucket', 'queue', 'identity'].map(name => `${name} failed`),
  )
  const login = await fetch(`http://127.0.0.1:${port}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'a@b.example', password: 'x' }),
  })
  expect(login.status).toBe(503)
})

test('SIGTERM lets a request in flight finish, then ends with 0', async () => {
  const release = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const issuer = createServer(async (_request, response) => {
    asked.resolve()
    await release.promise
    response.end('{"keys":[]}')
  }).listen(0, '127.0.0.1')
  await once(issuer, 'listening')
  const api = start('api', {
    COGNITO_ISSUER: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/pool`,
  })
  const { port } = await logged(api, 'listening')
  await asked.promise
  const ready = fetch(`http://127.0.0.1:${port}/health/ready`)
  await fetch(`http://127.0.0.1:${port}/health`)
  api.child.kill('SIGTERM')
  await logged(api, 'stopping')
  const during = await fetch(`http://127.0.0.1:${port}/health`)
  expect([during.status, during.headers.get('connection')]).toEqual([200, 'close'])
  release.resolve()
  expect((await ready).status).toBe(503)
  expect(await api.exited).toBe(0)
  await logged(api, 'stopped')
  issuer.close()
})

test('a second signal ends it at once', async () => {
  const api = start('api', { STOP_TIMEOUT_SECONDS: '60' })
  await logged(api, 'listening')
  api.child.kill('SIGTERM')
  await logged(api, 'stopping')
  api.child.kill('SIGTERM')
  expect(await api.exited).toBe(1)
})

test('a port that is taken ends it, and the log says which', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const api = start('api', { PORT: String(port) })
  expect(await api.exited).toBe(1)
  expect(await logged(api, 'cannot listen')).toMatchObject({ level: 'error', port, reason: 'EADDRINUSE' })
  taken.close()
})

test('the worker stops at SIGTERM though its queue is down', async () => {
  const worker = start('worker')
  await logged(worker, 'working')
  worker.child.kill('SIGTERM')
  expect(await worker.exited).toBe(0)
})
