import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import type { GrantStore } from '../adapters/dynamodb/grant-store.ts'
import type { Clock } from '../domain/clock.ts'
import type { Log } from '../logging.ts'
import { type Access, decideAccesses } from './access/access.ts'
import { auditAccesses } from './audit/hooks.ts'
import type { AuditTrail } from './audit/trail.ts'
import { type AuthDeps, authRoutes } from './auth/routes.ts'
import { allowOrigins } from './cors.ts'
import type { Check } from './health/checks.ts'
import { healthRoutes } from './health/routes.ts'
import { type InsightDeps, insightRoutes } from './insights/routes.ts'
import { parseJsonBodies } from './json-body.ts'
import { legacyInsightRoutes } from './legacy/insights.ts'
import { documentRoutes } from './openapi/document.ts'
import { type OverloadLimits, refuseOverload } from './overload.ts'
import { answerBrokenRequest, answerUnroutable, answerWithProblems } from './problem-answers.ts'
import { createLimiter, NO_LIMITS, type RateLimits } from './rate-limit/hooks.ts'
import { referencePage } from './reference/page.ts'
import { requestLog, traceRequests } from './request-log.ts'
import { type RequestUser, requireUser, type TokenVerifier } from './request-user.ts'
import { createSerializerCompiler } from './responses.ts'
import { securityHeaders } from './security-headers.ts'
import type { SessionGate } from './sessions/gate.ts'
import { createValidatorCompiler } from './validation.ts'

export interface AppDeps {
  /** What runs, shown in every answer's `x-clarity-release`. */
  release: string
  log: Log
  tokens: TokenVerifier
  auth: AuthDeps
  insights: Omit<InsightDeps, 'log'>
  /** What `/health/ready` asks. */
  checks: Check[]
  /** Routes registered below `/api/v1`, each of which needs a signed-in user (`request.user`). */
  routes: FastifyPluginAsyncTypebox[]
  /** Routes registered below `/api/v1` that need nobody to be signed in. @default none */
  publicRoutes?: FastifyPluginAsyncTypebox[]
  /** Whether the process is about to stop: readiness then fails and answers close their connections. @default never */
  draining?: () => boolean
  /** Where the reference page's files are. @default beside the bundle, else in node_modules */
  assets?: string
  /** What keeps people out and apart, and remembers who came. @default tokens alone */
  guard?: Guard
  /** Origins whose pages may ask. @default none */
  origins?: readonly string[]
  /** How many proxies stand before this, each of which adds to `X-Forwarded-For`. @default none */
  trustedProxies?: number
  overload?: OverloadLimits
  /** Refuse to send what a route's response schema does not allow; for tests. @default false */
  strictResponses?: boolean
}

export interface Guard {
  /** Whose sessions have ended. @default a token holds until it expires */
  gate?: SessionGate
  /** Who shares what. @default nobody anything */
  grants?: Pick<GrantStore, 'of'>
  /** Where access to health data is recorded. @default nowhere */
  trail?: AuditTrail
  /** @default none */
  limits?: RateLimits
  clock?: Clock
}

/** Largest JSON body. An import is streamed and has a limit of its own. */
export const BODY_LIMIT = 5 * 1024 * 1024

/** The HTTP API, ready to listen or to `inject`. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { log, release } = deps
  const draining = deps.draining ?? (() => false)
  const guard = deps.guard ?? {}
  const clock = guard.clock ?? { now: () => Date.now() }
  const limiter = createLimiter(guard.limits ?? NO_LIMITS, clock)
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    // An ALB reuses idle connections for 60 s; closing them first would race with its next request and end in a 502.
    keepAliveTimeout: 75_000,
    // A slow upload of a large import may take its time, but not for ever.
    requestTimeout: 15 * 60_000,
    http: { headersTimeout: 80_000 },
    trustProxy: (_address, hop) => hop < (deps.trustedProxies ?? 0),
    requestIdHeader: false,
    genReqId: () => crypto.randomUUID(),
    return503OnClosing: false,
    // Given here, Fastify does not even load Ajv and fast-json-stringify, whose types its own are.
    schemaController: {
      compilersFactory: {
        buildValidator: () => createValidatorCompiler() as never,
        buildSerializer: () => createSerializerCompiler(deps.strictResponses ?? false) as never,
      },
    },
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) =>
      answerUnroutable(error, request, reply.header('x-clarity-release', release)),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, release),
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.decorateRequest('user', null as unknown as RequestUser)
  app.decorateRequest('access', null as unknown as Access)
  traceRequests(app)
  securityHeaders(app)
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'x-clarity-release': release, 'x-request-id': request.id })
    if (draining()) reply.header('connection', 'close')
    done()
  })
  requestLog(app, log)
  allowOrigins(app, deps.origins ?? [])
  refuseOverload(app, deps.overload)
  limiter.addresses(app)
  answerWithProblems(app, log)
  parseJsonBodies(app)

  const documented = await documentRoutes(app, release)
  await app.register(healthRoutes({ release, checks: deps.checks, draining, log }))
  await app.register(authRoutes(deps.auth, deps.tokens, { gate: guard.gate, limiter, log }), {
    prefix: '/api/v1/auth',
  })
  await app.register(
    async api => {
      requireUser(api, deps.tokens, guard.gate)
      decideAccesses(api, { grants: guard.grants, clock, log })
      limiter.users(api)
      if (guard.trail) auditAccesses(api, { trail: guard.trail, clock, log })
      const insights = { ...deps.insights, log }
      for (const routes of [insightRoutes(insights), legacyInsightRoutes(insights), ...deps.routes])
        await api.register(routes)
    },
    { prefix: '/api/v1' },
  )
  for (const routes of deps.publicRoutes ?? []) await app.register(routes, { prefix: '/api/v1' })
  await app.register(documented)
  await app.register(referencePage({ assets: deps.assets }))
  return app
}
