import { randomUUID } from 'node:crypto'
import type {
  CodeDeliveryDetailsType,
  ConfirmForgotPasswordRequest,
  ConfirmSignUpRequest,
  ForgotPasswordRequest,
  ForgotPasswordResponse,
  ResendConfirmationCodeRequest,
  ResendConfirmationCodeResponse,
  SignUpRequest,
  SignUpResponse,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Operation } from '../../core/service.ts'
import { checkRequired, readAttributes } from './attributes.ts'
import { checkSecretHash } from './client-checks.ts'
import { codeMismatch, deliveryDetails, expiredCode } from './codes.ts'
import { invalidParameter, notAuthorized, required, userNotFound } from './cognito-errors.ts'
import { checkPolicy, hashPassword } from './passwords.ts'
import type { ClientRecord, PoolRecord, UserRecord } from './records.ts'
import { nameNewUser } from './user-names.ts'
import type { World } from './world.ts'

interface FromClient {
  ClientId: string | undefined
  Username: string | undefined
  SecretHash?: string
}

/** What a user does before being signed in: sign up, confirm, recover a password. */
export function signUpOperations(world: World): Record<string, Operation> {
  const { context, pools, users, codes, lockout } = world
  const { clock } = context

  /** The client, its pool, and the user if there is one; the secret hash was checked. */
  function enter(input: FromClient) {
    const client = pools.client(required('ClientId', input.ClientId))
    const name = required('Username', input.Username)
    checkSecretHash(client, name, input.SecretHash)
    const pool = pools.pool(client.poolId)
    return { client, pool, name, user: users.find(pool, name) }
  }

  async function signUp(input: SignUpRequest): Promise<SignUpResponse> {
    const { client, pool, name } = enter(input)
    if (pool.settings.AdminCreateUserConfig?.AllowAdminCreateUserOnly)
      throw notAuthorized('SignUp is not permitted for this user pool')
    const password = required('Password', input.Password)
    const given = readAttributes(pool, input.UserAttributes, 'sign-up', client)
    const make = () => nameNewUser(pool, users, name, given)
    checkRequired(pool, make().attributes)
    checkPolicy(pool, password)
    const username = make().username ?? randomUUID()
    const hashed = await hashPassword(pool, username, password)
    // once more: another may have taken the name while the password was hashed
    const { attributes } = make()
    const user = users.create(pool, { username, attributes, status: 'UNCONFIRMED', password: hashed })
    return {
      UserConfirmed: false,
      UserSub: user.sub,
      CodeDeliveryDetails: sendConfirmation(pool, user),
    }
  }

  /** To the first attribute that the pool verifies; nothing where it verifies none. */
  function sendConfirmation(pool: PoolRecord, user: UserRecord): CodeDeliveryDetailsType | undefined {
    const attribute = verifiable(pool).find(name => user.attributes[name])
    return attribute ? codes.send(pool, user, 'sign-up', attribute) : undefined
  }

  function confirmSignUp(input: ConfirmSignUpRequest): object {
    const { client, pool, user } = enter(input)
    if (!user) throw hides(client) ? expiredCode() : userNotFound()
    if (user.status !== 'UNCONFIRMED')
      throw notAuthorized(`User cannot be confirmed. Current status is ${user.status}`)
    const code = required('ConfirmationCode', input.ConfirmationCode)
    const attribute = verifiable(pool).find(name => user.attributes[name])
    codes.redeem(pool, user, 'sign-up', code, changed => {
      changed.status = 'CONFIRMED'
      if (attribute) changed.attributes[`${attribute}_verified`] = 'true'
    })
    return {}
  }

  function resendConfirmationCode(input: ResendConfirmationCodeRequest): ResendConfirmationCodeResponse {
    const { client, pool, name, user } = enter(input)
    if (!user?.enabled) {
      if (!hides(client)) throw user ? notAuthorized('User is disabled.') : userNotFound()
      return { CodeDeliveryDetails: pretendDelivery(name) }
    }
    if (user.status !== 'UNCONFIRMED') throw invalidParameter('User is already confirmed.')
    const details = sendConfirmation(pool, user)
    if (!details) throw invalidParameter('Auto verification not turned on.')
    return { CodeDeliveryDetails: details }
  }

  function forgotPassword(input: ForgotPasswordRequest): ForgotPasswordResponse {
    const { client, pool, name, user } = enter(input)
    if (!user?.enabled) {
      if (!hides(client)) throw user ? notAuthorized('User is disabled.') : userNotFound()
      return { CodeDeliveryDetails: pretendDelivery(name) }
    }
    if (user.status === 'FORCE_CHANGE_PASSWORD')
      throw notAuthorized('User password cannot be reset in the current state.')
    const ways = recoveryAttributes(pool)
    if (ways.length === 0) throw notAuthorized('Contact administrator to reset password.')
    const attribute = ways.find(way => user.attributes[way] && user.attributes[`${way}_verified`] === 'true')
    if (!attribute)
      throw invalidParameter(
        'Cannot reset password for the user as there is no registered/verified email or phone_number',
      )
    return { CodeDeliveryDetails: codes.send(pool, user, 'password', attribute) }
  }

  async function confirmForgotPassword(input: ConfirmForgotPasswordRequest): Promise<object> {
    const { client, pool, user } = enter(input)
    const password = required('Password', input.Password)
    const code = required('ConfirmationCode', input.ConfirmationCode)
    if (!user?.enabled) {
      if (hides(client)) throw codeMismatch()
      throw user ? notAuthorized('User is disabled.') : userNotFound()
    }
    checkPolicy(pool, password)
    codes.redeem(pool, user, 'password', code)
    const hashed = await hashPassword(pool, user.username, password)
    const changed = users.update(pool, user, current => {
      current.password = hashed
      current.status = 'CONFIRMED'
      current.modifiedAt = clock.now()
    })
    lockout.clear(pool, changed)
    return {}
  }

  return {
    SignUp: signUp,
    ConfirmSignUp: confirmSignUp,
    ResendConfirmationCode: resendConfirmationCode,
    ForgotPassword: forgotPassword,
    ConfirmForgotPassword: confirmForgotPassword,
  }
}

function hides(client: ClientRecord): boolean {
  return client.settings.PreventUserExistenceErrors === 'ENABLED'
}

function pretendDelivery(name: string): CodeDeliveryDetailsType {
  return deliveryDetails('email', name.includes('@') ? name : `${name}@example.com`)
}

/** What the pool verifies by itself, email before phone. */
function verifiable(pool: PoolRecord): string[] {
  const auto = (pool.settings.AutoVerifiedAttributes ?? []) as string[]
  return ['email', 'phone_number'].filter(name => auto.includes(name))
}

/** The attributes by which a password is recovered, in the pool's order. */
function recoveryAttributes(pool: PoolRecord): string[] {
  const ways = pool.settings.AccountRecoverySetting?.RecoveryMechanisms
  if (!ways) return ['phone_number', 'email']
  return [...ways]
    .sort((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0))
    .flatMap(({ Name }) =>
      Name === 'verified_email' ? ['email'] : Name === 'verified_phone_number' ? ['phone_number'] : [],
    )
}
