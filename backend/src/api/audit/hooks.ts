import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
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

/**
 * Records every request of a scope that may touch health data. The record is written while the handler works, and no
 * answer leaves before it is durable; where it cannot be written, the answer is 503 and holds nothing.
 */
export function auditAccesses(
  scope: FastifyInstance,
  deps: { trail: AuditTrail; clock: Clock; log: Log },
): void {
  const writing = new WeakMap<FastifyRequest, Promise<void>>()
  scope.addHook('preHandler', async request => {
    const route = request.routeOptions.url ?? ''
    if (NOT_HEALTH_DATA.has(route)) return
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
    writing.set(request, written)
  })
  scope.addHook('onSend', async (request, reply, payload) => {
    const written = writing.get(request)
    if (!written) return payload
    // The refusal that follows a failure comes by here again.
    writing.delete(request)
    // A failure holds nothing, and is answered as it is: mostly it is the same one that kept the record from being written.
    if (reply.statusCode >= 500) return payload
    try {
      await dependency(deps, 'table', () => written)
    } catch (error) {
      if (payload instanceof Readable) payload.destroy()
      throw error
    }
    return payload
  })
}
