import type { FastifyInstance } from 'fastify'
import type { Log } from '../logging.ts'
import { currentTrace, traceIdOf, withTrace } from '../trace.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the request's `traceparent`, or the request's own id without its dashes, which is one as well. */
    traceId: string
  }
}

/** Makes everything that a request does part of its trace. */
export function traceRequests(app: FastifyInstance): void {
  app.decorateRequest('traceId', '')
  app.addHook('onRequest', (request, _reply, done) => {
    request.traceId = traceIdOf(request.headers.traceparent) ?? request.id.replaceAll('-', '')
    withTrace(request.traceId, done)
  })
  // A body arrives by events of its socket, which belong to no request.
  app.addHook('preValidation', (request, _reply, done) =>
    currentTrace() === request.traceId ? done() : withTrace(request.traceId, done),
  )
}

/**
 * One line a request: id, method, the route's pattern, status, duration, and who as a salted hash. Never the URL, whose
 * query may hold health data, nor any header or body. The health endpoint, asked every few seconds, is left out.
 */
export function requestLog(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    if (route.startsWith('/health') && reply.statusCode === 200) return done()
    log.request({
      request_id: request.id,
      trace_id: request.traceId,
      method: request.method,
      route,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(request.user && { user: log.user((request.access?.actor ?? request.user).id) }),
    })
    done()
  })
  app.addHook('onRequestAbort', async request => {
    log.warn('request aborted', { request_id: request.id, route: request.routeOptions.url ?? 'none' })
  })
}
