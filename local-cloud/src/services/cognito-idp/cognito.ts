import type { Service, ServiceContext } from '../../core/service.ts'
import { adminOperations } from './admin-operations.ts'
import { authOperations } from './auth-operations.ts'
import { clientOperations } from './client-operations.ts'
import { groupOperations } from './group-operations.ts'
import { mfaOperations } from './mfa-operations.ts'
import { poolOperations } from './pool-operations.ts'
import { riskOperations } from './risk-operations.ts'
import { selfOperations } from './self-operations.ts'
import { signUpOperations } from './sign-up-operations.ts'
import { listUsersOperation } from './user-list.ts'
import { wellKnownPaths } from './well-known.ts'
import { createWorld } from './world.ts'

/** Operations that bring a password, a code or a token instead of a signature. */
const ANONYMOUS = new Set([
  'AssociateSoftwareToken',
  'ChangePassword',
  'ConfirmForgotPassword',
  'ConfirmSignUp',
  'DeleteUser',
  'DeleteUserAttributes',
  'ForgotPassword',
  'GetTokensFromRefreshToken',
  'GetUser',
  'GetUserAttributeVerificationCode',
  'GlobalSignOut',
  'InitiateAuth',
  'ResendConfirmationCode',
  'RespondToAuthChallenge',
  'RevokeToken',
  'SetUserMFAPreference',
  'SignUp',
  'UpdateUserAttributes',
  'VerifySoftwareToken',
  'VerifyUserAttribute',
])

/** User pools: sign-up, sign-in by password or SRP, TOTP as second factor, tokens. See SPEC.md. */
export function createCognito(context: ServiceContext): Service {
  const world = createWorld(context)
  return {
    name: 'cognito-idp',
    protocol: 'json',
    targetPrefix: 'AWSCognitoIdentityProviderService',
    jsonVersion: '1.1',
    anonymous: ANONYMOUS,
    paths: wellKnownPaths(world),
    operations: {
      ...poolOperations(world.pools, world.users),
      ...clientOperations(world.pools),
      ...signUpOperations(world),
      ...authOperations(world),
      ...selfOperations(world),
      ...mfaOperations(world),
      ...adminOperations(world),
      ...groupOperations(world),
      ...riskOperations(world),
      ListUsers: listUsersOperation(world),
    },
  }
}
