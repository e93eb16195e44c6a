import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zstdDecompressSync } from 'node:zlib'
import { hostPlatform } from '../delivery/src/image/base-layer.ts'
import { buildImage } from '../delivery/src/image/build-image.ts'

/**
 * The image: its size, the time to build it, and the time from the start of a task of it to its first healthy answer,
 * beside the least that Node can do. `node bench/image.ts [rounds]`. Exits 1 when the layer of a release has 5 MB or
 * more, or the median start takes 400 ms or more.
 */
const ROUNDS = Number(process.argv[2] ?? 10)
const MOST_LAYER_BYTES = 5_000_000
const MOST_START_MS = 400
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BARE =
  "require('node:http').createServer((_, answer) => answer.end('ok')).listen(process.env.PORT, '127.0.0.1')"

const folder = await mkdtemp(join(tmpdir(), 'bench-image-'))
try {
  const options = { repositoryRoot: ROOT, outputFolder: join(folder, 'image'), platform: hostPlatform() }
  const image = await buildImage({ ...options, base: 'thin' })
  const again = await buildImage({ ...options, base: 'thin' })
  line('image (MB, compressed)', (image.layers.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1))
  line('layer of a release (MB, compressed)', (image.appLayerBytes / 1e6).toFixed(2))
  line('build, nothing kept (s)', image.seconds.toFixed(2))
  line('build, Node kept (s)', again.seconds.toFixed(2))
  line('same digest', again.manifestDigest === image.manifestDigest ? 'yes' : 'NO')

  const root = join(folder, 'root')
  await mkdir(root)
  for (const { path } of image.layers) await untar(zstdDecompressSync(await readFile(path)), root)
  const node = join(root, 'usr/local/bin/node')
  const starts: Record<string, { args: string[]; cwd: string }> = {
    'node -e, a bare HTTP server': { args: ['-e', BARE], cwd: root },
    'node api.js': { args: ['api.js'], cwd: join(root, 'app') },
  }
  const taken: Record<string, number[]> = {}
  // in turns, so that whatever else the machine does falls on both alike
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, { args, cwd }] of Object.entries(starts))
      taken[name] = [...(taken[name] ?? []), await startToHealthy(node, args, cwd)]
  for (const [name, times] of Object.entries(taken)) {
    const sorted = times.toSorted((a, b) => a - b)
    const range = `${sorted[0]?.toFixed(0)} to ${sorted.at(-1)?.toFixed(0)}`
    line(
      `start to first healthy answer, ${name} (ms, median of ${ROUNDS}; range)`,
      `${median(times).toFixed(0)}; ${range}`,
    )
  }
  const start = median(taken['node api.js'] ?? [])
  if (image.appLayerBytes >= MOST_LAYER_BYTES || start >= MOST_START_MS) process.exitCode = 1
  if (again.manifestDigest !== image.manifestDigest) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function startToHealthy(node: string, args: string[], cwd: string): Promise<number> {
  const port = await freePort()
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    NODE_ENV: 'production',
    ENVIRONMENT: 'local',
    RELEASE: 'bench',
    PORT: String(port),
    HOST: '127.0.0.1',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    SKIP_EXTERNAL_SERVICES: 'true',
    LOG_LEVEL: 'silent',
    TABLE_NAME: 'bench-table',
    RAW_BUCKET: 'bench-bucket',
    QUEUE_URL: 'http://127.0.0.1:1/queue.fifo',
    USER_POOL_ID: 'us-east-1_bench',
    USER_POOL_CLIENT_ID: 'bench',
  }
  const started = performance.now()
  const task = spawn(node, args, { cwd, env, stdio: 'ignore' })
  const ended = new Promise(resolve => task.once('exit', resolve))
  try {
    for (;;) {
      if (task.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${task.exitCode}`)
      const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
      if (answer?.ok) {
        await answer.arrayBuffer()
        return performance.now() - started
      }
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  } finally {
    task.kill('SIGKILL')
    await ended
  }
}

async function untar(tar: Buffer, root: string): Promise<void> {
  const child = spawn('tar', ['-x', '-C', root, '--no-same-owner'], { stdio: ['pipe', 'inherit', 'inherit'] })
  child.stdin.end(tar)
  const code = await new Promise(resolve => child.once('exit', resolve))
  if (code !== 0) throw new Error(`tar ended with ${code}`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(86)} ${value}\n`)
}
