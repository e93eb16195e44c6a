/** How a request stands with a limit. */
export interface Taken {
  allowed: boolean
  /** Whole requests that may follow at once. */
  remaining: number
  /** Seconds until the bucket is full again. */
  resetSeconds: number
  /** Seconds until one more may come; 0 where it may at once. */
  waitSeconds: number
}

export interface Buckets {
  /** Takes one token of a key's bucket. @param now in milliseconds */
  take(key: string, now: number): Taken
}

/** Most keys that are remembered; a forgotten bucket is a full one. */
const MOST = 100_000

/**
 * Token buckets (https://en.wikipedia.org/wiki/Token_bucket) in this process's memory: a minute's worth at once, then as
 * they come in. With n tasks behind a load balancer a client may thus have up to n times as much.
 */
export function createBuckets(perMinute: number, most = MOST): Buckets {
  const perMs = perMinute / 60_000
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take: (key, now) => {
      const last = buckets.get(key)
      let tokens = last ? Math.min(perMinute, last.tokens + Math.max(0, now - last.at) * perMs) : perMinute
      const allowed = tokens >= 1
      if (allowed) tokens--
      buckets.delete(key)
      buckets.set(key, { tokens, at: now })
      if (buckets.size > most) buckets.delete(buckets.keys().next().value as string)
      return {
        allowed,
        remaining: Math.floor(tokens),
        resetSeconds: Math.ceil((perMinute - tokens) / perMs / 1000),
        waitSeconds: tokens >= 1 ? 0 : Math.ceil((1 - tokens) / perMs / 1000),
      }
    },
  }
}
