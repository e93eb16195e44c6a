import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { AnswerHead } from './answer-parser.ts'
import { answerError } from './answers.ts'
import type { Fleet } from './fleet.ts'
import { type HeaderSettings, hasBody, requestHeaders, responseHeaders } from './headers.ts'
import type { createIdleWatch, Watched } from './idle.ts'
import { type Counters, countOwn, countTarget } from './metrics.ts'
import { LONGEST_ANSWER_HEADERS, sizeOf } from './request-limits.ts'
import type { Target } from './target.ts'
import { noteRequest, type Trail } from './trail.ts'
import type { Upstream } from './upstream.ts'

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

/** Largest body that goes out in one write with its head. */
const MOST_HELD = 16 * 1024

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
  let sent: Upstream | undefined
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
  if (!repeatable && first.upstreams.idle() > 0)
    // What the target has closed is seen when this turn of the event loop ends, and not used.
    setImmediate(() => attempt(first))
  else attempt(first)

  function attempt(target: Target, fresh = false): void {
    if (finished) return
    release = fleet.begin(target, { abort: () => fail(502) })
    const startedAt = performance.now()
    if (trail) noteRequest(trail, target, headers, startedAt)
    let connected = false
    let answered = false
    /** The first piece of an answer's body, held while the turn of the event loop lasts in which its head came. */
    let held: Buffer | undefined
    let holding = true
    let begun = false
    const head = { method: request.method ?? 'GET', path: originForm(request.url ?? '/'), headers }
    const upstream = target.upstreams.send(head, bodied, fresh, {
      connected: () => {
        connected = true
        if (bodied) sendBody(upstream)
      },
      head: answer => {
        answered = true
        const answeredAt = performance.now()
        countTarget(counters, answer.status, (answeredAt - startedAt) / 1000)
        if (trail) {
          trail.answeredAt = answeredAt
          trail.targetStatus = answer.status
        }
        if (!relay(answer)) return
        response.on('drain', upstream.resume)
        // Headers of a slow body go out at once; those of a quick one share its packet.
        setImmediate(() => {
          holding = false
          if (held) pass(held)
          else if (!begun && !response.destroyed) response.flushHeaders()
        })
      },
      data: chunk => {
        watched.lastByteAt = clock.now()
        if (holding && !begun && !held && chunk.length <= MOST_HELD) held = chunk
        else pass(chunk)
      },
      end: () => {
        begun = true
        release()
        // Head and body as one string of bytes are one write to the kernel; with a buffer they are two.
        if (held) response.end(held.toString('latin1'), 'latin1')
        else response.end()
        held = undefined
        // A target that answers early does not read on: the rest of the body is read and dropped.
        if (bodied) request.resume()
      },
      drain: () => {
        waitingForTarget = false
        request.resume()
      },
      failed: () => {
        if (finished || sent !== upstream) return
        if (answered) return void response.destroy()
        release()
        if (!connected) {
          counters.TargetConnectionErrorCount++
          refusedBy.add(target)
          const next = fleet.choose(groupArn, refusedBy)
          return void (next ? attempt(next) : fail(502))
        }
        const stale = upstream.reused && performance.now() - startedAt < STALE_MS
        if (stale && repeatable && !fresh) return void attempt(fleet.choose(groupArn) ?? target, true)
        fail(502)
      },
    })
    sent = upstream

    function pass(chunk: Buffer): void {
      begun = true
      const parts = held && held !== chunk ? [held, chunk] : [chunk]
      held = undefined
      for (const part of parts) if (!response.write(part)) upstream.pause()
    }
  }

  function sendBody(upstream: Upstream): void {
    waitingForTarget = false
    request.on('data', chunk => {
      watched.lastByteAt = clock.now()
      if (upstream.write(chunk)) return
      waitingForTarget = true
      request.pause()
    })
    request.on('end', () => {
      waitingForTarget = true
      upstream.end()
    })
  }

  /** Passes an answer's head on. @returns false for one that HTTP or AWS does not allow */
  function relay({ status, text, rawHeaders, connection }: AnswerHead): boolean {
    watched.lastByteAt = clock.now()
    const answer = responseHeaders(rawHeaders, connection, settings.sendServer)
    try {
      if (sizeOf(answer) > LONGEST_ANSWER_HEADERS) throw new Error('too large')
      response.writeHead(status, text, answer)
      return true
    } catch {
      fail(502)
      return false
    }
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
