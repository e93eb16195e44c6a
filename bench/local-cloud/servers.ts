import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Server {
  endpoint: string
  key: { accessKeyId: string; secretAccessKey: string }
  /** Milliseconds from its start to its first answer. */
  startMs: number
  /** Processor time that the process has had, in milliseconds; other load on the machine does not count. */
  processorMs(): number
  /** Resident memory of the process, in MB. */
  memoryMb(): number
  stop(): void
}

const HERE = fileURLToPath(new URL('.', import.meta.url))

/** Our cloud with every service, as `make up` starts it. */
export async function startCloud(): Promise<Server> {
  const state = mkdtempSync(join(tmpdir(), 'bench-cloud-'))
  const port = await freePort()
  const main = join(HERE, '../../local-cloud/src/main.ts')
  const connection = join(state, 'connection.json')
  // written when every service has started
  const ready = () => existsSync(connection)
  const server = await start(process.execPath, [main, '--state', state, '--port', String(port)], port, ready)
  const { accessKeyId, secretAccessKey } = JSON.parse(readFileSync(connection, 'utf8'))
  return {
    ...server,
    key: { accessKeyId, secretAccessKey },
    stop: () => {
      server.stop()
      rmSync(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** dynalite 4.0.0 by itself, on disk as ours is. */
export async function startDynalite(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-dynalite-'))
  const port = await freePort()
  const cli = fileURLToPath(import.meta.resolve('dynalite/cli.js'))
  const server = await start(
    process.execPath,
    [cli, '--host', '127.0.0.1', '--port', String(port), '--path', folder, '--createTableMs', '0'],
    port,
  )
  return {
    ...server,
    stop: () => {
      server.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** Moto's server where Python has it; undefined otherwise. `pip install 'moto[server]==5.2.1'` */
export async function startMoto(): Promise<Server | undefined> {
  const python = await promisify(execFile)('python3', ['-c', 'import moto.server']).then(
    () => true,
    () => false,
  )
  if (!python) return undefined
  const port = await freePort()
  return start('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], port)
}

async function start(command: string, args: string[], port: number, ready?: () => boolean): Promise<Server> {
  const begun = performance.now()
  const child: ChildProcess = spawn(command, args, { stdio: 'ignore' })
  const endpoint = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(endpoint).then(
      () => true,
      () => false,
    )
  while (!(ready ? ready() : await answers())) {
    if (child.exitCode !== null) throw new Error(`${command} ${args.join(' ')} ended with ${child.exitCode}`)
    await sleep(5)
  }
  return {
    endpoint,
    key: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench' },
    startMs: performance.now() - begun,
    processorMs: () => {
      // user and system time, in hundredths of a second: proc_pid_stat(5)
      const [user = 0, system = 0] = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .split(' ')
        .slice(13, 15)
        .map(Number)
      return (user + system) * 10
    },
    memoryMb: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: () => void child.kill('SIGKILL'),
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
