import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { copyCheckout } from './checkout.ts'
import { freePorts, type LaptopPorts } from './ports.ts'

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

/** A laptop on which nothing was started yet, in a checkout like this one. */
export async function createLaptop(variables: Record<string, string> = {}): Promise<Laptop> {
  const root = await mkdtemp(join(tmpdir(), 'clarity-checkout-'))
  await copyCheckout(root)
  return laptopIn(root, await freePorts(), variables)
}

/** The laptop whose checkout, and in it whose state, lies in a folder, which goes with it. */
export function laptopIn(
  root: string,
  { aws, http, preview }: LaptopPorts,
  variables: Record<string, string> = {},
): Laptop {
  const state = variables.CLARITY_STATE ?? join(root, '.clarity')
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    CLARITY_STATE: state,
    CLARITY_AWS_PORT: `${aws}`,
    CLARITY_HTTP_PORT: `${http}`,
    CLARITY_TEST_PORT: `${preview}`,
    // esbuild bundles in two thirds of the processor time
    GOGC: '400',
    // what is compiled for one checkout is good for its copy
    NODE_COMPILE_CACHE_PORTABLE: '1',
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
