import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * The local cloud as a process: `node main.ts --state <folder> [--port 4566] [--speed 60]`. Logs JSON lines.
 * While it runs, `<folder>/connection.json` (readable by its owner alone) says how to reach it and with which key.
 */
const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    port: { type: 'string', default: '4566' },
    speed: { type: 'string', default: '1' },
  },
})
if (!values.state) {
  process.stderr.write('local-cloud: --state <folder> is required\n')
  process.exit(2)
}

const write = (service: string, message: string, fields: Record<string, unknown> = {}) =>
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), service, message, ...fields })}\n`)

// Most of a start is compiling, which need not be done again while the code is the same. It lies where the code's
// packages do; where that cannot be written to, nothing is kept. NODE_COMPILE_CACHE names another place.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/local-cloud'))

try {
  const { startCloud } = await import('./cloud.ts')
  const cloud = await startCloud({
    state: values.state,
    port: Number(values.port),
    speed: Number(values.speed),
    log: write,
  })
  const { accessKeyId, secretAccessKey } = cloud.key
  const connection = join(values.state, 'connection.json')
  // whoever waits for the file must not find half of it
  writeFileSync(
    `${connection}.new`,
    JSON.stringify({ endpoint: cloud.endpoint, pid: process.pid, accessKeyId, secretAccessKey }),
    { mode: 0o600 },
  )
  renameSync(`${connection}.new`, connection)
  write('cloud', 'ready', { endpoint: cloud.endpoint, pid: process.pid })
  // now, as nobody knows how it will end
  setImmediate(flushCompileCache)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void cloud.stop())
  await cloud.stopped
  rmSync(connection, { force: true })
  write('cloud', 'stopped')
  process.exit(0)
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  write('cloud', 'could not start', { code, error: message })
  process.exit(1)
}
