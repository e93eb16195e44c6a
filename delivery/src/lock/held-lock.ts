import type { LockItem, LockTable } from '../aws/lock-table.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { type Holder, holderOf, holderWords } from './holder.ts'

/** Who asks for the lock of an environment, for what and for how long. */
export interface LockRequest {
  environment: string
  who: string
  host: string
  /** The commit that is to be released; `unknown` where no commit is. */
  commit: string
  /** What the lock is for: `deploy`, `rollback`. */
  why: string
  /** How long others wait for a holder that has gone silent. */
  ttlSeconds: number
  /** Milliseconds since the epoch. */
  now(): number
}

/** A lock that this command has, until it releases it, goes silent for too long, or is forced out. */
export interface HeldLock {
  /** Larger than that of every holder before. */
  version: number
  /** The holder that had gone silent and was taken over: its command did not end in order. */
  tookOver?: Holder
  /** Until when nobody else may have it, in ms since the epoch, as last confirmed. */
  leaseUntil(): number
  /** Lengthens the lease. @returns false when another has the lock, or nobody */
  renew(): Promise<boolean>
  /** Frees it, if it is still this command's; another's is left alone. */
  release(): Promise<void>
  /**
   * Confirms it by a write, so that what follows has a whole lease of time: call it before every change.
   * @throws ClarityError `lock_lost` naming who has it now
   */
  assertHeld(): Promise<void>
}

/** What an acquisition may do from now on; it can touch no other's. */
export function holdLock(options: {
  table: LockTable
  item: LockItem
  request: LockRequest
  tookOver?: Holder
}): HeldLock {
  const { table, item, request, tookOver } = options
  let leaseUntil = item.leaseUntil

  async function renew(): Promise<boolean> {
    const until = request.now() + request.ttlSeconds * 1000
    if (!(await table.renew(item, until))) return false
    leaseUntil = until
    return true
  }

  async function assertHeld(): Promise<void> {
    if (await renew()) return
    const now = await table.read(item.environment)
    const other = now?.state === 'held' ? `; it is now held for the ${holderWords(holderOf(now))}` : ''
    throw new ClarityError(
      'lock_lost',
      `this command has lost the lock of ${item.environment} (version ${item.version})${other}`,
      `it changes nothing more; look at 'clarity status ${item.environment}' before you start again`,
      { exitCode: EXIT.superseded },
    )
  }

  return {
    version: item.version,
    tookOver,
    leaseUntil: () => leaseUntil,
    renew,
    assertHeld,
    release: async () => {
      await table.free(item)
    },
  }
}
