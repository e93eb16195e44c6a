import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import type { Emit } from '../ui/events.ts'
import type { DeployLock } from './deploy-lock.ts'
import { type Every, startHeartbeat } from './heartbeat.ts'
import type { HeldLock, LockRequest } from './held-lock.ts'
import { type Holder, holderWords } from './holder.ts'

export interface WithLockOptions {
  lock: DeployLock
  request: Omit<LockRequest, 'ttlSeconds' | 'now'> & Partial<Pick<LockRequest, 'ttlSeconds' | 'now'>>
  /** How long to wait for another holder; 0 does not wait. */
  waitSeconds: number
  emit: Emit
  signal: AbortSignal
  /** Pause between two looks while waiting. @default five seconds */
  pollMs?: number
  every?: Every
}

/** How long a command that was killed keeps others out: a few polls of AWS, and less than anyone's patience. */
export const LEASE_SECONDS = 60

/**
 * Runs `work` under the lock of an environment and frees it afterwards, however `work` ends. A holder before that
 * did not end in order is told as a note; `work` finds it as `tookOver`.
 * @throws ClarityError `locked` (exit code 4) naming the holder
 */
export async function withLock<T>(
  options: WithLockOptions,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const { emit } = options
  const request = { ttlSeconds: LEASE_SECONDS, now: Date.now, ...options.request }
  const lock = await take(options, request)
  if (lock.tookOver)
    emit({
      type: 'note',
      message: `the ${holderWords(lock.tookOver)} did not end in order; its lock has been taken over`,
      data: { tookOver: lock.tookOver },
    })
  const stopHeartbeat = startHeartbeat(lock, {
    ttlSeconds: request.ttlSeconds,
    every: options.every,
    onLost: () =>
      emit({ type: 'note', message: 'the lock was taken away; this command stops at its next change' }),
  })
  try {
    return await work(lock)
  } finally {
    await stopHeartbeat()
    // what has been done stays done: a lock that cannot be freed now ends with its lease
    await lock.release().catch(() =>
      emit({
        type: 'note',
        message: `the lock could not be freed; it ends by itself within ${request.ttlSeconds} s`,
      }),
    )
  }
}

async function take(options: WithLockOptions, request: LockRequest): Promise<HeldLock> {
  const deadline = performance.now() + options.waitSeconds * 1000
  let told: number | undefined
  for (;;) {
    options.signal.throwIfAborted()
    const result = await options.lock.acquire(request)
    if (result.kind === 'held') return result.lock
    if (performance.now() >= deadline) throw locked(request.environment, result.holder, options.waitSeconds)
    if (told !== result.holder.version)
      options.emit({
        type: 'note',
        message: `waiting for the ${holderWords(result.holder)}`,
        data: result.holder,
      })
    told = result.holder.version
    await sleep(options.pollMs ?? 5000, undefined, { signal: options.signal })
  }
}

function locked(environment: string, holder: Holder, waited: number): ClarityError {
  return new ClarityError(
    'locked',
    `${environment} is locked: ${holderWords(holder)}${waited > 0 ? `, and was so for ${waited} s` : ''}`,
    `wait for it with --wait; if its command is gone, its lock ends at ${holder.expires.toISOString()}, or now by 'clarity unlock ${environment} --force'`,
    { exitCode: EXIT.locked },
  )
}
