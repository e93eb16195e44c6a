import { setTimeout as sleep } from 'node:timers/promises'
import type { Ecs } from '../aws/ecs.ts'
import { ClarityError } from '../errors.ts'
import type { HeldLock } from '../lock/held-lock.ts'

/** How long a rollback waits for the lock table, in ms: it must not wait for what may be down. */
const BRAKE_MS = 3000

/**
 * An ECS that confirms the lock before every change, so that a command that has lost it changes nothing more.
 * A rollback is stopped by a lock that another has, and by nothing else: it names its own deployment, which is
 * fence enough when the lock table does not answer.
 */
export function fence(ecs: Ecs, lock: Pick<HeldLock, 'assertHeld'>): Ecs {
  const guarded =
    <A extends unknown[], R>(change: (...input: A) => Promise<R>) =>
    async (...input: A): Promise<R> => {
      await lock.assertHeld()
      return change(...input)
    }

  return {
    ...ecs,
    registerTaskDefinition: guarded(ecs.registerTaskDefinition),
    createService: guarded(ecs.createService),
    updateService: guarded(ecs.updateService),
    answerHook: guarded(ecs.answerHook),
    rollBack: async arn => {
      const answer = lock.assertHeld().catch(error => {
        if (error instanceof ClarityError && error.code === 'lock_lost') throw error
      })
      await Promise.race([answer, sleep(BRAKE_MS, undefined, { ref: false })])
      await ecs.rollBack(arn)
    },
  }
}
