import { connectIdentity } from './adapters/cognito/identity.ts'
import { createAwsAdapters } from './aws-adapters.ts'
import { workerConfig } from './config.ts'
import { stopOnSignals } from './lifecycle.ts'
import { createLog } from './logging.ts'
import { readOrExit } from './read-or-exit.ts'
import { createWorker } from './worker/worker.ts'

/** The queue worker: reads the environment, builds what it needs, works until told to stop. */
const config = readOrExit(() => workerConfig(process.env))
const log = createLog({ ...config, level: config.logLevel, service: 'worker' })
const clock = { now: () => Date.now() }
const identity = connectIdentity(config)
/** Most memory for UUIDs out of envelopes: those of three years of a watch, for an export goes over them by metric. */
const ORIGINALS_BYTES = 64 * 1024 * 1024
const aws = createAwsAdapters(config, clock, { originalsBytes: ORIGINALS_BYTES })
const worker = createWorker({ ...aws, identity, clock, log })

stopOnSignals({ log, stop: () => worker.stop(), deadlineMs: config.stopDeadlineMs })
log.info('working')
await worker.start()
