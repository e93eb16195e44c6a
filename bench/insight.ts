import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGeminiWording } from '../backend/src/adapters/gemini/wording.ts'
import { addDays } from '../backend/src/domain/insights/facts.ts'
import { hostileAnswers } from '../backend/src/domain/insights/testing/hostile-answers.ts'
import { createLog } from '../backend/src/logging.ts'
import { startInsights, TODAY } from './insight-parts/backend.ts'
import type { InsightCloud } from './insight-parts/cloud-child.ts'

/**
 * Insights over the wire: what a person waits for, how much of that is our own, and whether a hostile model gets
 * anything through. The local cloud (DynamoDB, KMS, the stand-in for Gemini) has a process of its own, the API another.
 * `node bench/insight.ts [insights] [hostile answers]`. Exits 1 when the median of our own time passes
 * 100 ms, or a hostile answer reaches a reader.
 */
const INSIGHTS = Number(process.argv[2] ?? 60)
const HOSTILE = Number(process.argv[3] ?? 500)
const MOST_OWN_MS = 100

const child = fork(new URL('./insight-parts/cloud-child.ts', import.meta.url))
const [cloud] = (await once(child, 'message')) as [InsightCloud]
let modelMs = 0
let lastRequest: { url: string; init: RequestInit } | undefined
const app = await startInsights(cloud, async (url, init) => {
  lastRequest = { url: String(url), init: { ...init, signal: undefined } as RequestInit }
  const started = performance.now()
  const response = await fetch(url, init)
  const body = await response.arrayBuffer()
  modelMs += performance.now() - started
  return new Response(body, { status: response.status, headers: response.headers })
})
const api = `${app.listeningOrigin}/api/v1/insights`

const insights = await measured(at => ask('?stream=true', { from: addDays(TODAY, -13 - at) }))
const bare = await measured(async () => {
  if (!lastRequest) throw new Error('the model was never asked')
  const started = performance.now()
  await (await fetch(lastRequest.url, lastRequest.init)).arrayBuffer()
  return { first: 0, words: 0, end: performance.now() - started, own: 0 }
})
const again = await measured(() => ask('', { from: addDays(TODAY, -13) }))
const questions = await measured(() =>
  ask('/questions', { question: 'How many steps did I walk on average?' }),
)

const baseline = percentile(
  bare.map(({ end }) => end),
  50,
)
figure('a bare call to the stand-in', bare, 'end')
figure('an insight, to the facts', insights, 'first')
figure('an insight, to the first words', insights, 'words')
figure('an insight, to the end', insights, 'end')
figure('an insight, our own time', insights, 'own')
figure('the same insight again', again, 'end')
figure('a question, to the end (two calls)', questions, 'end')
figure('a question, our own time', questions, 'own')
await app.close()
child.send('stop')

const passed = await hostileOverTheWire()
line('hostile answers that reached a reader', `${passed} of ${HOSTILE}, each given twice`)
const own = Math.max(
  ...[insights, questions].map(runs =>
    percentile(
      runs.map(run => run.own),
      50,
    ),
  ),
)
process.exitCode = passed > 0 || own > MOST_OWN_MS ? 1 : 0

interface Run {
  first: number
  words: number
  end: number
  own: number
}

/** The first few are for warming up. */
async function measured(run: (at: number) => Promise<Run>): Promise<Run[]> {
  const runs: Run[] = []
  for (let at = 0; at < INSIGHTS + 5; at++) runs.push(await run(at))
  return runs.slice(5)
}

async function ask(path: string, payload: object): Promise<Run> {
  modelMs = 0
  const started = performance.now()
  const since = (): number => performance.now() - started
  const headers = { authorization: 'Bearer bench', 'content-type': 'application/json' }
  const response = await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(payload) })
  let text = ''
  const run = { first: 0, words: 0, end: 0, own: 0 }
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    run.first ||= since()
    if (text.includes('event: words')) run.words ||= since()
  }
  if (!response.ok || !text.includes('"generated_by":"gemini"')) throw new Error(text.slice(0, 300))
  run.end = since()
  run.own = run.end - modelMs
  return run
}

/** A server that speaks Gemini's format and answers whatever it is told to, at every attempt. */
async function hostileOverTheWire(): Promise<number> {
  let text = ''
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const candidate = { content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ candidates: [candidate] }))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const wording = createGeminiWording({
    ...{ skip: false, baa: false, apiKey: 'key', model: 'gemini-2.5-pro', fetch, random: Math.random },
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log: createLog({ level: 'silent', release: 'bench', environment: 'bench', service: 'api' }),
  })
  let passed = 0
  for (const hostile of hostileAnswers(Date.now(), HOSTILE)) {
    text = hostile.text
    const { ok } = await wording.word(hostile.facts)
    if (ok) line('reached a reader', `${hostile.kind}: ${hostile.text}`)
    if (ok) passed++
  }
  server.close()
  server.closeAllConnections()
  return passed
}

function figure(what: string, runs: readonly Run[], of: keyof Run): void {
  const values = runs.map(run => run[of])
  const [p50, p95] = [percentile(values, 50), percentile(values, 95)]
  line(
    what,
    `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms (${(p50 / baseline).toFixed(1)}x a bare call)`,
  )
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] ?? Number.NaN
}

function line(what: string, value: string): void {
  process.stdout.write(`${what.padEnd(42)} ${value}\n`)
}
