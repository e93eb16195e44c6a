import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMortalCloud, type MortalCloud } from './cloud.ts'
import { createFifo } from './fifo.ts'
import { BrokenPromise, type Model, NoAnswer } from './model.ts'
import { createObjects } from './objects.ts'
import { createQueue } from './queue.ts'
import { createRandom, type Random } from './random.ts'
import { createTables } from './tables.ts'
import { createTraffic } from './traffic.ts'

export interface ChaosOptions {
  seed: number
  /** Interleavings: a burst of requests, and what happens in the middle of it. */
  rounds: number
  /** Rounds between two looks whether the service comes to rest, which takes seconds. @default 5 */
  restEvery?: number
  /** Ends the run after the round that it is in. */
  signal?: AbortSignal
  /** Told after every round. */
  onRound?(round: number): void
}

export interface ChaosReport {
  rounds: number
  kills: number
  stops: number
  /** Answers of 5xx, which leave open what became of the request. */
  noAnswers: Map<string, number>
  /** One line a promise. */
  told: { name: string; did: string }[]
}

/**
 * Runs requests to a cloud while it is killed, stopped and started at random, and holds it to what it acknowledged.
 * @throws BrokenPromise with the seed and the round
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, rounds, restEvery = 5, signal, onRound = () => {} } = options
  const state = await mkdtemp(join(tmpdir(), 'chaos-'))
  const cloud = await createMortalCloud(state)
  const random = createRandom(seed)
  const report: ChaosReport = { rounds: 0, kills: 0, stops: 0, noAnswers: new Map(), told: [] }
  try {
    const models = [
      createTables(cloud),
      createObjects(cloud),
      createQueue(cloud),
      createFifo(cloud),
      createTraffic(cloud, await freePort(), restEvery),
    ]
    for (const model of models) await model.prepare()
    for (let round = 1; round <= rounds && !signal?.aborted; round++) {
      try {
        await interleave(cloud, models, random, report)
      } catch (error) {
        throw new BrokenPromise(`seed ${seed}, round ${round}: ${(error as Error).message}`, { cause: error })
      }
      report.rounds = round
      onRound(round)
    }
    report.told = models.map(model => ({ name: model.name, did: model.told() }))
    return report
  } finally {
    await cloud.end('SIGTERM')
    await rm(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

async function interleave(
  cloud: MortalCloud,
  models: Model[],
  random: Random,
  report: ChaosReport,
): Promise<void> {
  const burst = { over: false }
  const workers = models.flatMap(model =>
    Array.from({ length: model.workers }, (_, worker) =>
      work(model, worker, createRandom(random.below(2 ** 31)), burst, report),
    ),
  )
  const all = Promise.all(workers)
  // told below; without this a worker that fails early would be an unhandled rejection
  all.catch(() => {})
  await sleep(5 + random.below(random.chance(20) ? 400 : 80))
  const fate = random.below(100)
  if (fate < 40) {
    report.kills++
    await cloud.end('SIGKILL')
  } else if (fate < 50) {
    report.stops++
    await cloud.end('SIGTERM')
  }
  burst.over = true
  await all
  if (fate < 50) await cloud.start()
  for (const model of models) await model.verify()
}

async function work(
  model: Model,
  worker: number,
  random: Random,
  burst: { over: boolean },
  report: ChaosReport,
): Promise<void> {
  while (!burst.over)
    try {
      await model.step(worker, random)
    } catch (error) {
      if (error instanceof BrokenPromise) throw error
      if (error instanceof NoAnswer) {
        const what = error.message.slice(0, 80)
        report.noAnswers.set(what, (report.noAnswers.get(what) ?? 0) + 1)
      } else if (!isConnectionError(error)) throw error
      // the cloud is away, or going
      await sleep(1)
    }
}

function isConnectionError(error: unknown): boolean {
  const { code, cause, name, $metadata } = error as {
    code?: string
    cause?: { code?: string }
    name?: string
    $metadata?: { httpStatusCode?: number }
  }
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true
  return (
    /^(ECONN|EPIPE|UND_ERR|HPE_)/.test(code ?? cause?.code ?? '') ||
    name === 'TimeoutError' ||
    /socket hang up|fetch failed/.test((error as Error).message)
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
