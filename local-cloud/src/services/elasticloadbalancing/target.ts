import { type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2'
import { createUpstreams, type Upstreams } from './upstream.ts'

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
  readonly upstreams: Upstreams
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
  const secure = protocol === 'HTTPS'
  return {
    id: place.id,
    port: place.port,
    zone: place.zone,
    secure,
    upstreams: createUpstreams({ id: place.id, port: place.port, secure }),
    work: new Set(),
    health: {},
    passed: 0,
    failed: 0,
    countedAt: 0,
    cancel: () => {},
  }
}

/** Begins a request over a connection of its own, which may leave HTTP; headers as a flat list. */
export function requestTo(
  target: Target,
  options: { method: string; path: string; headers: string[] },
): ClientRequest {
  const { id: host, port, secure } = target
  // A flat list is what the documentation allows and keeps spelling, order and repeats; the types lag behind.
  const headers = options.headers as unknown as RequestOptions['headers']
  const to = { ...options, headers, host, port, setHost: false, agent: false }
  return secure ? httpsRequest({ ...to, rejectUnauthorized: false }) : httpRequest(to)
}
