import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, prepare, writeBatch } from './local-cloud/calls.ts'
import { type Server, startCloud, startDynalite, startMoto } from './local-cloud/servers.ts'
import { createSend } from './local-cloud/signed-client.ts'

/**
 * The local cloud's start, memory and rates, beside moto and dynalite alone in the same run: one line a figure.
 * `node bench/local-cloud.ts [seconds a figure]`. Exits 1 when a bar is missed: ready in 1.5 s, 150 MB idle.
 */
const SECONDS = Number(process.argv[2] ?? 2)
const CONCURRENCY = 16
const BARS = { startMs: 1500, idleMb: 150 }
const ITEMS = 100_000

const line = (name: string, value: string) => process.stdout.write(`${name.padEnd(44)} ${value}\n`)

async function starts(): Promise<number> {
  const times: number[] = []
  const processor: number[] = []
  // what the first start compiles is kept for the others, as on a laptop; elsewhere, so that there is a first one
  const compiled = await mkdtemp(join(tmpdir(), 'bench-compiled-'))
  process.env.NODE_COMPILE_CACHE = compiled
  for (let round = 0; round < 6; round++) {
    const cloud = await startCloud()
    if (round === 0) {
      line('first start of a checkout (ms)', cloud.startMs.toFixed(0))
      // its compiled code is written once it is ready
      await sleep(500)
      cloud.stop()
      continue
    }
    times.push(cloud.startMs)
    processor.push(cloud.processorMs())
    cloud.stop()
  }
  delete process.env.NODE_COMPILE_CACHE
  await rm(compiled, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  line('processor time of a start (ms)', processor.toSorted((a, b) => a - b)[2]?.toFixed(0) ?? '')
  const [least = 0, , median = 0, , most = 0] = times.sort((a, b) => a - b)
  line(
    'start to ready (ms)',
    `${median.toFixed(0)} median, ${least.toFixed(0)} least, ${most.toFixed(0)} most (bar ${BARS.startMs})`,
  )
  return median
}

/** Calls a second that are answered, at a concurrency of 16. */
async function rateOf({ run, weight = 1 }: Call): Promise<number> {
  let at = 0
  let failure: Error | undefined
  const started = performance.now()
  const until = started + SECONDS * 1000
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (!failure && performance.now() < until)
        await run(at++).catch(error => {
          failure = error
        })
    }),
  )
  if (failure) throw failure
  return (at * weight) / ((performance.now() - started) / 1000)
}

/** The calls that a server has, by name, ready to be made. */
async function callsOf(server: Server, services: Call['service'][]): Promise<Map<string, Call>> {
  const calls = await prepare(createSend(server.endpoint, server.key), services)
  return new Map(calls.map(call => [call.name, call]))
}

const median = await starts()

const cloud = await startCloud()
await sleep(2000)
const idle = cloud.memoryMb()
line('memory idle (MB)', `${idle.toFixed(0)} (bar ${BARS.idleMb})`)
const dynalite = await startDynalite()
line('memory of dynalite alone idle (MB)', dynalite.memoryMb().toFixed(0))
const moto = await startMoto()
if (!moto) line('moto', "not installed here: pip install 'moto[server]==5.2.1'")

const ours = await callsOf(cloud, ['dynamodb', 's3', 'sqs'])
const rivals = [
  { name: 'dynalite alone', calls: await callsOf(dynalite, ['dynamodb']) },
  ...(moto ? [{ name: 'moto', calls: await callsOf(moto, ['dynamodb', 's3', 'sqs']) }] : []),
]
// one after the other for each call: what else the machine does changes from minute to minute
for (const [name, call] of ours) {
  const rate = await rateOf(call)
  const figures = [rate.toFixed(0)]
  for (const rival of rivals) {
    const same = rival.calls.get(name)
    if (!same) continue
    figures.push(
      await rateOf(same).then(
        other => `${(rate / other).toFixed(1)} × ${rival.name} (${other.toFixed(0)})`,
        (error: Error) => `${rival.name} fails: ${error.message.slice(0, 60)}`,
      ),
    )
  }
  line(`${name} (/s)`, figures.join(', '))
}
for (const server of [cloud, dynalite, moto]) server?.stop()

for (const [name, start] of [
  ['memory with 100k items (MB)', startCloud],
  ['memory of dynalite alone with 100k items (MB)', startDynalite],
] as const) {
  const server = await start()
  const send = createSend(server.endpoint, server.key)
  await prepare(send, ['dynamodb'])
  let at = 0
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (at < ITEMS / 25) await writeBatch(send, at++)
    }),
  )
  await sleep(2000)
  line(name, server.memoryMb().toFixed(0))
  server.stop()
}

process.exitCode = median < BARS.startMs && idle < BARS.idleMb ? 0 : 1
