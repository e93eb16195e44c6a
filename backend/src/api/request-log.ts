import type { FastifyInstance } from 'fastify'
import type { Log } from '../logging.ts'

/**
 * One line a request: id, method, the route's pattern, status, duration, and who as a salted hash. Never the URL, whose
 * query may hold health data, nor any header or body. The health endpoint, asked every few seconds, is left out.
 */
export function requestLog(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    if (route.startsWith('/health') && reply.statusCode === 200) return
    log.request({
      request_id: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(request.user && { user: log.user(request.user.id) }),
    })
  })
  app.addHook('onRequestAbort', async request => {
    log.warn('request aborted', { request_id: request.id, route: request.routeOptions.url ?? 'none' })
  })
}
