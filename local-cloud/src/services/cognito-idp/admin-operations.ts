import { randomUUID } from 'node:crypto'
import type {
  AdminConfirmSignUpRequest,
  AdminCreateUserRequest,
  AdminCreateUserResponse,
  AdminDeleteUserAttributesRequest,
  AdminDeleteUserRequest,
  AdminDisableUserRequest,
  AdminEnableUserRequest,
  AdminGetUserRequest,
  AdminGetUserResponse,
  AdminResetUserPasswordRequest,
  AdminSetUserPasswordRequest,
  AdminUpdateUserAttributesRequest,
  AdminUserGlobalSignOutRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Operation } from '../../core/service.ts'
import { attributeList, checkRequired, deleteAttributes, readAttributes } from './attributes.ts'
import { cognitoError, invalidParameter, notAuthorized, required } from './cognito-errors.ts'
import { mfaSettings } from './mfa-operations.ts'
import { checkPolicy, hashPassword, makeTemporaryPassword } from './passwords.ts'
import type { PoolRecord, UserRecord } from './records.ts'
import { describeUser } from './user-list.ts'
import { nameNewUser } from './user-names.ts'
import type { World } from './world.ts'

const DAY_MS = 86_400_000

/** What an administrator does with users, by signature. */
export function adminOperations(world: World): Record<string, Operation> {
  const { context, pools, users, tokens, codes, lockout, outbox } = world
  const { clock } = context

  function enter(input: { UserPoolId: string | undefined; Username: string | undefined }) {
    const pool = pools.pool(input.UserPoolId)
    return { pool, user: users.get(pool, required('Username', input.Username)) }
  }

  async function createUser(input: AdminCreateUserRequest): Promise<AdminCreateUserResponse> {
    const pool = pools.pool(input.UserPoolId)
    const name = required('Username', input.Username)
    const password = input.TemporaryPassword ?? makeTemporaryPassword(pool)
    checkPolicy(pool, password)
    if (input.MessageAction === 'RESEND') return resend(pool, name, password, input)
    const given = readAttributes(pool, input.UserAttributes, 'admin')
    const make = () => nameNewUser(pool, users, name, given)
    checkRequired(pool, make().attributes)
    const username = make().username ?? randomUUID()
    const hashed = await hashPassword(pool, username, password, temporaryUntil(pool))
    const { attributes } = make()
    const user = users.create(pool, {
      username,
      attributes,
      status: 'FORCE_CHANGE_PASSWORD',
      password: hashed,
    })
    if (input.MessageAction !== 'SUPPRESS') invite(pool, user, password, input)
    return { User: describeUser(user) }
  }

  async function resend(
    pool: PoolRecord,
    name: string,
    password: string,
    input: AdminCreateUserRequest,
  ): Promise<AdminCreateUserResponse> {
    const user = users.get(pool, name)
    if (user.status !== 'FORCE_CHANGE_PASSWORD')
      throw cognitoError(
        'UnsupportedUserStateException',
        `Resend not possible. ${user.username} status is not FORCE_CHANGE_PASSWORD`,
      )
    const hashed = await hashPassword(pool, user.username, password, temporaryUntil(pool))
    const changed = users.update(pool, user, current => {
      current.password = hashed
      current.modifiedAt = clock.now()
    })
    invite(pool, changed, password, input)
    return { User: describeUser(changed) }
  }

  function invite(
    pool: PoolRecord,
    user: UserRecord,
    temporaryPassword: string,
    input: AdminCreateUserRequest,
  ): void {
    const { email, phone_number } = user.attributes
    const destination = input.DesiredDeliveryMediums?.includes('EMAIL') ? email : (phone_number ?? email)
    if (!destination) return
    const medium = destination === email ? 'EMAIL' : 'SMS'
    const { username } = user
    outbox.deliver({
      destination,
      medium,
      purpose: 'invitation',
      poolId: pool.id,
      username,
      temporaryPassword,
    })
  }

  function temporaryUntil(pool: PoolRecord): number {
    const days = pool.settings.Policies?.PasswordPolicy?.TemporaryPasswordValidityDays ?? 7
    return clock.now() + days * DAY_MS
  }

  function getUser(input: AdminGetUserRequest): AdminGetUserResponse {
    const { user } = enter(input)
    return {
      Username: user.username,
      UserAttributes: attributeList(user.attributes),
      UserCreateDate: new Date(user.createdAt),
      UserLastModifiedDate: new Date(user.modifiedAt),
      Enabled: user.enabled,
      UserStatus: user.status,
      ...mfaSettings(user),
    }
  }

  function confirmSignUp(input: AdminConfirmSignUpRequest): object {
    const { pool, user } = enter(input)
    if (user.status !== 'UNCONFIRMED')
      throw notAuthorized(`User cannot be confirmed. Current status is ${user.status}`)
    return change(pool, user, current => {
      current.status = 'CONFIRMED'
    })
  }

  async function setPassword(input: AdminSetUserPasswordRequest): Promise<object> {
    const { pool, user } = enter(input)
    const password = required('Password', input.Password)
    checkPolicy(pool, password)
    const until = input.Permanent ? undefined : temporaryUntil(pool)
    const hashed = await hashPassword(pool, user.username, password, until)
    change(pool, user, current => {
      current.password = hashed
      current.status = input.Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD'
    })
    lockout.clear(pool, users.get(pool, user.username))
    return {}
  }

  function resetPassword(input: AdminResetUserPasswordRequest): object {
    const { pool, user } = enter(input)
    if (user.status !== 'CONFIRMED' && user.status !== 'RESET_REQUIRED')
      throw notAuthorized('User password cannot be reset in the current state.')
    const attribute = ['email', 'phone_number'].find(name => user.attributes[`${name}_verified`] === 'true')
    if (!attribute)
      throw invalidParameter(
        'Cannot reset password for the user as there is no registered/verified email or phone_number',
      )
    codes.send(pool, user, 'password', attribute)
    return change(pool, user, current => {
      current.status = 'RESET_REQUIRED'
    })
  }

  function updateAttributes(input: AdminUpdateUserAttributesRequest): object {
    const { pool, user } = enter(input)
    const attributes = readAttributes(pool, input.UserAttributes, 'admin', undefined, user.attributes)
    return change(pool, user, current => {
      for (const name of ['email', 'phone_number'])
        if (name in attributes && attributes[name] !== current.attributes[name])
          current.attributes[`${name}_verified`] = 'false'
      Object.assign(current.attributes, attributes)
    })
  }

  function change(pool: PoolRecord, user: UserRecord, how: (user: UserRecord) => void): object {
    users.update(pool, user, current => {
      how(current)
      current.modifiedAt = clock.now()
    })
    return {}
  }

  function setEnabled(input: AdminDisableUserRequest | AdminEnableUserRequest, enabled: boolean): object {
    const { pool, user } = enter(input)
    if (!enabled) tokens.signOut(pool, user)
    return change(pool, user, current => {
      current.enabled = enabled
    })
  }

  return {
    AdminCreateUser: createUser,
    AdminGetUser: getUser,
    AdminConfirmSignUp: confirmSignUp,
    AdminSetUserPassword: setPassword,
    AdminResetUserPassword: resetPassword,
    AdminUpdateUserAttributes: updateAttributes,
    AdminDeleteUserAttributes: (input: AdminDeleteUserAttributesRequest) => {
      const { pool, user } = enter(input)
      return change(pool, user, current => deleteAttributes(pool, current, input.UserAttributeNames))
    },
    AdminDisableUser: (input: AdminDisableUserRequest) => setEnabled(input, false),
    AdminEnableUser: (input: AdminEnableUserRequest) => setEnabled(input, true),
    AdminDeleteUser: (input: AdminDeleteUserRequest) => {
      const { pool, user } = enter(input)
      tokens.signOut(pool, user)
      users.delete(pool, user)
      return {}
    },
    AdminUserGlobalSignOut: (input: AdminUserGlobalSignOutRequest) => {
      const { pool, user } = enter(input)
      tokens.signOut(pool, user)
      return {}
    },
  }
}
