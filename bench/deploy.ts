import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startProber } from '../delivery/src/deploy/prober.ts'

/**
 * Ten deploys and ten rollbacks of the real backend under steady traffic, on a laptop's AWS of its own.
 * `node bench/deploy.ts [rounds] [requests a second]`. Exits 1 when a request was lost.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ROUNDS = Number(process.argv[2] ?? 10)
const PER_SECOND = Number(process.argv[3] ?? 100)
/** A line of the backend that is changed for each round, so that each is a release of its own. */
const CHANGED = join(ROOT, 'backend/src/bench-marker.ts')
const run = promisify(execFile)

const state = await mkdtemp(join(tmpdir(), 'clarity-bench-'))
const variables = {
  ...process.env,
  CLARITY_STATE: state,
  CLARITY_AWS_PORT: '14566',
  CLARITY_HTTP_PORT: '18000',
  CLARITY_TEST_PORT: '18010',
}

interface ResultEvent {
  type: string
  data: { release?: string; outcome?: { ecsSeconds: { api?: number; worker?: number } } }
}

async function clarity(...argv: string[]): Promise<{ seconds: number; ecsSeconds: number; release: string }> {
  const start = performance.now()
  const { stdout } = await run(join(ROOT, 'clarity'), [...argv, '--json'], { env: variables, maxBuffer: 1e8 })
  const seconds = (performance.now() - start) / 1000
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as ResultEvent)
  const { release = '', outcome } = events.findLast(event => event.type === 'result')?.data ?? {}
  const { api = 0, worker = 0 } = outcome?.ecsSeconds ?? {}
  return { seconds, ecsSeconds: api + worker, release }
}

const line = (name: string, value: string) => process.stdout.write(`${name.padEnd(44)} ${value}\n`)
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const spread = (values: number[]) =>
  `${median(values).toFixed(2)} median, ${Math.min(...values).toFixed(2)} least, ${Math.max(...values).toFixed(2)} most`

const deploys: number[] = []
const rollbacks: number[] = []
const overheads: number[] = []
try {
  const up = await clarity('up', '--no-demo')
  line('first make up, without demo (s)', up.seconds.toFixed(1))
  const prober = startProber('http://127.0.0.1:18000/health', {
    perSecond: PER_SECOND,
    releaseHeader: 'x-clarity-release',
  })
  for (let round = 1; round <= ROUNDS; round++) {
    await writeFile(CHANGED, `export const BENCH_ROUND = ${round}\n`)
    const deploy = await clarity('deploy', 'local')
    const rollback = await clarity('rollback', 'local')
    deploys.push(deploy.seconds)
    rollbacks.push(rollback.seconds)
    overheads.push(deploy.seconds - deploy.ecsSeconds)
  }
  const { sent, failed, slow, byRelease, reasons } = await prober.stop()
  line('deploys, rollbacks', `${ROUNDS}, ${ROUNDS}`)
  line('requests sent', String(sent))
  line('requests lost', `${failed}${reasons.length ? ` (${reasons.join('; ')})` : ''}`)
  line('requests slower than 1 s', String(slow))
  line('releases that answered', String(Object.keys(byRelease).length))
  line('deploy (s)', spread(deploys))
  line('rollback after bake (s)', spread(rollbacks))
  line('our own part of a deploy: all but ECS (s)', spread(overheads))
  process.exitCode = failed === 0 ? 0 : 1
} catch (error) {
  const { stdout = '', message } = error as { stdout?: string; message: string }
  process.stderr.write(`${message}\n${stdout.trim().split('\n').slice(-5).join('\n')}\n`)
  const log = await readFile(join(state, 'cloud.log'), 'utf8').catch(() => '')
  process.stderr.write(log.split('\n').slice(-20).join('\n'))
  process.exitCode = 1
} finally {
  await rm(CHANGED, { force: true })
  await clarity('down').catch(() => {})
  await rm(state, { recursive: true, force: true })
}
