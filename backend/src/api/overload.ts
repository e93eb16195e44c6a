import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

export interface OverloadLimits {
  /** Most requests in hand at once; streams of events count until they begin. */
  inFlight: number
  /** How late the event loop may run, in milliseconds, on the means of two half seconds in a row. */
  loopDelayMs: number
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The request no longer counts as in hand. */
    leave: (() => void) | null
  }
}

/** What 512 MB hold of requests of 5 MB is less; those wait for their bodies in the sockets. */
export const OVERLOAD: OverloadLimits = { inFlight: 1000, loopDelayMs: 1000 }

/** The event loop's delay is looked at this often, in milliseconds. */
const WINDOW_MS = 500
const RESOLUTION_MS = 20

/**
 * Answers 503 with `Retry-After` while there is more to do than can be done: what is in hand is then finished in time,
 * and what is refused is refused at once. Liveness is never refused.
 * @param delay what the event loop's delay is read from, in milliseconds. @default this process's
 */
export function refuseOverload(
  app: FastifyInstance,
  limits: OverloadLimits = OVERLOAD,
  delay?: () => number,
): void {
  let inFlight = 0
  app.decorateRequest('leave', null)
  const loop = delay ? { read: delay, stop: () => {} } : watchLoop()
  app.addHook('onClose', async () => loop.stop())
  app.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/health')) return done()
    if (inFlight >= limits.inFlight || loop.read() > limits.loopDelayMs) return done(overloaded())
    inFlight++
    let counted = true
    const finished = (): void => {
      if (counted) inFlight--
      counted = false
    }
    reply.raw.once('close', finished)
    request.leave = finished
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) request.leave?.()
    done(null, payload)
  })
}

function watchLoop(): { read: () => number; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  let mean = 0
  let before = 0
  const timer = setInterval(() => {
    // What is measured is the time between two ticks of the resolution.
    const now = histogram.count === 0 ? 0 : Math.max(0, histogram.mean / 1e6 - RESOLUTION_MS)
    // One long turn, such as loading a module, is no overload: it has to last.
    mean = Math.min(before, now)
    before = now
    histogram.reset()
  }, WINDOW_MS).unref()
  return {
    read: () => mean,
    stop: () => {
      clearInterval(timer)
      histogram.disable()
    },
  }
}

/** Clients that were refused together should not come back together. */
function overloaded(): Problem {
  const seconds = 1 + Math.floor(Math.random() * 4)
  const detail = 'more is asked than can be answered just now; nothing was stored: send it again later'
  return new Problem(503, 'overloaded', 'Too busy', detail, { headers: { 'retry-after': String(seconds) } })
}
