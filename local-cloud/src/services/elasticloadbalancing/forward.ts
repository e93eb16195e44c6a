import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import { answerError } from './answers.ts'
import type { Fleet } from './fleet.ts'
import { type HeaderSettings, hasBody, requestHeaders, responseHeaders } from './headers.ts'
import type { createIdleWatch, Watched } from './idle.ts'
import { type Counters, countOwn, countTarget } from './metrics.ts'
import { LONGEST_ANSWER_HEADERS, sizeOf } from './request-limits.ts'
import { requestTo, type Target } from './target.ts'
import { noteRequest, type Trail } from './trail.ts'

/** What of the listener and its load balancer matters to a forwarded request. */
export interface ForwardSettings extends HeaderSettings {
  idleMs: number
  sendServer: boolean
}

/** What forwarding needs of the data plane. */
export interface ForwardParts {
  fleet: Fleet
  idle: ReturnType<typeof createIdleWatch>
  clock: Clock
}

/** One request on its way to a target of a group. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  groupArn: string
  settings: ForwardSettings
  counters: Counters
  /** What the access log is to tell of it. */
  trail?: Trail
}

/**
 * A connection that was closed before the request reached it answers within a round trip of this machine;
 * what fails later was under way in the target, and is lost as it is on AWS.
 */
const STALE_MS = 50

/** RFC 9110 section 9.2.2: may be sent again when a connection fails. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Forwards one request, streaming both ways. Another connection is tried in two cases only, in both of which
 * no target can have acted twice: the connection was refused (nothing was sent), or a kept connection was
 * closed under an idempotent request without body (RFC 9112 section 9.3.1). Everything else that fails is 502.
 */
export function forward(parts: ForwardParts, exchange: Exchange): void {
  const { fleet, idle, clock } = parts
  const { request, response, groupArn, settings, counters, trail } = exchange
  const bodied = hasBody(request)
  const repeatable = !bodied && IDEMPOTENT.has(request.method ?? '')
  const headers = requestHeaders(request, settings, clock.now())
  const refusedBy = new Set<Target>()
  const watched: Watched = { lastByteAt: clock.now(), idleMs: settings.idleMs, onIdle }
  let sent: ClientRequest | undefined
  let waitingForTarget = true
  let finished = false
  let release = () => {}

  const first = fleet.choose(groupArn)
  if (!first) return void finish(503)
  counters.RequestCount++
  idle.add(watched)
  response.on('error', () => {})
  response.on('close', () => {
    if (!response.writableFinished) sent?.destroy()
    finish()
  })
  if (!repeatable && Object.keys(first.agent.freeSockets).length > 0)
    // What the target has closed is seen when this turn of the event loop ends, and not used.
    setImmediate(() => attempt(first))
  else attempt(first)

  function attempt(target: Target, fresh = false): void {
    if (finished) return
    release = fleet.begin(target, { abort: () => fail(502) })
    const startedAt = performance.now()
    if (trail) noteRequest(trail, target, headers, startedAt)
    const upstream = requestTo(target, {
      method: request.method ?? 'GET',
      path: originForm(request.url ?? '/'),
      headers,
      agent: fresh ? false : target.agent,
    })
    sent = upstream
    let connected = false
    let answered = false
    upstream.on('socket', socket => {
      const begin = () => {
        connected = true
        if (bodied) sendBody(upstream)
      }
      if (socket.connecting) socket.once('connect', begin)
      else begin()
    })
    upstream.on('response', incoming => {
      answered = true
      const answeredAt = performance.now()
      countTarget(counters, incoming.statusCode ?? 0, (answeredAt - startedAt) / 1000)
      if (trail) {
        trail.answeredAt = answeredAt
        trail.targetStatus = incoming.statusCode
      }
      relay(incoming)
    })
    upstream.on('upgrade', (_, socket) => {
      socket.destroy()
      fail(502)
    })
    upstream.on('error', () => {
      if (answered || finished || sent !== upstream) return
      release()
      if (!connected) {
        counters.TargetConnectionErrorCount++
        refusedBy.add(target)
        const next = fleet.choose(groupArn, refusedBy)
        return void (next ? attempt(next) : fail(502))
      }
      const stale = upstream.reusedSocket && performance.now() - startedAt < STALE_MS
      if (stale && repeatable && !fresh) return void attempt(fleet.choose(groupArn) ?? target, true)
      fail(502)
    })
    if (!bodied) upstream.end()
  }

  function sendBody(upstream: ClientRequest): void {
    waitingForTarget = false
    request.on('data', chunk => {
      watched.lastByteAt = clock.now()
      if (upstream.destroyed || upstream.write(chunk)) return
      waitingForTarget = true
      request.pause()
    })
    upstream.on('drain', () => {
      waitingForTarget = false
      request.resume()
    })
    request.on('end', () => {
      waitingForTarget = true
      upstream.end()
    })
    // A target that answers early closes its end: the rest of the body is read and dropped.
    upstream.on('close', () => request.resume())
    upstream.flushHeaders()
  }

  function relay(incoming: IncomingMessage): void {
    watched.lastByteAt = clock.now()
    const answer = responseHeaders(incoming, settings.sendServer)
    if (sizeOf(answer) > LONGEST_ANSWER_HEADERS) return void fail(502)
    try {
      response.writeHead(incoming.statusCode ?? 0, incoming.statusMessage, answer)
    } catch {
      // A status line or header that HTTP does not allow.
      return void fail(502)
    }
    let begun = false
    incoming.on('data', chunk => {
      begun = true
      watched.lastByteAt = clock.now()
      if (!response.write(chunk)) incoming.pause()
    })
    response.on('drain', () => incoming.resume())
    incoming.on('end', () => {
      begun = true
      release()
      response.end()
    })
    incoming.on('error', () => {})
    incoming.on('close', () => {
      if (!incoming.complete) response.destroy()
    })
    // Headers of a slow body go out at once; those of a quick one share its packet.
    setImmediate(() => {
      if (!begun && !response.destroyed) response.flushHeaders()
    })
  }

  function onIdle(): void {
    fail(bodied && !request.complete && !waitingForTarget ? 408 : 504)
  }

  function fail(status: number): void {
    if (finished) return
    if (response.headersSent) response.destroy()
    else finish(status)
    sent?.destroy()
  }

  function finish(status?: number): void {
    if (finished) return
    finished = true
    idle.remove(watched)
    release()
    if (status === undefined || response.destroyed) return
    countOwn(counters, status)
    if (bodied && !request.complete) response.setHeader('connection', 'close')
    answerError(response, status)
    request.resume()
  }
}

/** Path and query of a request target, which a client of a proxy may send as a whole URL. */
export function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target
  return target.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/')
}
