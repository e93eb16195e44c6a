import { type ChildProcess, fork, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'

/**
 * The OpenAPI document against the API that serves it, by schemathesis: no answer of 5xx, none of a status or a shape
 * that is not documented. `node bench/fuzz.ts <path of schemathesis> [cases an operation] [seed]`; the last line tells the
 * outcome. Exits 1 when something was found, when the cases were fewer than 10,000 (an operation without input has no more
 * than a few), or when they took longer than 20 minutes. A seed gives the same cases again: nothing is remembered between runs.
 * Left out: erasing the account that asks, ending its sessions, and the stream of events, which does not end.
 */
const [, , tool = '.clarity/tools/fuzz/bin/schemathesis', cases = '250', seed = '1'] = process.argv
/** The cases that are asked for, of all operations together. */
const LEAST_CASES = 10_000
const MOST_MS = 20 * 60_000
const EXCLUDED = '^/api/v1/(account|events|sessions|auth/logout)$'
const NO_LIMITS = {
  RATE_LIMIT_USER: '0',
  RATE_LIMIT_ADDRESS: '0',
  RATE_LIMIT_AUTH: '0',
  RATE_LIMIT_ACCOUNT: '0',
}
const children: ChildProcess[] = []

try {
  const cloud = fork(new URL('./api/cloud.ts', import.meta.url))
  children.push(cloud)
  const [env] = (await once(cloud, 'message')) as [NodeJS.ProcessEnv]
  const api = spawn(process.execPath, [new URL('../backend/src/api.ts', import.meta.url).pathname], {
    env: { ...env, ...NO_LIMITS, PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(api)
  const base = `http://127.0.0.1:${await portOf(api)}`
  const sign = { email: 'fuzz@example.org', password: `Correct horse ${randomUUID()} 1` }
  const call = async (path: string, body: object): Promise<Record<string, string>> => {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await fetch(`${base}/api/v1/auth/${path}`, init)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, string>
  }
  await call('register', sign)
  cloud.send(sign.email)
  const [code] = (await once(cloud, 'message')) as [string]
  await call('confirm', { email: sign.email, code })
  const { access_token } = await call('login', sign)
  const checks =
    'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance'
  const began = performance.now()
  const fuzz = spawn(
    resolve(tool),
    [
      ...['run', `${base}/openapi.json`, '--header', `Authorization: Bearer ${access_token}`],
      ...['--checks', checks, '--phases', 'coverage,fuzzing', '--max-examples', cases, '--seed', seed],
      ...['--exclude-path-regex', EXCLUDED, '--request-timeout', '20', '--no-color', '--warnings', 'off'],
      ...['--workers', '2', '--continue-on-failure', '--generation-database', 'none'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: tmpdir() },
  )
  children.push(fuzz)
  const bound = setTimeout(() => fuzz.kill('SIGKILL'), MOST_MS)
  let text = ''
  fuzz.stdout.on('data', (chunk: Buffer) => {
    text += chunk
    process.stdout.write(chunk)
  })
  const [status] = (await once(fuzz, 'close')) as [number | null]
  clearTimeout(bound)
  const generated = Number(/(\d+) generated/.exec(text)?.[1] ?? 0)
  const seconds = Math.round((performance.now() - began) / 1000)
  const outcome =
    status === null
      ? 'cut off'
      : status !== 0
        ? 'failed'
        : generated < LEAST_CASES
          ? 'too few cases'
          : 'clean'
  process.stdout.write(`fuzz: ${outcome}; ${generated} cases, seed ${seed}, ${seconds} s\n`)
  process.exitCode = outcome === 'clean' ? 0 : 1
} finally {
  for (const each of children) each.kill('SIGKILL')
}

/** Waits until the API listens; then reads what it logs, as a container's would be, and shows what failed in it. */
async function portOf(api: ChildProcess): Promise<number> {
  const { promise, resolve: found, reject } = Promise.withResolvers<number>()
  api.once('exit', code => reject(new Error(`the API ended with ${code}`)))
  let text = ''
  api.stdout?.on('data', (chunk: Buffer) => {
    const lines = (text + chunk).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const { event, port, level } = JSON.parse(line)
      if (event === 'listening') found(port)
      if (level === 'error') process.stderr.write(`${line}\n`)
    }
  })
  return promise
}
