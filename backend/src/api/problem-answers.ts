import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../logging.ts'
import { Problem } from '../problem.ts'

/** Media type of every error answer (RFC 9457). */
export const PROBLEM_JSON = 'application/problem+json; charset=utf-8'

/** Answers every refusal and every failure of this server as a problem document; only the unexpected ones are logged. */
export function answerWithProblems(app: FastifyInstance, log: Log): void {
  const routes = recordRoutes(app)
  const unserved = (request: FastifyRequest): Problem => {
    const path = pathOf(request)
    const methods = routes().flatMap(({ method, pattern }) => (pattern.test(path) ? [method] : []))
    return methods.length === 0
      ? new Problem(404, 'not_found', 'Not found', 'there is nothing here; /reference lists every route')
      : new Problem(405, 'method_not_allowed', 'Method not allowed', `${request.method} is not served here`, {
          headers: { allow: [...new Set(methods)].join(', ') },
        })
  }
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = NEEDS_BODY.has(error.code)
      ? unserved(request)
      : error instanceof Problem
        ? error
        : fromFastify(error)
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') dropRest(request, reply)
    if (problem) return send(problem, request, reply)
    log.error('request failed', {
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      error,
    })
    const detail = `something went wrong here; quote request id ${request.id} when you report it`
    return send(new Problem(500, 'internal_error', 'Internal error', detail), request, reply)
  })
  app.setNotFoundHandler((request, reply) => send(unserved(request), request, reply))
}

/** What Fastify says of a QUERY without a body, before it looks whether there is a route; here there is none. */
const NEEDS_BODY = new Set(['FST_ERR_ROUTE_MISSING_CONTENT', 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE'])

/** Answers a request whose path cannot be read at all. */
export function answerUnroutable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  send(
    fromFastify(error) ?? new Problem(400, 'malformed_request', UNREADABLE, 'the path is not a valid one'),
    request,
    reply,
  )
}

/** Answers what is not HTTP, or too much of it, before there is a request to speak of. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket, release: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const [status, type, title] = BROKEN[error.code ?? ''] ?? [400, 'malformed_request', 'Bad Request']
  const body = JSON.stringify(problemBody(new Problem(status, type, title, UNREADABLE.toLowerCase()), '/'))
  const lines = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_JSON}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-clarity-release: ${release}`,
    'connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** https://nodejs.org/api/http.html#event-clienterror */
const BROKEN: Record<string, [number, string, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'Request Timeout'],
}

const UNREADABLE = 'The request cannot be read'

/** The method and path pattern of every route registered from now on, for telling a wrong method from a wrong path. */
function recordRoutes(app: FastifyInstance): () => { method: string; pattern: RegExp }[] {
  const routes: { method: string; pattern: RegExp }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    const source = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
    for (const one of [method].flat()) routes.push({ method: one, pattern: new RegExp(`^${source}/?$`) })
  })
  return () => routes
}

/** The JSON of a problem, with the `message` that older clients read beside the `detail` of RFC 9457. */
export function problemBody(problem: Problem, instance: string): Record<string, unknown> {
  const { type, title, status, message, errors } = problem
  return { type, title, status, detail: message, instance, message, errors }
}

function send(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(PROBLEM_JSON)
    .serializer(JSON.stringify)
    .send(problemBody(problem, pathOf(request)))
}

/** What is read of a refused body before its connection is cut, in bytes. */
const DROPPED_AT_MOST = 64 * 1024 * 1024

/**
 * Reads what is still coming of a refused body and drops it. Closing at once would reset the connection, and the
 * reset would overtake the answer: the client, or the load balancer before it, would see a failure and no reason.
 */
function dropRest({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection')
  let left = DROPPED_AT_MOST
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) raw.destroy()
  })
}

/** The path without the query string, whose values are nobody's business. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/'
}

/** The errors that Fastify itself raises against a request: https://fastify.dev/docs/latest/Reference/Errors */
function fromFastify(error: FastifyError): Problem | undefined {
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem(400, 'malformed_request', UNREADABLE, error.message)
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem(
        413,
        'too_large',
        'The body is too large',
        'the body is larger than this route takes; send it in parts',
      )
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return new Problem(
        415,
        'unsupported_media_type',
        'Unsupported media type',
        'send the body as application/json',
      )
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem(400, 'malformed_request', UNREADABLE, 'the path is not a valid one')
  }
  return undefined
}
