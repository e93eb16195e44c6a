import { randomUUID } from 'node:crypto'
import type { LockItem, LockTable } from '../aws/lock-table.ts'
import { type HeldLock, holdLock, type LockRequest } from './held-lock.ts'
import { type Holder, holderOf } from './holder.ts'

export type Acquired = { kind: 'held'; lock: HeldLock } | { kind: 'locked'; holder: Holder }

/** The lock of an environment: one command changes it at a time. */
export interface DeployLock {
  acquire(request: LockRequest): Promise<Acquired>
  /** Who has it now, or had it and went silent; undefined while it is free. */
  holder(environment: string): Promise<Holder | undefined>
  /** Frees it whoever has it. @returns whom it was taken from; undefined when it was free */
  free(environment: string, by: { who: string; host: string; at: number }): Promise<Holder | undefined>
}

/** Attempts before a lock that changes hands again and again counts as locked. */
const ATTEMPTS = 5

/**
 * A lock by conditional writes. Of any number of contenders one gets it; a holder that went silent is taken over
 * when its lease ends; its version grows at every acquisition, so that a stale holder is told from the new one.
 * Clocks of contenders may differ by up to two thirds of the lease before a live holder could be taken over, and
 * even then `assertHeld` stops it.
 */
export function createDeployLock(table: LockTable): DeployLock {
  async function acquire(request: LockRequest): Promise<Acquired> {
    const token = randomUUID()
    for (let attempt = 1; ; attempt++) {
      const seen = await table.read(request.environment)
      // an answer was lost on the way: the write had happened
      if (seen?.token === token) return held(request, seen)
      const now = request.now()
      const silent = seen?.state === 'held' && seen.leaseUntil <= now
      if (seen?.state === 'held' && (!silent || attempt > ATTEMPTS))
        return { kind: 'locked', holder: holderOf(seen) }
      const item = newItem(request, token, (seen?.version ?? 0) + 1, now)
      const tookOver = silent && seen ? holderOf(seen) : undefined
      if (await table.swap(item, seen)) return held(request, item, tookOver)
    }
  }

  function held(request: LockRequest, item: LockItem, tookOver?: Holder): Acquired {
    return { kind: 'held', lock: holdLock({ table, item, request, tookOver }) }
  }

  async function free(
    environment: string,
    by: { who: string; host: string; at: number },
  ): Promise<Holder | undefined> {
    for (;;) {
      const seen = await table.read(environment)
      if (seen?.state !== 'held') return undefined
      if (await table.freeByForce(seen, { what: 'unlocked by force', ...by })) return holderOf(seen)
    }
  }

  return {
    acquire,
    holder: async environment => {
      const seen = await table.read(environment)
      return seen?.state === 'held' ? holderOf(seen) : undefined
    },
    free,
  }
}

function newItem(request: LockRequest, token: string, version: number, now: number): LockItem {
  const { environment, who, host, commit, why, ttlSeconds } = request
  return {
    environment,
    version,
    state: 'held',
    token,
    who,
    host,
    commit,
    why,
    since: now,
    leaseUntil: now + ttlSeconds * 1000,
  }
}
