import { freePort } from '../../ci-cd/rehearse/ports.ts'

/** The ports of 127.0.0.1 that a laptop listens on; five digits each. */
export interface LaptopPorts {
  aws: number
  http: number
  preview: number
}

/** Ports that nobody listens on now, and that stay free until a laptop starts, or starts again. */
export async function freePorts(): Promise<LaptopPorts> {
  const found = new Set<number>()
  while (found.size < 3) found.add(await freePort())
  const [aws = 0, http = 0, preview = 0] = found
  return { aws, http, preview }
}
