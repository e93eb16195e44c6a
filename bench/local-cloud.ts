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
  for (let round = 0; round < 5; round++) {
    const cloud = await startCloud()
    times.push(cloud.startMs)
    cloud.stop()
  }
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

/** By the name of the call; what fails is told instead of counted. */
async function rates(server: Server, services: Call['service'][]): Promise<Map<string, number | string>> {
  const found = new Map<string, number | string>()
  const calls = await prepare(createSend(server.endpoint, server.key), services)
  for (const call of calls)
    found.set(call.name, await rateOf(call).catch((error: Error) => error.message.slice(0, 60)))
  return found
}

const median = await starts()

const cloud = await startCloud()
await sleep(2000)
const idle = cloud.memoryMb()
line('memory idle (MB)', `${idle.toFixed(0)} (bar ${BARS.idleMb})`)
const ours = await rates(cloud, ['dynamodb', 's3', 'sqs'])
cloud.stop()

const dynalite = await startDynalite()
const idleDynalite = dynalite.memoryMb()
const dynaliteRates = await rates(dynalite, ['dynamodb'])
dynalite.stop()

const moto = await startMoto()
const motoRates = moto ? await rates(moto, ['dynamodb', 's3', 'sqs']) : new Map<string, number | string>()
moto?.stop()
if (!moto) line('moto', "not installed here: pip install 'moto[server]==5.2.1'")

for (const [name, rate] of ours) {
  const beside = (other: string, rival: number | string | undefined) =>
    rival === undefined
      ? []
      : typeof rival === 'string'
        ? [`${other}: ${rival}`]
        : [`${(Number(rate) / rival).toFixed(1)} × ${other} (${rival.toFixed(0)})`]
  const ratios = [
    ...beside('dynalite alone', dynaliteRates.get(name)),
    ...beside('moto', motoRates.get(name)),
  ]
  line(`${name} (/s)`, [typeof rate === 'number' ? rate.toFixed(0) : rate, ...ratios].join(', '))
}

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
line('memory of dynalite alone idle (MB)', idleDynalite.toFixed(0))

process.exitCode = median < BARS.startMs && idle < BARS.idleMb ? 0 : 1
