import { randomInt } from 'node:crypto'
import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import type { Clock } from '../../core/clock.ts'
import { cognitoError, invalidParameter } from './cognito-errors.ts'
import { equalTexts } from './constant-time.ts'
import type { Lockout } from './lockout.ts'
import type { Outbox } from './outbox.ts'
import type { CodePurpose, PoolRecord, UserRecord } from './records.ts'
import type { Users } from './users.ts'

/** How long a code is good: a day for confirmation, an hour for a password (Cognito guide). */
const LIFETIME_MS: Record<CodePurpose, number> = {
  'sign-up': 24 * 3_600_000,
  password: 3_600_000,
  'verify-email': 24 * 3_600_000,
  'verify-phone_number': 24 * 3_600_000,
}

/** Six random digits, sent into the outbox, good once, for a time, and for few wrong tries. */
export interface Codes {
  /** A new code takes the place of the one before. @throws AwsError `LimitExceededException` */
  send(pool: PoolRecord, user: UserRecord, purpose: CodePurpose, attribute: string): CodeDeliveryDetailsType
  /**
   * Checks a code and uses it up, together with the change that it allows.
   * @throws AwsError `CodeMismatchException`, `ExpiredCodeException`, `LimitExceededException`
   */
  redeem(
    pool: PoolRecord,
    user: UserRecord,
    purpose: CodePurpose,
    code: string,
    change?: (user: UserRecord) => void,
  ): void
}

export function createCodes(users: Users, lockout: Lockout, outbox: Outbox, clock: Clock): Codes {
  function send(
    pool: PoolRecord,
    user: UserRecord,
    purpose: CodePurpose,
    attribute: string,
  ): CodeDeliveryDetailsType {
    const destination = user.attributes[attribute]
    if (!destination)
      throw invalidParameter(`User has no attribute ${attribute}, so a code cannot be delivered to it`)
    lockout.checkTries(user, `send ${purpose}`)
    lockout.countTry(pool, user, `send ${purpose}`)
    const code = String(randomInt(1_000_000)).padStart(6, '0')
    users.update(pool, user, changed => {
      changed.codes[purpose] = { code, expires: clock.now() + LIFETIME_MS[purpose] }
    })
    const medium = attribute === 'email' ? 'EMAIL' : 'SMS'
    outbox.deliver({ destination, medium, purpose, poolId: pool.id, username: user.username, code })
    return deliveryDetails(attribute, destination)
  }

  function redeem(
    pool: PoolRecord,
    user: UserRecord,
    purpose: CodePurpose,
    code: string,
    change?: (user: UserRecord) => void,
  ): void {
    lockout.checkTries(user, purpose)
    const sent = user.codes[purpose]
    if (!sent || sent.expires <= clock.now()) throw expiredCode()
    if (!equalTexts(sent.code, code)) {
      lockout.countTry(pool, user, purpose)
      throw codeMismatch()
    }
    users.update(pool, user, changed => {
      delete changed.codes[purpose]
      delete changed.tries[purpose]
      changed.modifiedAt = clock.now()
      change?.(changed)
    })
  }

  return { send, redeem }
}

export function codeMismatch() {
  return cognitoError('CodeMismatchException', 'Invalid verification code provided, please try again.')
}

export function expiredCode() {
  return cognitoError('ExpiredCodeException', 'Invalid code provided, please request a code again.')
}

/** Where a code went, hidden as AWS hides it: `a***@e***`. */
export function deliveryDetails(attribute: string, destination: string): CodeDeliveryDetailsType {
  const email = attribute === 'email'
  const [name = '', domain = ''] = destination.split('@')
  return {
    AttributeName: attribute,
    DeliveryMedium: email ? 'EMAIL' : 'SMS',
    Destination: email
      ? `${name.slice(0, 1)}***@${domain.slice(0, 1)}***`
      : `+*******${destination.slice(-4)}`,
  }
}
