import type {
  ChangePasswordRequest,
  DeleteUserAttributesRequest,
  DeleteUserRequest,
  GetUserAttributeVerificationCodeRequest,
  GetUserAttributeVerificationCodeResponse,
  GetUserRequest,
  GetUserResponse,
  GlobalSignOutRequest,
  UpdateUserAttributesRequest,
  UpdateUserAttributesResponse,
  VerifyUserAttributeRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Operation } from '../../core/service.ts'
import { attributeList, deleteAttributes, readAttributes } from './attributes.ts'
import { invalidParameter, required, wrongPassword } from './cognito-errors.ts'
import { mfaSettings } from './mfa-operations.ts'
import { checkPolicy, hashPassword, matchesPassword } from './passwords.ts'
import type { CodePurpose } from './records.ts'
import type { World } from './world.ts'

/** What signed-in users do with their own account, by access token. */
export function selfOperations(world: World): Record<string, Operation> {
  const { context, users, tokens, codes, lockout } = world
  const { clock } = context

  function getUser(input: GetUserRequest): GetUserResponse {
    const { client, user } = tokens.authenticate(input.AccessToken)
    return {
      Username: user.username,
      UserAttributes: attributeList(user.attributes, client.settings.ReadAttributes),
      ...mfaSettings(user),
    }
  }

  async function changePassword(input: ChangePasswordRequest): Promise<object> {
    const { pool, user } = tokens.authenticate(input.AccessToken)
    const proposed = required('ProposedPassword', input.ProposedPassword)
    const previous = required('PreviousPassword', input.PreviousPassword)
    await lockout.attempt(pool, user, async () => {
      const { password } = users.get(pool, user.username)
      if (await matchesPassword(password, previous)) return
      lockout.fail(pool, user)
      throw wrongPassword()
    })
    checkPolicy(pool, proposed)
    const hashed = await hashPassword(pool, user.username, proposed)
    users.update(pool, user, changed => {
      changed.password = hashed
      changed.modifiedAt = clock.now()
    })
    return {}
  }

  function updateUserAttributes(input: UpdateUserAttributesRequest): UpdateUserAttributesResponse {
    const { pool, client, user } = tokens.authenticate(input.AccessToken)
    const attributes = readAttributes(pool, input.UserAttributes, 'user', client, user.attributes)
    const renewed = contacts(attributes).filter(name => attributes[name] !== user.attributes[name])
    const changed = users.update(pool, user, current => {
      Object.assign(current.attributes, attributes)
      for (const name of renewed) current.attributes[`${name}_verified`] = 'false'
      current.modifiedAt = clock.now()
    })
    const auto = (pool.settings.AutoVerifiedAttributes ?? []) as string[]
    return {
      CodeDeliveryDetailsList: renewed
        .filter(name => auto.includes(name))
        .map(name => codes.send(pool, changed, purposeOf(name), name)),
    }
  }

  function getVerificationCode(
    input: GetUserAttributeVerificationCodeRequest,
  ): GetUserAttributeVerificationCodeResponse {
    const { pool, user } = tokens.authenticate(input.AccessToken)
    const name = required('AttributeName', input.AttributeName)
    return { CodeDeliveryDetails: codes.send(pool, user, purposeOf(name), name) }
  }

  function verifyUserAttribute(input: VerifyUserAttributeRequest): object {
    const { pool, user } = tokens.authenticate(input.AccessToken)
    const name = required('AttributeName', input.AttributeName)
    codes.redeem(pool, user, purposeOf(name), required('Code', input.Code), changed => {
      changed.attributes[`${name}_verified`] = 'true'
    })
    return {}
  }

  return {
    GetUser: getUser,
    ChangePassword: changePassword,
    UpdateUserAttributes: updateUserAttributes,
    GetUserAttributeVerificationCode: getVerificationCode,
    VerifyUserAttribute: verifyUserAttribute,
    DeleteUserAttributes: (input: DeleteUserAttributesRequest) => {
      const { pool, user } = tokens.authenticate(input.AccessToken)
      users.update(pool, user, current => {
        deleteAttributes(pool, current, input.UserAttributeNames)
        current.modifiedAt = clock.now()
      })
      return {}
    },
    DeleteUser: (input: DeleteUserRequest) => {
      const { pool, user } = tokens.authenticate(input.AccessToken)
      tokens.signOut(pool, user)
      users.delete(pool, user)
      return {}
    },
    GlobalSignOut: (input: GlobalSignOutRequest) => {
      const { pool, user } = tokens.authenticate(input.AccessToken)
      tokens.signOut(pool, user)
      return {}
    },
  }
}

function contacts(attributes: Record<string, string>): string[] {
  return ['email', 'phone_number'].filter(name => name in attributes)
}

function purposeOf(attribute: string): CodePurpose {
  if (attribute !== 'email' && attribute !== 'phone_number')
    throw invalidParameter(`The attribute '${attribute}' cannot be verified: only email and phone_number can`)
  return `verify-${attribute}`
}
