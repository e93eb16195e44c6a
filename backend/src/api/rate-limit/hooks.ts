import { isIP } from 'node:net'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Clock } from '../../domain/clock.ts'
import { Problem } from '../../problem.ts'
import { type Buckets, createBuckets } from './bucket.ts'

/** Requests a minute; 0 sets no limit. */
export interface RateLimits {
  /** Of one signed-in person. */
  user: number
  /** From one address. */
  address: number
  /** From one address, below `/api/v1/auth`. */
  auth: number
  /** That name one e-mail address, below `/api/v1/auth`, whoever sends them. */
  account: number
}

/** Limits of an application that is given none. */
export const NO_LIMITS: RateLimits = { user: 0, address: 0, auth: 0, account: 0 }

export interface Limiter {
  /** Of each address, on every route but those of health. */
  addresses(app: FastifyInstance): void
  /** Of each person, once it is known who asks. */
  users(scope: FastifyInstance): void
  /** Of signing in: stricter by address, and by the account that is named, whether or not there is one. */
  signIns(scope: FastifyInstance): void
}

/**
 * Refuses what is too much with 429 and `Retry-After`, and tells how much is left by the header fields of
 * https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10, of the limit that is nearest.
 */
export function createLimiter(limits: RateLimits, clock: Clock): Limiter {
  const [users, addresses, auth, accounts] = (['user', 'address', 'auth', 'account'] as const).map(name =>
    limitOf(name, limits[name]),
  )

  function take(limit: Limit | undefined, key: string, reply: FastifyReply): void {
    if (!limit) return
    const taken = limit.buckets.take(key, clock.now())
    const share = taken.remaining / limit.quota
    const nearest = NEAREST.get(reply)
    if (!nearest || share <= nearest) {
      NEAREST.set(reply, share)
      reply.headers({
        'ratelimit-policy': limit.policy,
        ratelimit: `"${limit.name}";r=${taken.remaining};t=${taken.resetSeconds}`,
      })
    }
    if (taken.allowed) return
    throw new Problem(429, 'rate_limited', 'Too many requests', 'too many requests; wait, then try again', {
      headers: { 'retry-after': String(taken.waitSeconds) },
    })
  }

  return {
    addresses: app => {
      if (!addresses) return
      app.addHook('onRequest', (request, reply, done) => {
        if (!request.url.startsWith('/health')) take(addresses, networkOf(request.ip), reply)
        done()
      })
    },
    users: scope => {
      if (!users) return
      scope.addHook('onRequest', (request, reply, done) => {
        take(users, request.access.actor.id, reply)
        done()
      })
    },
    signIns: scope => {
      scope.addHook('onRequest', async (request, reply) => take(auth, networkOf(request.ip), reply))
      scope.addHook('preHandler', async (request, reply) => {
        const { email } = (request.body ?? {}) as { email?: unknown }
        if (typeof email === 'string') take(accounts, email.toLowerCase(), reply)
      })
    },
  }
}

/** How much of its nearest limit an answer has told of. */
const NEAREST = new WeakMap<FastifyReply, number>()

interface Limit {
  name: string
  quota: number
  policy: string
  buckets: Buckets
}

function limitOf(name: string, quota: number): Limit | undefined {
  if (quota === 0) return undefined
  return { name, quota, policy: `"${name}";q=${quota};w=60`, buckets: createBuckets(quota) }
}

/** An IPv6 customer has a /64, whose addresses are as one. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  const middle = tail === undefined ? [] : new Array(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...middle, ...right].slice(0, 4).join(':')
}
