import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below those that the kernel gives to connections: what is free now stays free until it is listened on. */
const [FIRST, LAST] = [10_000, 19_999]

/** Ports from `CLARITY_REHEARSE` on that environments listen at: the production listeners, and ten further the test listeners. */
export const REHEARSAL_PORTS = 20

/** The first of so many ports of 127.0.0.1, one after the other, at which nothing listens. */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const first = randomInt(FIRST, LAST - count + 2)
    if (await areFree(Array.from({ length: count }, (_, i) => first + i))) return first
  }
}

/** Whether nothing listens at any of these ports of 127.0.0.1. */
export async function areFree(ports: number[]): Promise<boolean> {
  for (const port of ports) if (!(await isFree(port))) return false
  return true
}

function isFree(port: number): Promise<boolean> {
  return new Promise(done => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
}
