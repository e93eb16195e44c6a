import type { Clock } from '../../core/clock.ts'
import type { Client } from './client.ts'
import type { Fleet } from './fleet.ts'
import type { HeaderSettings } from './headers.ts'
import type { createIdleWatch, Watched } from './idle.ts'
import { type Counters, countOwn, countTarget } from './metrics.ts'
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
  client: Client
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
  const { client, groupArn, settings, counters, trail } = exchange
  const { method, bodied } = client
  const repeatable = !bodied && IDEMPOTENT.has(method)
  const begunAt = clock.now()
  const { headers, chunked, traceId } = client.forTarget(settings, begunAt)
  const path = originForm(client.url)
  let refusedBy: Set<Target> | undefined
  const watched: Watched = { lastByteAt: begunAt, idleMs: settings.idleMs, onIdle }
  let sent: Upstream | undefined
  let waitingForTarget = true
  let finished = false
  let release = () => {}

  const first = fleet.choose(groupArn)
  if (!first) return void finish(503)
  counters.RequestCount++
  idle.add(watched)
  client.watch(
    () => sent?.resume(),
    whole => {
      if (!whole) sent?.destroy()
      finish()
    },
  )
  if (!repeatable && first.upstreams.idle() > 0)
    // What the target has closed is seen when this turn of the event loop ends, and not used.
    setImmediate(() => attempt(first))
  else attempt(first)

  function attempt(target: Target, fresh = false): void {
    if (finished) return
    release = fleet.begin(target, { abort: () => fail(502) })
    const startedAt = performance.now()
    if (trail) noteRequest(trail, target, traceId, startedAt)
    let connected = false
    let answered = false
    /** The first piece of an answer's body, held while the turn of the event loop lasts in which its head came. */
    let held: Buffer | undefined
    let holding = false
    let waiting = false
    let begun = false
    const upstream = target.upstreams.send({ method, path, headers, chunked }, bodied, fresh, {
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
        watched.lastByteAt = clock.now()
        if (client.head(answer, settings.sendServer)) holding = true
        else fail(502)
      },
      read: () => {
        // Headers of a slow body go out at once; those of a quick one share its packet.
        if (!holding || waiting) return
        waiting = true
        if (held) held = Buffer.from(held)
        setImmediate(() => {
          holding = false
          if (held) pass(held)
          else if (!begun) client.flush()
        })
      },
      data: chunk => {
        watched.lastByteAt = clock.now()
        if (holding && !begun && !held && chunk.length <= MOST_HELD)
          held = waiting ? Buffer.from(chunk) : chunk
        else pass(chunk)
      },
      end: () => {
        const last = held
        begun = true
        holding = false
        held = undefined
        release()
        client.end(last)
        // A target that answers early does not read on: the rest of the body is read and dropped.
        if (bodied) client.resume()
      },
      drain: () => {
        waitingForTarget = false
        client.resume()
      },
      failed: () => {
        if (finished || sent !== upstream) return
        if (answered) return client.destroy()
        release()
        if (!connected && !upstream.reused) {
          counters.TargetConnectionErrorCount++
          refusedBy = (refusedBy ?? new Set()).add(target)
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
      // What is written may wait, and what was read is overwritten by the next reading.
      for (const part of parts) if (!client.write(Buffer.from(part))) upstream.pause()
    }
  }

  function sendBody(upstream: Upstream): void {
    waitingForTarget = false
    client.readBody({
      data: chunk => {
        watched.lastByteAt = clock.now()
        if (upstream.write(chunk)) return
        waitingForTarget = true
        client.pause()
      },
      end: () => {
        waitingForTarget = true
        upstream.end()
      },
    })
  }

  function onIdle(): void {
    fail(bodied && !client.complete() && !waitingForTarget ? 408 : 504)
  }

  function fail(status: number): void {
    if (finished) return
    if (client.answered()) client.destroy()
    else finish(status)
    sent?.destroy()
  }

  function finish(status?: number): void {
    if (finished) return
    finished = true
    idle.remove(watched)
    release()
    if (status === undefined) return
    countOwn(counters, status)
    client.refuse(status)
  }
}

/** Path and query of a request target, which a client of a proxy may send as a whole URL. */
export function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target
  return target.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/')
}
