import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Log } from '../../logging.ts'
import { type Check, runChecks } from './checks.ts'

export interface HealthDeps {
  release: string
  checks: Check[]
  draining: () => boolean
  log: Log
  /** Time limit of each check in milliseconds. @default 2000 */
  limitMs?: number
}

/**
 * `GET /health` says that this process runs, and asks nobody: a load balancer must not take every target out because a
 * dependency stumbles. `GET /health/ready` asks each dependency.
 */
export function healthRoutes(deps: HealthDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.get('/health', { schema: { ...DOC, summary: 'Liveness', response: { 200: Health } } }, async () => ({
      status: 'ok' as const,
      release: deps.release,
      uptime_seconds: Math.floor(process.uptime()),
    }))

    app.get(
      '/health/ready',
      {
        schema: {
          ...DOC,
          summary: 'Readiness: each dependency, really asked',
          response: { 200: Readiness, 503: Readiness },
        },
      },
      async (_request, reply) => {
        const checks = await runChecks(deps.checks, deps.limitMs ?? 2000, deps.log)
        const ready = !deps.draining() && checks.every(check => check.status === 'ok')
        reply.code(ready ? 200 : 503)
        return {
          status: ready ? ('ready' as const) : ('unready' as const),
          release: deps.release,
          ...(deps.draining() && { reason: 'draining' }),
          checks,
        }
      },
    )
  }
}

const DOC = { tags: ['health'], security: [] }

const Health = Type.Object({
  status: Type.Literal('ok'),
  release: Type.String(),
  uptime_seconds: Type.Integer({ minimum: 0 }),
})

const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('unready')]),
  release: Type.String(),
  reason: Type.Optional(
    Type.String({ description: 'Present when the process itself is the reason: `draining`.' }),
  ),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      status: Type.Union([Type.Literal('ok'), Type.Literal('failed')]),
      latency_ms: Type.Number(),
      reason: Type.Optional(
        Type.String({ description: 'timeout, unreachable, access_denied, not_found, throttled or error' }),
      ),
    }),
  ),
})
