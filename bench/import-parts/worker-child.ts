import { createAwsAdapters } from '../../backend/src/aws-adapters.ts'
import { workerConfig } from '../../backend/src/config.ts'
import { createLog } from '../../backend/src/logging.ts'
import { createWorker } from '../../backend/src/worker/worker.ts'

/** The worker as it is delivered, but for Cognito; it tells what it took when it is asked to stop. */
const config = workerConfig(process.env)
const clock = { now: () => Date.now() }
const log = createLog({ ...config, level: 'warn', service: 'worker' })
const identity = { removeUser: async () => false }
const worker = createWorker({
  ...createAwsAdapters(config, clock),
  identity,
  clock,
  log,
  waitSeconds: 1,
  // Six times less than in service, so that a killed one's work is taken up soon; renewed after a third of it.
  visibilitySeconds: 10,
})
process.on('message', async () => {
  await worker.stop()
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1000, rssMb: process.resourceUsage().maxRSS / 1024 })
  process.disconnect?.()
})
await worker.start()
