import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { startTestCloud } from '../src/testing.ts'
import type { Target } from './suite.ts'

/** A target that was started or found, and how to be done with it. */
export interface Opened {
  target: Target
  close(): Promise<void>
}

/** A local cloud of its own, gone afterwards; in real time, as any other endpoint: no alarm is evaluated between two calls. */
export async function openOurs(): Promise<Opened> {
  const cloud = await startTestCloud({ speed: 1 })
  const codeFor = async (address: string) => {
    const url = `${cloud.endpoint}/_cognito/outbox?destination=${encodeURIComponent(address)}`
    const { messages } = (await (await fetch(url)).json()) as { messages: { code: string }[] }
    return messages[0]?.code ?? ''
  }
  return { target: { config: cloud.client, codeFor, port: freePort }, close: cloud.dispose }
}

/**
 * Another endpoint, reached with the credentials of the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`),
 * or with any, which emulators take.
 */
export function openOther(endpoint: string): Opened {
  const credentials = {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'testing',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'testing',
  }
  const config = { endpoint, region: process.env.AWS_REGION ?? 'us-east-1', credentials, maxAttempts: 1 }
  return { target: { config, port: freePort }, close: async () => {} }
}

/** A port of 127.0.0.1 that nobody held a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
