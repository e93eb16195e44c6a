import type { FastifyRequest } from 'fastify'
import type { ErasureStore } from '../../adapters/dynamodb/erasure-store.ts'
import type { SessionStore } from '../../adapters/dynamodb/session-store.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Log } from '../../logging.ts'
import { invalidToken, type RequestUser } from '../request-user.ts'
import { accountErased, dependency } from '../upload-intake.ts'

/** Refuses tokens of sessions that have been ended, which their signature alone cannot show. */
export interface SessionGate {
  /** @throws Problem 401 `invalid_token`, 410 `account_erased` */
  pass(user: RequestUser, request: FastifyRequest): Promise<void>
  /** Whether the table's word that a session stands still holds; else {@link pass} has to be asked. */
  isOpen(user: RequestUser): boolean
  end(user: RequestUser, id: string): Promise<boolean>
  endAll(user: RequestUser): Promise<void>
}

export interface GateDeps {
  sessions: SessionStore
  erasures: Pick<ErasureStore, 'isErased'>
  clock: Clock
  log: Log
}

/** For how long the table's word on a session holds: an end made in another task is heeded after this at the latest. */
export const TRUST_MS = 15_000
/** Most sessions that are remembered. */
const MOST = 50_000

type State = 'open' | 'ended' | 'erased'

/** Asks the table once in {@link TRUST_MS} for each session; ends made through this gate hold at once. */
export function createSessionGate(deps: GateDeps): SessionGate {
  const { sessions, erasures, clock } = deps
  const known = new Map<string, { until: number; open: Promise<State>; state?: State }>()

  async function ask(user: RequestUser, userAgent: string | undefined): Promise<State> {
    const { id: userId, session } = user
    const [erased, endedAllAt] = await Promise.all([
      erasures.isErased(userId),
      session && sessions.endedAllAt(userId),
    ])
    if (erased) return 'erased'
    if (!session) return 'open'
    // A token tells the second of its sign-in; one of the same second may have come after.
    if (endedAllAt && session.startedAt < Math.floor(Date.parse(endedAllAt) / 1000) * 1000) return 'ended'
    const startedAt = new Date(session.startedAt).toISOString()
    const lastUsedAt = new Date(clock.now()).toISOString()
    const current = await sessions.touch(userId, { id: session.id, startedAt, lastUsedAt, userAgent })
    return current.endedAt === undefined ? 'open' : 'ended'
  }

  const keyOf = (userId: string, sessionId = '') => `${userId} ${sessionId}`

  return {
    pass: async (user, request) => {
      const key = keyOf(user.id, user.session?.id)
      let entry = known.get(key)
      if (!entry || entry.until <= clock.now()) {
        const agent = request.headers['user-agent']?.replace(/[^ -~]/g, '').slice(0, 120)
        const asked: NonNullable<typeof entry> = { until: clock.now() + TRUST_MS, open: ask(user, agent) }
        entry = asked
        asked.open.then(
          state => {
            asked.state = state
          },
          // What failed is asked again by the next request.
          () => known.delete(key),
        )
        known.delete(key)
        known.set(key, entry)
        for (const oldest of known.keys()) {
          if (known.size <= MOST) break
          known.delete(oldest)
        }
      }
      const { open } = entry
      const state = await dependency(deps, 'table', () => open)
      if (state === 'ended') throw invalidToken('the session has ended')
      if (state === 'erased') throw accountErased()
    },
    isOpen: user => {
      const entry = known.get(keyOf(user.id, user.session?.id))
      return entry?.state === 'open' && entry.until > clock.now()
    },
    end: async (user, id) => {
      const found = await sessions.end(user.id, id, new Date(clock.now()).toISOString())
      known.delete(keyOf(user.id, id))
      return found
    },
    endAll: async user => {
      await sessions.endAll(user.id, new Date(clock.now()).toISOString())
      for (const key of known.keys()) if (key.startsWith(keyOf(user.id))) known.delete(key)
    },
  }
}
