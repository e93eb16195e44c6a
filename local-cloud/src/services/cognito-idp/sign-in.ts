import type { InitiateAuthResponse } from '@aws-sdk/client-cognito-identity-provider'
import { attributeList, requiredAttributes } from './attributes.ts'
import { cognitoError, notAuthorized, userNotFound, wrongPassword } from './cognito-errors.ts'
import { matchesPassword } from './passwords.ts'
import type { ClientRecord, PoolRecord, UserRecord } from './records.ts'
import type { AuthSession } from './sessions.ts'
import type { World } from './world.ts'

/** A sign-in under way: who, by which client, since when. */
export interface Attempt {
  pool: PoolRecord
  client: ClientRecord
  user: UserRecord
  startedAt: number
}

/** The steps that every way to sign in shares; no way leads around the second factor. */
export interface SignIn {
  /** @throws AwsError `NotAuthorizedException`, after as long as a right password takes */
  byPassword(
    pool: PoolRecord,
    client: ClientRecord,
    name: string,
    password: string,
  ): Promise<InitiateAuthResponse>
  /** The first factor was right: the next challenge, or tokens. */
  afterPassword(attempt: Attempt): InitiateAuthResponse
  /** The second factor where the pool and the user want one, else tokens. */
  secondFactor(attempt: Attempt): InitiateAuthResponse
  /** Every factor was right: tokens. */
  finish(attempt: Attempt): InitiateAuthResponse
  open(attempt: Attempt, session: Pick<AuthSession, 'challenge' | 'setup'>): string
  /** What a client hears of a user who does not exist. */
  unknownUser(client: ClientRecord): Error
}

export function createSignIn({ context, users, sessions, tokens, lockout }: World): SignIn {
  const { clock } = context

  async function byPassword(
    pool: PoolRecord,
    client: ClientRecord,
    name: string,
    password: string,
  ): Promise<InitiateAuthResponse> {
    const found = users.find(pool, name)
    if (!found) {
      await matchesPassword(undefined, password)
      throw unknownUser(client)
    }
    return lockout.attempt(pool, found, async () => {
      const before = users.get(pool, found.username)
      const right = await matchesPassword(before.password, password)
      // the user may have been changed or deleted while the password was hashed
      const user = users.get(pool, found.username)
      if (!right || user.sub !== found.sub || user.password?.hash !== before.password?.hash) {
        lockout.fail(pool, user)
        throw wrongPassword()
      }
      return afterPassword({ pool, client, user, startedAt: clock.now() })
    })
  }

  function afterPassword(attempt: Attempt): InitiateAuthResponse {
    const { pool, user } = attempt
    if (!user.enabled) throw notAuthorized('User is disabled.')
    if (user.status === 'UNCONFIRMED')
      throw cognitoError('UserNotConfirmedException', 'User is not confirmed.')
    if (user.status === 'RESET_REQUIRED')
      throw cognitoError('PasswordResetRequiredException', 'Password reset required for the user')
    if (user.status !== 'FORCE_CHANGE_PASSWORD') return secondFactor(attempt)
    if (user.password?.expires !== undefined && user.password.expires <= clock.now())
      throw notAuthorized('Temporary password has expired and must be reset by an administrator.')
    const shown = Object.fromEntries(attributeList(user.attributes).map(({ Name, Value }) => [Name, Value]))
    const { sub: _, ...userAttributes } = shown
    const absent = requiredAttributes(pool).filter(name => !user.attributes[name])
    return {
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: open(attempt, { challenge: 'NEW_PASSWORD_REQUIRED' }),
      ChallengeParameters: {
        USER_ID_FOR_SRP: user.username,
        requiredAttributes: JSON.stringify(absent.map(name => `userAttributes.${name}`)),
        userAttributes: JSON.stringify(userAttributes),
      },
    }
  }

  function secondFactor(attempt: Attempt): InitiateAuthResponse {
    const { pool, user } = attempt
    const mfa = pool.settings.MfaConfiguration ?? 'OFF'
    const enrolled = user.totp?.verified === true
    if (mfa === 'OFF' || (mfa === 'OPTIONAL' && !(enrolled && user.totpEnabled))) return finish(attempt)
    if (enrolled)
      return {
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session: open(attempt, { challenge: 'SOFTWARE_TOKEN_MFA' }),
        ChallengeParameters: {
          USER_ID_FOR_SRP: user.username,
          FRIENDLY_DEVICE_NAME: user.totp?.deviceName ?? '',
        },
      }
    return {
      ChallengeName: 'MFA_SETUP',
      Session: open(attempt, { challenge: 'MFA_SETUP', setup: { proven: false } }),
      ChallengeParameters: {
        USER_ID_FOR_SRP: user.username,
        MFAS_CAN_SETUP: JSON.stringify(['SOFTWARE_TOKEN_MFA']),
      },
    }
  }

  function open(attempt: Attempt, session: Pick<AuthSession, 'challenge' | 'setup'>): string {
    const { pool, client, user, startedAt } = attempt
    return sessions.open(
      {
        ...session,
        poolId: pool.id,
        clientId: client.id,
        username: user.username,
        sub: user.sub,
        startedAt,
        wrong: 0,
      },
      client.settings.AuthSessionValidity ?? 3,
    )
  }

  function finish({ pool, client, user, startedAt }: Attempt): InitiateAuthResponse {
    lockout.clear(pool, user)
    return { ChallengeParameters: {}, AuthenticationResult: tokens.issue(pool, client, user, startedAt) }
  }

  function unknownUser(client: ClientRecord): Error {
    return client.settings.PreventUserExistenceErrors === 'ENABLED' ? wrongPassword() : userNotFound()
  }

  return { byPassword, afterPassword, secondFactor, finish, open, unknownUser }
}
