import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSend, type Send } from '../local-cloud/signed-client.ts'

/** A cloud in a process of its own, which dies and comes back with the same state at the same address. */
export interface MortalCloud {
  endpoint: string
  key: { accessKeyId: string; secretAccessKey: string }
  send: Send
  /** How far the cloud's clock is ahead of this one's, in milliseconds. */
  offset(): number
  /** Moves the cloud's clock forward. */
  advance(ms: number): Promise<void>
  /** Ends the process, without warning or in order. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  start(): Promise<void>
}

export async function createMortalCloud(state: string): Promise<MortalCloud> {
  const program = fileURLToPath(new URL('cloud-child.ts', import.meta.url))
  let child: ChildProcess
  let offset = 0
  let send: Send | undefined
  const cloud: MortalCloud = {
    endpoint: '',
    key: { accessKeyId: '', secretAccessKey: '' },
    send: call => {
      if (!send) throw new Error('the cloud was never started')
      return send(call)
    },
    offset: () => offset,
    advance: async ms => {
      const body = JSON.stringify({ advanceMs: ms })
      const answer = await fetch(`${cloud.endpoint}/_clarity/clock`, { method: 'POST', body })
      offset = ((await answer.json()) as { now: number }).now - Date.now()
    },
    end: async signal => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await once(child, 'exit')
    },
    start: async () => {
      const port = cloud.endpoint ? new URL(cloud.endpoint).port : '0'
      child = spawn(process.execPath, [program, state, port], {
        stdio: ['ignore', 'pipe', 'inherit'],
        // an interrupt of the whole group is for the run, which ends the cloud in its own time
        detached: true,
        // it starts again and again, and most of a start is compiling
        env: { ...process.env, NODE_COMPILE_CACHE: join(state, 'compile-cache') },
      })
      const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
      const [line] = (await Promise.race([
        once(lines, 'line'),
        once(child, 'exit').then(([code]) =>
          Promise.reject(new Error(`the cloud ended with ${code} before it was ready`)),
        ),
      ])) as [string]
      Object.assign(cloud, JSON.parse(line))
      send ??= createSend(cloud.endpoint, cloud.key, () => Date.now() + offset)
      // its clock is the world's again, for moving it is not kept: time must not run backwards for the models
      if (offset > 0) await cloud.advance(offset)
    },
  }
  await cloud.start()
  return cloud
}
