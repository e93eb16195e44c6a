import { runChaos } from './chaos/run.ts'

/**
 * Random kill -9, restart and request interleavings over a cloud with DynamoDB, S3, SQS and ECS behind a load balancer:
 * no acknowledged write is lost, no FIFO order broken, nothing answered by a drained task.
 * `node bench/chaos.ts [rounds] [seed]`; interrupted, it tells of what it did. Exits 1 at the first broken promise, with the seed that found it.
 */
const rounds = Number(process.argv[2] ?? 1000)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)

const line = (name: string, value: string) => process.stdout.write(`${name.padEnd(44)} ${value}\n`)

line('seed', String(seed))
const enough = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => enough.abort())
const started = performance.now()
try {
  const report = await runChaos({
    seed,
    rounds,
    signal: enough.signal,
    onRound: round => {
      if (process.stderr.isTTY) process.stderr.write(`\r${round} of ${rounds} `)
    },
  })
  const { kills, stops, noAnswers, told } = report
  line('interleavings', `${report.rounds}: ${kills} kill -9, ${stops} orderly stops`)
  for (const { name, did } of told) line(name, did)
  for (const [what, times] of noAnswers) line('answered 5xx', `${times} × ${what}`)
  line('promises broken', '0')
  line('took (s)', ((performance.now() - started) / 1000).toFixed(0))
} catch (error) {
  line('promises broken', `1: ${(error as Error).message}`)
  process.exitCode = 1
}
