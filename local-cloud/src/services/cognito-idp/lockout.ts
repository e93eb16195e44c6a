import type { Clock } from '../../core/clock.ts'
import { cognitoError, notAuthorized } from './cognito-errors.ts'
import type { PoolRecord, UserRecord } from './records.ts'
import type { Users } from './users.ts'

/** Failed sign-ins before the first lock, and the longest lock: 1 s, doubling, up to 15 minutes (Cognito guide). */
const FREE_FAILURES = 5
const LONGEST_MS = 15 * 60_000

/** Wrong codes before a code of that purpose is refused, and for how long then. */
const MOST_WRONG_CODES = 5
/** Codes sent to a user for one purpose in an hour; AWS allows 5 to 20. */
const MOST_SENT = 20
const HOUR_MS = 60 * 60_000

/** Stops guessing of passwords and codes. Counts are kept with the user: a restart does not reset them. */
export interface Lockout {
  /**
   * Runs one attempt to sign in; attempts of the same user wait for each other, so that many at once do not
   * get more guesses than one after the other. @throws AwsError `NotAuthorizedException` while locked
   */
  attempt<T>(pool: PoolRecord, user: UserRecord, run: () => Promise<T>): Promise<T>
  fail(pool: PoolRecord, user: UserRecord): void
  /** Sign-in was completed, every factor of it. */
  clear(pool: PoolRecord, user: UserRecord): void
  /** @throws AwsError `LimitExceededException` where too many codes of this purpose were wrong or sent */
  checkTries(user: UserRecord, what: string): void
  countTry(pool: PoolRecord, user: UserRecord, what: string): void
}

export function createLockout(users: Users, clock: Clock): Lockout {
  const running = new Map<string, Promise<unknown>>()

  async function attempt<T>(pool: PoolRecord, user: UserRecord, run: () => Promise<T>): Promise<T> {
    const key = `${pool.id}/${user.username}`
    const mine = (running.get(key) ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        const { lockedUntil } = users.get(pool, user.username).failures
        if (lockedUntil > clock.now()) throw notAuthorized('Password attempts exceeded')
        return run()
      })
    running.set(key, mine)
    try {
      return await mine
    } finally {
      if (running.get(key) === mine) running.delete(key)
    }
  }

  function fail(pool: PoolRecord, user: UserRecord): void {
    const now = clock.now()
    users.update(pool, user, ({ failures }) => {
      failures.count = failures.last + LONGEST_MS < now ? 1 : failures.count + 1
      failures.last = now
      const over = failures.count - FREE_FAILURES
      if (over >= 0) failures.lockedUntil = now + Math.min(LONGEST_MS, 1000 * 2 ** over)
    })
  }

  function clear(pool: PoolRecord, user: UserRecord): void {
    if (user.failures.count === 0) return
    users.update(pool, user, changed => {
      changed.failures = { count: 0, last: 0, lockedUntil: 0 }
    })
  }

  function checkTries(user: UserRecord, what: string): void {
    const tries = user.tries[what]
    const [most, period] = limits(what)
    if (tries && tries.count >= most && tries.last + period > clock.now())
      throw cognitoError('LimitExceededException', 'Attempt limit exceeded, please try after some time.')
  }

  function countTry(pool: PoolRecord, user: UserRecord, what: string): void {
    const [, period] = limits(what)
    users.update(pool, user, ({ tries }) => {
      const known = tries[what]
      const count = known && known.last + period > clock.now() ? known.count + 1 : 1
      tries[what] = { count, last: clock.now() }
    })
  }

  return { attempt, fail, clear, checkTries, countTry }
}

function limits(what: string): [most: number, period: number] {
  return what.startsWith('send ') ? [MOST_SENT, HOUR_MS] : [MOST_WRONG_CODES, LONGEST_MS]
}
