import type { RequestUser } from '../../api/request-user.ts'

/** Tokens whose signature and claims were found good a moment ago. */
export interface GoodTokens {
  /** The user of a token that is kept and has not expired. */
  find(token: string): RequestUser | undefined
  keep(token: string, user: RequestUser, expiresMs: number): void
}

/** How long a token is taken for good without another look, and how many are kept. */
const KEPT_MS = 60_000
const MOST = 10_000

/** @param now milliseconds since the epoch */
export function createGoodTokens(now: () => number = Date.now): GoodTokens {
  const tokens = new Map<string, { user: RequestUser; until: number }>()
  return {
    find: token => {
      const known = tokens.get(token)
      if (!known) return undefined
      if (now() < known.until) return known.user
      tokens.delete(token)
      return undefined
    },
    keep: (token, user, expiresMs) => {
      const [oldest] = tokens.keys()
      if (tokens.size >= MOST && oldest !== undefined) tokens.delete(oldest)
      tokens.set(token, { user, until: Math.min(expiresMs, now() + KEPT_MS) })
    },
  }
}
