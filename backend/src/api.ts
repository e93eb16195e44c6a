import { createTokenVerifier } from './adapters/cognito/token-verifier.ts'
import { createGoogleTokens } from './adapters/gemini/google-token.ts'
import { createGeminiWording } from './adapters/gemini/wording.ts'
import { accountRoutes, erasureRoutes } from './api/account/routes.ts'
import { createApp } from './api/app.ts'
import { auditRoutes } from './api/audit/routes.ts'
import { createAuditTrail } from './api/audit/trail.ts'
import { deletionRoutes } from './api/deletions/routes.ts'
import { eventRoutes } from './api/events/routes.ts'
import { exportRoutes } from './api/exports/routes.ts'
import { grantRoutes } from './api/grants/routes.ts'
import { healthDataRoutes } from './api/health-data/routes.ts'
import { importRoutes } from './api/imports/routes.ts'
import { legacyRoutes } from './api/legacy/routes.ts'
import { createReads } from './api/measures/read-cache.ts'
import { measureRoutes } from './api/measures/routes.ts'
import { metricRoutes } from './api/metrics/routes.ts'
import { createSessionGate } from './api/sessions/gate.ts'
import { sessionRoutes } from './api/sessions/routes.ts'
import { summaryRoutes } from './api/summaries/routes.ts'
import { createTurns } from './api/turns.ts'
import { uploadRoutes } from './api/uploads/routes.ts'
import type { AwsAdapters } from './aws-adapters.ts'
import { apiConfig } from './config.ts'
import { lazy } from './lazy.ts'
import { stopOnSignals } from './lifecycle.ts'
import { createLog } from './logging.ts'
import { newId } from './new-id.ts'
import { readOrExit } from './read-or-exit.ts'

/** The HTTP API: reads the environment, builds what it needs, listens, and loads what is heavy while it listens. */
const config = readOrExit(() => apiConfig(process.env))
const log = createLog({ ...config, level: config.logLevel, service: 'api' })
const clock = { now: () => Date.now() }
let draining = false

const tokens = createTokenVerifier({ issuer: config.issuer, clientId: config.userPoolClientId })
const aws = once(async () => (await import('./aws-adapters.ts')).createAwsAdapters(config, clock))
const accounts = once(async () => (await import('./adapters/cognito/connect.ts')).connectAccounts(config))
const port = <K extends keyof AwsAdapters>(name: K): AwsAdapters[K] => lazy(async () => (await aws())[name])
const samples = port('samples')
const uploads = port('uploads')
const ask = port('ask')
const erasures = port('erasures')
const idempotency = port('idempotency')
const grants = port('grants')
const audit = port('audit')
const sessions = port('sessions')
const gate = createSessionGate({ sessions, erasures, clock, log })
const identity = lazy(accounts)
const turns = createTurns()
const reads = createReads({ revisions: port('revisions'), clock, log, turns })
const intake = { uploads, raw: port('raw'), queue: port('queue'), idempotency, erasures, clock, log }

const app = await createApp({
  release: config.release,
  log,
  tokens,
  auth: { accounts: identity },
  guard: { gate, grants, trail: createAuditTrail(audit, turns), limits: config.limits, clock },
  origins: config.origins,
  trustedProxies: config.trustedProxies,
  overload: config.overload,
  insights: {
    summaries: samples,
    wording: createGeminiWording({
      ...config.gemini,
      skip: config.skipExternalServices,
      tokens: config.gemini.vertex && googleTokens(config.gemini.vertex),
      fetch: (...input) => fetch(...input),
      random: Math.random,
      log,
      observe: ({ kind, reason, durationMs, calls, tokens }) =>
        log.measure(
          'insight asked for',
          {
            insight_ms: durationMs,
            gemini_calls: calls,
            gemini_prompt_tokens: tokens.prompt,
            gemini_answer_tokens: tokens.answer,
            gemini_fallbacks: reason === undefined ? 0 : 1,
          },
          { kind, reason },
        ),
    }),
    store: port('insights'),
    now: () => new Date(),
    newId: () => newId(),
  },
  checks: [
    { name: 'table', ask: signal => ask.table(signal) },
    { name: 'bucket', ask: signal => ask.bucket(signal) },
    { name: 'queue', ask: signal => ask.queue(signal) },
    { name: 'identity', ask: () => tokens.loadKeys() },
  ],
  routes: [
    healthDataRoutes({ ...intake, samples, reads }),
    deletionRoutes(intake),
    importRoutes({ ...intake, imports: port('imports'), multipart: port('multipart') }),
    exportRoutes({ ...intake, downloads: port('downloads') }),
    accountRoutes(intake),
    uploadRoutes({ uploads, log }),
    summaryRoutes({ samples, reads }),
    measureRoutes({ samples, reads, clock }),
    eventRoutes({ events: port('events'), clock, log }),
    legacyRoutes({ ...intake, samples }),
    metricRoutes(),
    grantRoutes({ grants, clock, log, newId }),
    auditRoutes({ audit, log }),
    sessionRoutes({ sessions, gate, accounts: identity, log }),
  ],
  publicRoutes: [erasureRoutes({ erasures, log })],
  draining: () => draining,
})

stopOnSignals({
  log,
  drain: () => {
    draining = true
  },
  // Load balancers need a moment to see it, and open connections an answer that closes them.
  drainMs: Math.min(1000, config.stopDeadlineMs / 4),
  stop: () => app.close(),
  deadlineMs: config.stopDeadlineMs,
})

try {
  await app.listen({ port: config.port, host: config.host })
} catch (error) {
  log.error('cannot listen', { port: config.port, reason: (error as NodeJS.ErrnoException).code, error })
  process.exit(1)
}
const address = app.server.address()
log.info('listening', { port: typeof address === 'object' ? address?.port : config.port })
// Neither is waited for: until the keys are there readiness says so, and the first token waits for them. Loading the
// AWS clients takes the process for a moment, which first lets the questions of load balancers be answered.
tokens.loadKeys().catch(error => log.warn('keys not loaded', { dependency: 'identity', reason: error.code }))
setTimeout(() => aws().then(accounts), 250).unref()

/** The task's own role, as the AWS clients have it, becomes a Google service account. */
function googleTokens(vertex: NonNullable<typeof config.gemini.vertex>) {
  return createGoogleTokens({
    ...vertex,
    region: config.region,
    awsCredentials: async () => (await aws()).credentials(),
  })
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
