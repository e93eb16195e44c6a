import { execFile, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The npm scope of the repository's own workspaces. */
const WORKSPACES = '@clarity'

export interface CliEvent {
  type: string
  step?: string
  message?: string
  code?: string
  fix?: string
  evidence?: string[]
  text?: string
  /** How long a step took. */
  seconds?: number
  // biome-ignore lint/suspicious/noExplicitAny: what a verb reports is asserted on by the tests
  data?: any
}

export interface CliResult {
  exitCode: number
  events: CliEvent[]
  /** The last result or error. */
  last: CliEvent
  seconds: number
}

/** A verb that runs: what it has told so far, its process, and its end. */
export interface RunningCli {
  events: CliEvent[]
  /** Resolves with the first event that fits; rejects when the verb ends before. */
  until(fits: (event: CliEvent) => boolean): Promise<CliEvent>
  kill(signal: NodeJS.Signals): void
  end: Promise<CliResult>
}

/** A checkout of its own with a laptop's AWS of its own, on free ports: what a user has, beside the real one. */
export interface Laptop {
  root: string
  state: string
  baseUrl: string
  testBaseUrl: string
  endpoint: string
  /** The variables of every verb that is started from now on. */
  env: NodeJS.ProcessEnv
  clarity(...argv: string[]): Promise<CliResult>
  /** Starts a verb and leaves it running. */
  start(...argv: string[]): RunningCli
  /** The newest lines of the cloud's log, for a failing test's message. */
  cloudLog(): Promise<string>
  dispose(): Promise<void>
}

export async function createLaptop(variables: Record<string, string> = {}): Promise<Laptop> {
  const root = await mkdtemp(join(tmpdir(), 'clarity-checkout-'))
  await copyCheckout(root)
  const state = join(root, '.clarity')
  const [aws, http, preview] = await freePorts(3)
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    CLARITY_STATE: state,
    CLARITY_AWS_PORT: `${aws}`,
    CLARITY_HTTP_PORT: `${http}`,
    CLARITY_TEST_PORT: `${preview}`,
    ...variables,
  }

  const start = (...argv: string[]) => startCli(join(root, 'clarity'), [...argv, '--json'], env)
  const clarity = (...argv: string[]) => start(...argv).end

  return {
    root,
    state,
    baseUrl: `http://127.0.0.1:${http}`,
    testBaseUrl: `http://127.0.0.1:${preview}`,
    endpoint: `http://127.0.0.1:${aws}`,
    env,
    clarity,
    start,
    cloudLog: async () =>
      (await readFile(join(state, 'cloud.log'), 'utf8').catch(() => '')).split('\n').slice(-25).join('\n'),
    dispose: async () => {
      await clarity('down').catch(() => {})
      await rm(root, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function startCli(program: string, argv: string[], env: NodeJS.ProcessEnv): RunningCli {
  const started = performance.now()
  const child = spawn(program, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const events: CliEvent[] = []
  const waiting = new Set<() => void>()
  let ended = false
  createInterface({ input: child.stdout }).on('line', line => {
    events.push(JSON.parse(line) as CliEvent)
    for (const look of [...waiting]) look()
  })
  const end = new Promise<CliResult>(resolve =>
    child.once('close', code => {
      ended = true
      for (const look of [...waiting]) look()
      const last = events.findLast(({ type }) => type === 'result' || type === 'error') as CliEvent
      resolve({ exitCode: code ?? -1, events, last, seconds: (performance.now() - started) / 1000 })
    }),
  )
  return {
    events,
    end,
    kill: signal => child.kill(signal),
    until: fits =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = events.find(fits)
          if (!found && !ended) return
          waiting.delete(look)
          if (found) resolve(found)
          else reject(new Error(`the verb ended before: ${JSON.stringify(events.at(-1))}`))
        }
        waiting.add(look)
        look()
      }),
  }
}

/**
 * Tracked and new files as one commit, with the installed dependencies linked and its own workspaces among them: what
 * a test changes in the checkout, its environments too, is what its laptop runs.
 */
async function copyCheckout(to: string): Promise<void> {
  const git = (...args: string[]) => run('git', args, { cwd: to })
  const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    maxBuffer: 1e8,
  })
  for (const file of listed.stdout.trim().split('\n'))
    await cp(join(ROOT, file), join(to, file)).catch(() => {})
  await linkDependencies(to)
  await git('init', '-q')
  await git('add', '-A')
  await git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', 'a checkout')
}

async function linkDependencies(to: string): Promise<void> {
  const [installed, linked] = [join(ROOT, 'node_modules'), join(to, 'node_modules')]
  const link = async (name: string, target: string) => symlink(target, join(linked, name))
  await mkdir(join(linked, WORKSPACES), { recursive: true })
  // of what is compiled from a laptop's checkout nothing stays when it is gone
  for (const name of await readdir(installed))
    if (name !== WORKSPACES && name !== '.cache') await link(name, join(installed, name))
  for (const name of await readdir(join(installed, WORKSPACES)))
    await link(join(WORKSPACES, name), join(to, name))
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
