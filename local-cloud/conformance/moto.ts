import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './target.ts'

const run = promisify(execFile)

/** The moto that ours is compared with; from PyPI. */
export const MOTO_VERSION = '5.2.5'

/** A moto server on 127.0.0.1. */
export interface Moto {
  endpoint: string
  stop(): Promise<void>
}

/** Installs moto into a virtual environment below the temporary folder, once, and starts its server. */
export async function startMoto(): Promise<Moto> {
  const folder = join(tmpdir(), `clarity-moto-${MOTO_VERSION}`)
  const program = join(folder, 'bin', 'moto_server')
  if (!existsSync(program)) {
    await run('python3', ['-m', 'venv', folder])
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', `moto[server]==${MOTO_VERSION}`])
  }
  const port = await freePort()
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
  })
  const endpoint = `http://127.0.0.1:${port}`
  await answering(endpoint, child)
  return {
    endpoint,
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function answering(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`moto ended with ${child.exitCode} before it was ready`)
    if (
      await fetch(`${endpoint}/moto-api/`).then(
        () => true,
        () => false,
      )
    )
      return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  child.kill()
  throw new Error('moto did not answer within a minute')
}
