import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** The ports of 127.0.0.1 that a laptop listens on; five digits each. */
export interface LaptopPorts {
  aws: number
  http: number
  preview: number
}

/** Below those that the kernel gives to connections: what is free now stays free until a laptop starts, or starts again. */
const [FIRST, LAST] = [10_000, 19_999]

/** Ports that nobody listens on now. */
export async function freePorts(): Promise<LaptopPorts> {
  const found = new Set<number>()
  while (found.size < 3) {
    const port = randomInt(FIRST, LAST + 1)
    if (await isFree(port)) found.add(port)
  }
  const [aws = 0, http = 0, preview = 0] = found
  return { aws, http, preview }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
