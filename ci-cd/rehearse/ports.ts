import { createServer } from 'node:net'

/** A port of 127.0.0.1 at which nothing listens. */
export async function freePort(): Promise<number> {
  return (await tryPort(0)) ?? 0
}

/** Whether nothing listens at any of these ports of 127.0.0.1. */
export async function areFree(ports: number[]): Promise<boolean> {
  for (const port of ports) if ((await tryPort(port)) === undefined) return false
  return true
}

async function tryPort(wanted: number): Promise<number | undefined> {
  const server = createServer()
  const listens = await new Promise<boolean>(done => {
    server.once('error', () => done(false)).listen(wanted, '127.0.0.1', () => done(true))
  })
  if (!listens) return undefined
  const { port } = server.address() as { port: number }
  await new Promise(done => server.close(done))
  return port
}
