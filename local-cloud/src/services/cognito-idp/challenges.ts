import type { InitiateAuthResponse } from '@aws-sdk/client-cognito-identity-provider'
import { notImplemented } from '../../core/aws-error.ts'
import { checkRequired, readAttributes } from './attributes.ts'
import { cognitoError, invalidParameter, notAuthorized, required } from './cognito-errors.ts'
import { checkPolicy, hashPassword } from './passwords.ts'
import type { ClientRecord, PoolRecord, UserRecord } from './records.ts'
import type { AuthSession } from './sessions.ts'
import type { SignIn } from './sign-in.ts'
import type { createSrpSignIn } from './srp-sign-in.ts'
import { matchingStep } from './totp.ts'
import type { World } from './world.ts'

/** Wrong codes that one session takes before it ends. */
const MOST_WRONG = 3

type Answer = InitiateAuthResponse | Promise<InitiateAuthResponse>

/** The answers to challenges, one function each. */
export function createChallenges(world: World, signIn: SignIn, srp: ReturnType<typeof createSrpSignIn>) {
  const { context, users, sessions, lockout } = world
  const { clock } = context

  function answer(
    pool: PoolRecord,
    client: ClientRecord,
    challenge: string,
    responses: Record<string, string>,
    token: string | undefined,
  ): Answer {
    if (challenge === 'PASSWORD_VERIFIER') return srp.verify(pool, client, responses)
    if (
      challenge !== 'SOFTWARE_TOKEN_MFA' &&
      challenge !== 'MFA_SETUP' &&
      challenge !== 'NEW_PASSWORD_REQUIRED'
    )
      throw notImplemented('cognito-idp', `RespondToAuthChallenge with ${challenge}`)
    const session = sessions.peek(required('Session', token), {
      challenge,
      poolId: pool.id,
      clientId: client.id,
    })
    const user = users.find(pool, responses.USERNAME as string)
    if (!user || user.sub !== session.sub) throw notAuthorized('Invalid session for the user.')
    if (!user.enabled) throw notAuthorized('User is disabled.')
    const step = { pool, client, user, session, token: token as string, responses }
    if (challenge === 'SOFTWARE_TOKEN_MFA') return softwareToken(step)
    return challenge === 'MFA_SETUP' ? mfaSetup(step) : newPassword(step)
  }

  function softwareToken({ pool, client, user, session, token, responses }: Step): Answer {
    const code = required('SOFTWARE_TOKEN_MFA_CODE', responses.SOFTWARE_TOKEN_MFA_CODE)
    return lockout.attempt(pool, user, async () => {
      // taken by another answer while this one waited for its turn?
      sessions.peek(token, { challenge: 'SOFTWARE_TOKEN_MFA' })
      const { totp } = users.get(pool, user.username)
      const timeStep = totp && matchingStep(totp.secret, code, clock.now())
      if (!totp?.verified || timeStep === undefined) {
        if (++session.wrong >= MOST_WRONG) sessions.end(token)
        lockout.fail(pool, user)
        throw cognitoError('CodeMismatchException', 'Invalid code received for user')
      }
      if (timeStep <= totp.lastStep)
        throw cognitoError('ExpiredCodeException', 'Your software token has already been used once.')
      sessions.take(token, { challenge: 'SOFTWARE_TOKEN_MFA' })
      const signedIn = users.update(pool, user, changed => {
        if (changed.totp) changed.totp.lastStep = timeStep
      })
      return signIn.finish({ pool, client, user: signedIn, startedAt: session.startedAt })
    })
  }

  function mfaSetup({ pool, client, user, session, token }: Step): Answer {
    if (!session.setup?.proven)
      throw notAuthorized('Software token is not verified: call VerifySoftwareToken with this session first.')
    sessions.take(token, { challenge: 'MFA_SETUP' })
    return signIn.finish({ pool, client, user, startedAt: session.startedAt })
  }

  async function newPassword({
    pool,
    client,
    user,
    session,
    token,
    responses,
  }: Step): Promise<InitiateAuthResponse> {
    const password = required('NEW_PASSWORD', responses.NEW_PASSWORD)
    checkPolicy(pool, password)
    const given = Object.entries(responses)
      .filter(([name]) => name.startsWith('userAttributes.'))
      .map(([name, Value]) => ({ Name: name.slice('userAttributes.'.length), Value }))
    const attributes = readAttributes(pool, given, 'user', client, user.attributes)
    checkRequired(pool, { ...user.attributes, ...attributes })
    if (user.status !== 'FORCE_CHANGE_PASSWORD')
      throw invalidParameter(`User's status is ${user.status}: there is no new password to set`)
    sessions.take(token, { challenge: 'NEW_PASSWORD_REQUIRED' })
    const hashed = await hashPassword(pool, user.username, password)
    const changed = users.update(pool, user, current => {
      current.password = hashed
      current.status = 'CONFIRMED'
      current.attributes = { ...current.attributes, ...attributes }
      current.modifiedAt = clock.now()
    })
    return signIn.secondFactor({ pool, client, user: changed, startedAt: session.startedAt })
  }

  return answer
}

interface Step {
  pool: PoolRecord
  client: ClientRecord
  user: UserRecord
  session: AuthSession
  token: string
  responses: Record<string, string>
}
