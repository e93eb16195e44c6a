import { parseArgs } from 'node:util'
import { startCloud } from './cloud.ts'

/** The local cloud as a process: `node main.ts --state <folder> [--port 4566] [--speed 60]`. Logs JSON lines. */
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

try {
  const cloud = await startCloud({
    state: values.state,
    port: Number(values.port),
    speed: Number(values.speed),
    log: write,
  })
  write('cloud', 'ready', { endpoint: cloud.endpoint, pid: process.pid })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void cloud.stop())
  await cloud.stopped
  write('cloud', 'stopped')
  process.exit(0)
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  write('cloud', 'could not start', { code, error: message })
  process.exit(1)
}
