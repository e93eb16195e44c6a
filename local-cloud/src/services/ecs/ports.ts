import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below Linux's and macOS's own ephemeral ports, so that no outgoing connection takes one before its task listens. */
const FIRST = 20_000
const LAST = 31_999

export interface Ports {
  /** A free port of 127.0.0.1, held for its task until it is given back. */
  take(): Promise<number>
  release(port: number): void
}

export function createPorts(random: () => number = Math.random): Ports {
  const taken = new Set<number>()

  async function take(): Promise<number> {
    for (let tries = 0; tries < 1000; tries++) {
      const port = FIRST + Math.floor(random() * (LAST - FIRST + 1))
      if (taken.has(port)) continue
      taken.add(port)
      if (await isFree(port)) return port
      taken.delete(port)
    }
    throw new Error(`no free port between ${FIRST} and ${LAST} on 127.0.0.1`)
  }

  return { take, release: port => void taken.delete(port) }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
}
