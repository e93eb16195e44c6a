import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2'

/** Longest that a connection to a target lies idle before it is closed; shorter than servers' usual five seconds. */
const IDLE_CONNECTION_MS = 2000

/** Work that a target does; told to end when the target's time to drain is over. */
export interface Work {
  abort(): void
}

/** A target as the data plane sees it. */
export interface Target {
  readonly id: string
  readonly port: number
  readonly zone?: string
  readonly secure: boolean
  readonly agent: HttpAgent
  readonly work: Set<Work>
  health: TargetHealth
  /** Checks in a row that passed or failed. */
  passed: number
  failed: number
  /** When the last failure was counted, in milliseconds of the clock. */
  countedAt: number
  /** Ends the timer that the target waits for: its next check, or the end of its draining. */
  cancel(): void
}

/** A target that nothing is known of yet. */
export function createTarget(
  place: { id: string; port: number; zone?: string },
  protocol: 'HTTP' | 'HTTPS',
): Target {
  const options = { keepAlive: true, scheduling: 'lifo' as const, maxFreeSockets: 256 }
  return {
    id: place.id,
    port: place.port,
    zone: place.zone,
    secure: protocol === 'HTTPS',
    agent: keepWarily(
      protocol === 'HTTPS'
        ? new HttpsAgent({ ...options, rejectUnauthorized: false })
        : new HttpAgent(options),
    ),
    work: new Set(),
    health: {},
    passed: 0,
    failed: 0,
    countedAt: 0,
    cancel: () => {},
  }
}

/** Begins a request to a target, with headers as a flat list; `agent` false takes a connection of its own. */
export function requestTo(
  target: Target,
  options: { method: string; path: string; headers: string[]; agent: HttpAgent | false },
): ClientRequest {
  const { id: host, port, secure } = target
  // A flat list is what the documentation allows and keeps spelling, order and repeats; the types lag behind.
  const headers = options.headers as unknown as RequestOptions['headers']
  return secure
    ? httpsRequest({ ...options, headers, host, port, setHost: false, rejectUnauthorized: false })
    : httpRequest({ ...options, headers, host, port, setHost: false })
}

/** Keeps idle connections for a short while only, and drops one as soon as the target has closed its end. */
function keepWarily(agent: HttpAgent): HttpAgent {
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean
  const watched = new WeakSet<Duplex>()
  agent.keepSocketAlive = (stream: Duplex): boolean => {
    if (!keep(stream)) return false
    const socket = stream as Socket
    socket.setTimeout(Math.min(socket.timeout || IDLE_CONNECTION_MS, IDLE_CONNECTION_MS))
    if (!watched.has(socket)) socket.once('end', () => socket.destroy())
    watched.add(socket)
    return true
  }
  return agent
}
