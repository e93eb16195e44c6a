import type { FastifyInstance } from 'fastify'

/**
 * Headers of every answer, after the OWASP REST Security Cheat Sheet: health data is cached nowhere, sniffed, framed or
 * referred to by nobody. The reference page loosens the content policy for itself.
 */
export function securityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'interest-cohort=()',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    done()
  })
}
