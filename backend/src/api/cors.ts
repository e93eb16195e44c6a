import type { FastifyInstance } from 'fastify'

/** Headers that a page of another origin may read. */
const EXPOSED = 'etag, location, ratelimit, ratelimit-policy, retry-after, x-clarity-release, x-request-id'
const ALLOWED_HEADERS =
  'authorization, content-type, content-encoding, idempotency-key, if-none-match, last-event-id, traceparent'
/** Browsers keep an answer to a preflight for two hours at most. */
const MAX_AGE_SECONDS = 7200

/**
 * Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol) from the origins that are configured, each
 * compared as a whole; no wildcard, and no cookies, of which this API has none. Without origins there is no such header
 * at all, and browsers let no other page read anything.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return
  const allowed = new Set(origins)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('vary', 'origin')
    const { origin } = request.headers
    if (origin === undefined || !allowed.has(origin)) return
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED,
      // Set to same-origin elsewhere, which is what this one is let through by.
      'cross-origin-resource-policy': 'cross-origin',
    })
    const method = request.headers['access-control-request-method']
    if (request.method !== 'OPTIONS' || method === undefined) return
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
        'access-control-allow-headers': ALLOWED_HEADERS,
        'access-control-max-age': String(MAX_AGE_SECONDS),
      })
      .send()
  })
}
