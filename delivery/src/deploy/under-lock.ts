import { createLockTable } from '../aws/lock-table.ts'
import { recordInterrupted } from '../evidence/interrupted.ts'
import { createDeployLock, type DeployLock } from '../lock/deploy-lock.ts'
import type { HeldLock } from '../lock/held-lock.ts'
import { LEASE_SECONDS, withLock } from '../lock/with-lock.ts'
import { fence } from './fenced-ecs.ts'
import type { ReleaseWorld } from './prepare.ts'
import { standingLines, standings } from './standing.ts'

/** A laptop's lock table answers in milliseconds, and nobody there waits a minute for a command that was killed. */
const LOCAL_LEASE_SECONDS = 6

export interface UnderLockOptions {
  /** What the lock is for: `deploy`, `rollback`. */
  why: string
  commit: string
  /** How long to wait for another holder; 0 does not wait. */
  waitSeconds: number
}

/** The lock of the world's environment. */
export function lockOf({ access, environment }: Pick<ReleaseWorld, 'access' | 'environment'>): DeployLock {
  return createDeployLock(createLockTable(access, environment))
}

/**
 * Runs `work` under the environment's lock, with an ECS that confirms the lock before every change. A holder before
 * that did not end in order is named, what it left is told, and the evidence that it could not leave is written.
 * @throws ClarityError `locked` (exit code 4)
 */
export async function underLock<T>(
  world: ReleaseWorld,
  { why, commit, waitSeconds }: UnderLockOptions,
  work: (world: ReleaseWorld, lock: HeldLock) => Promise<T>,
): Promise<T> {
  const { environment, emit, signal, identity, ecs, pollMs } = world
  return withLock(
    {
      lock: lockOf(world),
      request: {
        environment: environment.name,
        ...identity,
        commit,
        why,
        ttlSeconds: environment.endpoint ? LOCAL_LEASE_SECONDS : LEASE_SECONDS,
      },
      waitSeconds,
      emit,
      signal,
      pollMs: Math.max(pollMs, 500),
    },
    async lock => {
      if (lock.tookOver) {
        await recordInterrupted(world, lock.tookOver)
        const left = standingLines(await standings(ecs, environment))
        emit({ type: 'note', message: left.map(line => `it left: ${line}`).join('\n'), data: { left } })
      }
      return work({ ...world, ecs: fence(ecs, lock) }, lock)
    },
  )
}
