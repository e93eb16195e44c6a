import type { HeldLock } from './held-lock.ts'

/** Calls `beat` again and again. @returns stops it */
export type Every = (ms: number, beat: () => void) => () => void

/** Renewals within one lease: two may fail before anybody else can take over. */
const BEATS_A_LEASE = 3

/** The wall clock's timer; it keeps no process alive. */
export const everyInterval: Every = (ms, beat) => {
  const timer = setInterval(beat, ms).unref()
  return () => clearInterval(timer)
}

/**
 * Renews a lock while its command works. A renewal that does not get through is tried again at the next beat.
 * @param onLost called once, when another has the lock
 * @returns stops it and waits for the renewal under way
 */
export function startHeartbeat(
  lock: HeldLock,
  { ttlSeconds, every = everyInterval, onLost }: { ttlSeconds: number; every?: Every; onLost(): void },
): () => Promise<void> {
  let underWay: Promise<void> | undefined
  const stop = every((ttlSeconds * 1000) / BEATS_A_LEASE, () => {
    underWay ??= beat().finally(() => {
      underWay = undefined
    })
  })

  async function beat(): Promise<void> {
    const kept = await lock.renew().catch(() => true)
    if (kept) return
    stop()
    onLost()
  }

  return async () => {
    stop()
    await underWay
  }
}
