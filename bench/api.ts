import { type ChildProcess, fork, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { LoadOrder, LoadResult } from './api/load.ts'

/**
 * The API as it is delivered, signed in and over the local cloud, against a Fastify route that only returns the same
 * bytes. API, worker, cloud, bare route and load have a process each. `node bench/api.ts [seconds] [users]`;
 * with PROFILE=<folder> the API and the cloud leave processor profiles there.
 * Exits 1 when reads carry less than half of the bare route's, or 99 of 100 take 50 ms or more at 70 % of saturation.
 */
const SECONDS = Number(process.argv[2] ?? 3)
const USERS = Number(process.argv[3] ?? 20)
const CONNECTIONS = 32
const LEAST_SHARE = 0.5
const MOST_P99_MS = 50
/** A few users at one address ask here for thousands. */
const UNLIMITED = { RATE_LIMIT_USER: '0', RATE_LIMIT_ADDRESS: '0', RATE_LIMIT_AUTH: '0' }
const PERIOD = 'from=2026-03-02&to=2026-05-30'

const children: ChildProcess[] = []
const line = (name: string, value: number, unit: string): void =>
  void process.stdout.write(`${name.padEnd(44)} ${value.toFixed(value < 10 ? 3 : 0)} ${unit}\n`)
const child = (name: string): ChildProcess => {
  const made = fork(new URL(`./api/${name}.ts`, import.meta.url), { execArgv: profiled(name) })
  children.push(made)
  return made
}

try {
  const cloud = child('cloud')
  const [env] = (await once(cloud, 'message')) as [NodeJS.ProcessEnv]
  const bare = child('bare')
  const [barePort] = (await once(bare, 'message')) as [number]
  const generator = child('load')
  const load = async (order: LoadOrder): Promise<LoadResult> => {
    generator.send(order)
    return ((await once(generator, 'message')) as [LoadResult])[0]
  }
  const [worker, backend] = await Promise.all([start('worker', env), start('api', env, 'listening')])
  const { port } = backend
  const users = await signUp(port, cloud)
  for (const token of users) await upload(port, token)

  let bad = false
  const measured: [name: string, path: string][] = [
    ['daily summaries, 90 days', `/api/v1/summaries/daily?metric=steps&${PERIOD}`],
    ['1,000 samples', '/api/v1/health-data?metric=heart_rate'],
    ['rhythm, 90 days', `/api/v1/rhythm?${PERIOD}`],
  ]
  for (const [name, path] of measured) {
    const requests = users.map(token => get(path, token))
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${users[0]}` },
    })
    const body = Buffer.from(await answer.arrayBuffer())
    if (answer.status !== 200) throw new Error(`${answer.status} ${body}`)
    bare.send(body.toString('base64'))
    await once(bare, 'message')
    const api = { port, requests, connections: CONNECTIONS }
    const against = { port: barePort, requests: [get('/bench', users[0] ?? '')], connections: CONNECTIONS }
    await load({ ...api, milliseconds: 1500 })
    await load({ ...against, milliseconds: 500 })
    // In turns, so that whatever else the machine does falls on both alike.
    const rounds: { own: Round; other: Round }[] = []
    for (let round = 0; round < 3; round++) {
      const other = await metered(bare, () => load({ ...against, milliseconds: (SECONDS * 1000) / 3 }))
      const own = await metered(backend.process, () => load({ ...api, milliseconds: (SECONDS * 1000) / 3 }))
      rounds.push({ own, other })
    }
    const own = median(rounds.map(each => each.own.perSecond))
    const share = median(rounds.map(each => each.own.perSecond / each.other.perSecond))
    const steady = await load({ ...api, milliseconds: SECONDS * 1000, rate: own * 0.7 })
    const failures = rounds.reduce((sum, each) => sum + each.own.failures, steady.failures)
    line(`${name}: answer`, body.length, 'bytes')
    line(`${name}: read`, own, '/s')
    line(`${name}: bare route`, median(rounds.map(each => each.other.perSecond)), '/s')
    line(`${name}: share of the bare route`, share, '')
    const cpu = (of: 'own' | 'other') => median(rounds.map(each => each[of].cpuMicroseconds))
    line(`${name}: the API's own processor time a request`, cpu('own'), 'us')
    line(`${name}: the bare route's`, cpu('other'), 'us')
    line(`${name}: p50 at 70 %`, steady.p50, 'ms')
    line(`${name}: p99 at 70 %`, steady.p99, 'ms')
    line(`${name}: failures`, failures, '')
    if (share < LEAST_SHARE || steady.p99 >= MOST_P99_MS || failures > 0) bad = true
  }

  // What becomes of uploads is measured by bench/ingest: here the worker would take the cloud's one processor.
  worker.process.kill('SIGKILL')
  const writes = {
    port,
    requests: Array.from({ length: 5000 }, (_, i) => post(users[i % users.length] ?? '')),
    connections: 16,
  }
  const write = await load({ ...writes, milliseconds: SECONDS * 1000 })
  line('ten samples: written', write.perSecond, '/s')
  const more = Array.from({ length: 5000 }, (_, i) => post(users[i % users.length] ?? ''))
  const steady = await load({
    ...writes,
    requests: more,
    milliseconds: SECONDS * 1000,
    rate: write.perSecond * 0.7,
  })
  line('ten samples: p50 at 70 %', steady.p50, 'ms')
  line('ten samples: p99 at 70 %', steady.p99, 'ms')
  line('ten samples: failures', write.failures + steady.failures, '')
  if (write.failures + steady.failures > 0 || bad) process.exitCode = 1
} finally {
  for (const each of children) each.kill(process.env.PROFILE ? 'SIGTERM' : 'SIGKILL')
}

function profiled(name: string): string[] {
  const { PROFILE } = process.env
  if (!PROFILE || (name !== 'api' && name !== 'cloud')) return []
  return ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`, `--cpu-prof-name=${name}.cpuprofile`]
}

/** One of the backend's two processes, from its source. @param event of the log line that it is ready with */
async function start(
  name: string,
  env: NodeJS.ProcessEnv,
  event = 'working',
): Promise<{ port: number; process: ChildProcess }> {
  const main = new URL(`../backend/src/${name}.ts`, import.meta.url).pathname
  const made = spawn(process.execPath, [...profiled(name), main], {
    env: { ...env, ...UNLIMITED, PATH: process.env.PATH, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(made)
  let text = ''
  for await (const chunk of made.stdout) {
    text += chunk
    const found = text.split('\n').find(each => each.includes(`"event":"${event}"`))
    if (!found) continue
    // Log lines go where a container's go: to somebody who reads them.
    spawn('/bin/cat', { stdio: [made.stdout, 'ignore', 'ignore'] })
    return { port: JSON.parse(found).port, process: made }
  }
  throw new Error(`${name} ended: ${text}`)
}

/** Users with an access token each, by the routes of the API. */
async function signUp(port: number, cloud: ChildProcess): Promise<string[]> {
  const call = async (path: string, body: object): Promise<Record<string, string>> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, string>
  }
  const tokens: string[] = []
  for (let i = 0; i < USERS; i++) {
    const sign = { email: `bench-${i}@example.org`, password: `Correct horse ${randomUUID()} 1` }
    await call('register', sign)
    cloud.send(sign.email)
    const [code] = (await once(cloud, 'message')) as [string]
    await call('confirm', { email: sign.email, code })
    tokens.push((await call('login', sign)).access_token ?? '')
  }
  return tokens
}

/** 90 days of steps by the hour, and 1,000 heart rates of the last of them. */
async function upload(port: number, token: string): Promise<void> {
  const start = Date.parse('2026-03-02T00:00:00Z')
  const at = (ms: number) => new Date(ms).toISOString()
  const source = { name: 'Watch' }
  const steps = Array.from({ length: 90 * 14 }, (_, i) => {
    const from = start + Math.floor(i / 14) * 86_400_000 + (8 + (i % 14)) * 3_600_000
    const value = 100 + ((i * 37) % 900)
    return {
      uuid: randomUUID(),
      type: 'steps',
      value,
      unit: 'count',
      start: at(from),
      end: at(from + 300_000),
      source,
    }
  })
  const rates = Array.from({ length: 1200 }, (_, i) => {
    const from = at(start + 88 * 86_400_000 + i * 60_000)
    return {
      uuid: randomUUID(),
      type: 'heart_rate',
      value: 50 + (i % 60),
      unit: 'count/min',
      start: from,
      end: from,
      source,
    }
  })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const sent = await fetch(`http://127.0.0.1:${port}/api/v1/health-data`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ samples: [...steps, ...rates] }),
  })
  const { upload_id } = (await sent.json()) as { upload_id: string }
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const status = await fetch(`http://127.0.0.1:${port}/api/v1/uploads/${upload_id}`, { headers })
    if (((await status.json()) as { status: string }).status === 'processed') return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error('an upload was not processed within a minute')
}

function get(path: string, token: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`
}

function post(token: string): string {
  const now = new Date().toISOString()
  const samples = Array.from({ length: 10 }, (_, i) => ({
    uuid: randomUUID(),
    type: 'heart_rate',
    value: 60 + i,
    unit: 'count/min',
    start: now,
    end: now,
    source: { name: 'Watch' },
  }))
  const body = JSON.stringify({ samples })
  return `POST /api/v1/health-data HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

interface Round extends LoadResult {
  /** Of the process that answered, for each answer; whatever else the machine does. */
  cpuMicroseconds: number
}

async function metered(child: ChildProcess, run: () => Promise<LoadResult>): Promise<Round> {
  const before = cpuOf(child)
  const result = await run()
  return { ...result, cpuMicroseconds: (cpuOf(child) - before) / result.answers }
}

/** Processor time of a process so far, in microseconds, in ticks of 10 ms; not a number where there is no /proc. */
function cpuOf({ pid }: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return Number.NaN
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
