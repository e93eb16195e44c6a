import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadOrder, LoadResult } from './alb/load.ts'
import { children, HAPROXY, startBalancer, startHaproxy, startTargets } from './alb/stand.ts'

/**
 * The local load balancer against direct calls of the same targets, and beside haproxy where it is installed: the
 * API's health check, and a server with nothing to do, of which a proxy can only be a fraction (it reads and writes
 * twice as often). The cloud, the targets, haproxy and the load each have a process of their own.
 * `node bench/alb.ts [rounds] [seconds]`. Exits 1 when before the API the load balancer adds a millisecond or more to
 * the median, or carries less than half. Processor time a request tells of a proxy what other work on the machine hides.
 */
const ROUNDS = Number(process.argv[2] ?? 5)
const SECONDS = Number(process.argv[3] ?? 1)
const MOST_ADDED_MS = 1
const LEAST_SHARE = 0.5
const JUDGED = 'the API'

const folder = await mkdtemp(join(tmpdir(), 'bench-alb-'))
try {
  const targets = await startTargets()
  const behind = Object.values(targets)
  const ways: Record<string, number[]> = {
    direct: behind,
    'load balancer': await startBalancer(folder, behind),
  }
  const pids: Record<string, number | undefined> = { 'load balancer': children.at(-1)?.pid }
  if (HAPROXY) {
    ways.haproxy = await startHaproxy(HAPROXY, folder, behind)
    pids.haproxy = children.at(-1)?.pid
  } else line('haproxy', 'not installed (apt-get install haproxy)')
  const generator = fork(new URL('./alb/load.ts', import.meta.url))
  children.push(generator)
  const run = async (order: LoadOrder): Promise<LoadResult> => {
    generator.send(order)
    const [result] = (await once(generator, 'message')) as [LoadResult]
    return result
  }
  for (const port of Object.values(ways).flat()) await run({ port, connections: 16, milliseconds: 500 })
  for (const [at, target] of Object.keys(targets).entries()) await compare(target, at)

  /** Taken in turns, and the best round of each counts: whatever else the machine does only makes a round worse. */
  async function compare(target: string, at: number): Promise<void> {
    const one: Record<string, LoadResult[]> = {}
    const many: Record<string, LoadResult[]> = {}
    const processor: Record<string, number[]> = {}
    for (let round = 0; round < ROUNDS; round++)
      for (const [way, ports] of Object.entries(ways)) {
        const port = ports[at] as number
        const milliseconds = SECONDS * 1000
        one[way] = [...(one[way] ?? []), await run({ port, connections: 1, milliseconds })]
        const before = processorMs(pids[way])
        const result = await run({ port, connections: 32, milliseconds })
        many[way] = [...(many[way] ?? []), result]
        const used = ((processorMs(pids[way]) - before) * 1000) / result.requests
        processor[way] = [...(processor[way] ?? []), used]
      }
    const medianOf = (way: string) => Math.min(...(one[way] ?? []).map(result => result.median))
    const rateOf = (way: string) => Math.max(...(many[way] ?? []).map(result => result.perSecond))
    line(target, '')
    for (const way of Object.keys(ways)) {
      const p99 = Math.min(...(one[way] ?? []).map(result => result.p99))
      const rate = rateOf(way)
      const added = medianOf(way) - medianOf('direct')
      line(`  ${way}: one connection, median, p99 (ms)`, `${medianOf(way).toFixed(3)}, ${p99.toFixed(3)}`)
      line(`  ${way}: 32 connections (requests a second)`, rate.toFixed(0))
      if (way === 'direct') continue
      line(`  ${way}: its processor time a request (µs)`, Math.min(...(processor[way] ?? [])).toFixed(0))
      line(`  ${way}: added median (ms)`, added.toFixed(3))
      line(`  ${way}: share of direct throughput`, (rate / rateOf('direct')).toFixed(2))
    }
    const all = [...Object.values(one), ...Object.values(many)].flat()
    const failures = all.reduce((sum, result) => sum + result.failures, 0)
    line('  failures', String(failures))
    const added = medianOf('load balancer') - medianOf('direct')
    const share = rateOf('load balancer') / rateOf('direct')
    if (failures > 0 || (target === JUDGED && (added >= MOST_ADDED_MS || share < LEAST_SHARE)))
      process.exitCode = 1
  }
} finally {
  for (const child of children) child.kill()
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

/** Processor time that a process has had, in milliseconds (proc_pid_stat(5)); NaN where there is no /proc. */
function processorMs(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')
    return (Number(fields[13]) + Number(fields[14])) * 10
  } catch {
    return Number.NaN
  }
}

function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(52)} ${value}\n`)
}
