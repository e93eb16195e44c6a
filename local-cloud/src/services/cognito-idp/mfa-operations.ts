import type {
  AdminSetUserMFAPreferenceRequest,
  AssociateSoftwareTokenRequest,
  AssociateSoftwareTokenResponse,
  SetUserMFAPreferenceRequest,
  VerifySoftwareTokenRequest,
  VerifySoftwareTokenResponse,
} from '@aws-sdk/client-cognito-identity-provider'
import { notImplemented } from '../../core/aws-error.ts'
import type { Operation } from '../../core/service.ts'
import { cognitoError, invalidParameter, notAuthorized, required } from './cognito-errors.ts'
import type { PoolRecord, UserRecord } from './records.ts'
import { matchingStep, newSecret } from './totp.ts'
import type { World } from './world.ts'

/** Enrolment of an authenticator app, by a signed-in user or during a sign-in that demands it. */
export function mfaOperations({ context, pools, users, sessions, tokens }: World): Record<string, Operation> {
  const { clock } = context

  function associate(input: AssociateSoftwareTokenRequest): AssociateSoftwareTokenResponse {
    const secret = newSecret()
    if (input.AccessToken) {
      const { pool, user } = tokens.authenticate(input.AccessToken)
      checkOffered(pool)
      users.update(pool, user, changed => {
        changed.totpPending = secret
      })
      return { SecretCode: secret }
    }
    const session = sessions.take(required('Session', input.Session), { challenge: 'MFA_SETUP' })
    checkOffered(pools.pool(session.poolId))
    const next = { ...session, setup: { secret, proven: false } }
    return { SecretCode: secret, Session: reopen(next) }
  }

  function verify(input: VerifySoftwareTokenRequest): VerifySoftwareTokenResponse {
    if (input.AccessToken) {
      const { pool, user } = tokens.authenticate(input.AccessToken)
      checkOffered(pool)
      enrol(pool, user, user.totpPending, input, false)
      return { Status: 'SUCCESS' }
    }
    const token = required('Session', input.Session)
    const session = sessions.peek(token, { challenge: 'MFA_SETUP' })
    const pool = pools.pool(session.poolId)
    const user = users.get(pool, session.username)
    if (user.sub !== session.sub || !user.enabled || user.totp?.verified)
      throw notAuthorized('Invalid session for the user.')
    enrol(pool, user, session.setup?.secret, input, true)
    sessions.end(token)
    return { Status: 'SUCCESS', Session: reopen({ ...session, setup: { proven: true } }) }
  }

  function reopen(session: Parameters<typeof sessions.open>[0]): string {
    return sessions.open(session, pools.client(session.clientId).settings.AuthSessionValidity ?? 3)
  }

  function enrol(
    pool: PoolRecord,
    user: UserRecord,
    secret: string | undefined,
    input: VerifySoftwareTokenRequest,
    enable: boolean,
  ): void {
    const code = required('UserCode', input.UserCode)
    if (!secret) throw invalidParameter('Call AssociateSoftwareToken first: there is no secret to verify')
    const step = matchingStep(secret, code, clock.now())
    if (step === undefined) throw cognitoError('EnableSoftwareTokenMFAException', 'Code mismatch')
    users.update(pool, user, changed => {
      changed.totp = { secret, verified: true, lastStep: step, deviceName: input.FriendlyDeviceName }
      delete changed.totpPending
      if (enable) {
        changed.totpEnabled = true
        changed.totpPreferred = true
      }
    })
  }

  function setPreference(
    pool: PoolRecord,
    user: UserRecord,
    input: SetUserMFAPreferenceRequest | AdminSetUserMFAPreferenceRequest,
  ): object {
    for (const factor of ['SMSMfaSettings', 'EmailMfaSettings', 'WebAuthnMfaSettings'] as const) {
      const settings = (
        input as unknown as Record<string, { Enabled?: boolean; PreferredMfa?: boolean } | undefined>
      )[factor]
      if (settings?.Enabled || settings?.PreferredMfa)
        throw notImplemented('cognito-idp', `SetUserMFAPreference with ${factor}`)
    }
    const settings = input.SoftwareTokenMfaSettings
    if (!settings) return {}
    if (settings.Enabled && !user.totp?.verified)
      throw invalidParameter('User has not verified software token mfa')
    if (settings.PreferredMfa && !(settings.Enabled ?? user.totpEnabled))
      throw invalidParameter('User cannot prefer a factor that is not enabled')
    users.update(pool, user, changed => {
      changed.totpEnabled = settings.Enabled ?? changed.totpEnabled
      changed.totpPreferred = changed.totpEnabled && (settings.PreferredMfa ?? changed.totpPreferred)
    })
    return {}
  }

  return {
    AssociateSoftwareToken: associate,
    VerifySoftwareToken: verify,
    SetUserMFAPreference: (input: SetUserMFAPreferenceRequest) => {
      const { pool, user } = tokens.authenticate(input.AccessToken)
      return setPreference(pool, user, input)
    },
    AdminSetUserMFAPreference: (input: AdminSetUserMFAPreferenceRequest) => {
      const pool = pools.pool(input.UserPoolId)
      return setPreference(pool, users.get(pool, input.Username), input)
    },
  }
}

function checkOffered(pool: PoolRecord): void {
  if (!pool.totpEnabled)
    throw cognitoError(
      'SoftwareTokenMFANotFoundException',
      'Software Token MFA is not enabled for the userPool.',
    )
}

/** What GetUser and AdminGetUser say of the user's second factor. */
export function mfaSettings(user: UserRecord): {
  UserMFASettingList?: string[]
  PreferredMfaSetting?: string
} {
  if (!user.totpEnabled) return {}
  return {
    UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    PreferredMfaSetting: user.totpPreferred ? 'SOFTWARE_TOKEN_MFA' : undefined,
  }
}
