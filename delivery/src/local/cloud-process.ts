import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { forgetDemoUser } from '../demo/demo-user.ts'
import { ClarityError } from '../errors.ts'
import { type Connection, findCloud } from './connection.ts'
import { isFree, whoHolds } from './port-holder.ts'

/** How long the cloud may take to answer after its start, and to stop after being asked, in ms. */
const PATIENCE_MS = 20_000

export interface StartOptions {
  root: string
  state: string
  /** Port of the AWS endpoint. */
  port: number
  /** How many times faster than the wall settings in minutes pass. */
  speed: number
  /** Further ports that will be needed, with what for: checked before anything starts. */
  needed: { port: number; purpose: string }[]
}

/**
 * Starts the local cloud in the background, or finds the one that runs.
 * @throws ClarityError `port_taken`, `cloud_not_started`
 */
export async function startCloudProcess(options: StartOptions): Promise<Connection & { started: boolean }> {
  const running = await findCloud(options.state)
  if (running) return { ...running, started: false }
  for (const { port, purpose } of [{ port: options.port, purpose: 'the AWS endpoint' }, ...options.needed])
    await requireFree(port, purpose)

  const folder = join(options.state, 'cloud')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const logFile = join(options.state, 'cloud.log')
  const log = openSync(logFile, 'a', 0o600)
  const main = join(options.root, 'local-cloud/src/main.ts')
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      '--state',
      folder,
      '--port',
      `${options.port}`,
      '--speed',
      `${options.speed}`,
    ],
    { detached: true, stdio: ['ignore', log, log], cwd: options.root },
  )
  closeSync(log)
  let exited = false
  child.once('exit', () => {
    exited = true
  })
  child.once('error', () => {
    exited = true
  })
  child.unref()

  const deadline = Date.now() + PATIENCE_MS
  while (!exited && Date.now() < deadline) {
    const connection = await findCloud(options.state)
    if (connection) return { ...connection, started: true }
    await sleep(50)
  }
  const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5)
  throw new ClarityError(
    'cloud_not_started',
    exited
      ? 'the local cloud ended at once'
      : `the local cloud did not answer within ${PATIENCE_MS / 1000} s`,
    `read ${logFile}`,
    { evidence: tail },
  )
}

/** Stops the cloud and its tasks in order. @returns false when none ran */
export async function stopCloudProcess(state: string): Promise<boolean> {
  const connection = await findCloud(state)
  if (!connection) return false
  await fetch(`${connection.endpoint}/_clarity/stop`, { method: 'POST' })
  const deadline = Date.now() + PATIENCE_MS
  while (isAlive(connection.pid)) {
    if (Date.now() > deadline)
      throw new ClarityError(
        'cloud_not_stopped',
        `the local cloud (pid ${connection.pid}) is still stopping`,
        `kill ${connection.pid}`,
      )
    await sleep(50)
  }
  return true
}

/** Forgets everything that the local cloud holds; it must have stopped. */
export async function wipe(state: string): Promise<void> {
  await rm(join(state, 'cloud'), { recursive: true, force: true })
  await rm(join(state, 'cloud.log'), { force: true })
  forgetDemoUser(state)
}

async function requireFree(port: number, purpose: string): Promise<void> {
  if (await isFree(port)) return
  const holder = await whoHolds(port)
  throw new ClarityError(
    'port_taken',
    `port ${port} on 127.0.0.1, needed for ${purpose}, is taken${holder ? ` by ${holder}` : ''}`,
    'stop what holds it, or choose other ports: CLARITY_AWS_PORT, CLARITY_HTTP_PORT, CLARITY_TEST_PORT',
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
