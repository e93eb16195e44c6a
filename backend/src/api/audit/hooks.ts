import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../domain/clock.ts'
import type { Log } from '../../logging.ts'
import { metricsRead } from '../access/shared-reads.ts'
import { dependency } from '../upload-intake.ts'
import type { AuditTrail } from './trail.ts'

/** What holds no health data: the catalogue, and the trail and the sessions themselves. */
const NOT_HEALTH_DATA = new Set([
  '/api/v1/metrics',
  '/api/v1/audit',
  '/api/v1/sessions',
  '/api/v1/sessions/:id',
])

declare module 'fastify' {
  interface FastifyRequest {
    /** Settles when the record of this access is durable or cannot be; null where none is made, or it was waited for. */
    recorded: Promise<void> | null
  }
}

/**
 * Records every request of a scope that may touch health data. The record is written while the handler works, and no
 * answer leaves before it is durable; where it cannot be written, the answer is 503 and holds nothing.
 */
export function auditAccesses(
  scope: FastifyInstance,
  deps: { trail: AuditTrail; clock: Clock; log: Log },
): void {
  scope.decorateRequest('recorded', null)
  scope.addHook('preHandler', (request, _reply, done) => {
    const route = request.routeOptions.url ?? ''
    if (NOT_HEALTH_DATA.has(route)) return done()
    const { access, method } = request
    const metrics = metricsRead(route, request.query)
    const written = deps.trail.record(access.subject.id, {
      at: new Date(deps.clock.now()).toISOString(),
      requestId: request.id,
      by: access.grantId === undefined ? 'self' : access.actor.id,
      action: method === 'GET' || method === 'HEAD' ? 'read' : 'write',
      what: `${method} ${route}`,
      ...(metrics.length > 0 && { metrics: [...metrics] }),
      ...(access.grantId !== undefined && { grantId: access.grantId }),
    })
    // Heard of where the answer waits for it, which may be later.
    written.catch(() => {})
    request.recorded = written
    done()
  })
  scope.addHook('onSend', (request, reply, payload, done) => {
    const written = request.recorded
    // The refusal that follows a failure comes by here again.
    request.recorded = null
    // A failure holds nothing, and is answered as it is: mostly it is the same one that kept the record from being written.
    if (!written || reply.statusCode >= 500) return done(null, payload)
    dependency(deps, 'table', () => written).then(
      () => done(null, payload),
      error => {
        if (payload instanceof Readable) payload.destroy()
        done(error)
      },
    )
  })
}
