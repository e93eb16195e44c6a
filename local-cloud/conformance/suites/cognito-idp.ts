import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import {
  AdminAddUserToGroupCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminUserGlobalSignOutCommand,
  AssociateSoftwareTokenCommand,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  CreateGroupCommand,
  DescribeUserPoolCommand,
  ForgotPasswordCommand,
  GetUserCommand,
  InitiateAuthCommand,
  ListUsersCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
  SignUpCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createSrpSession, signSrpSession, wrapAuthChallenge, wrapInitiateAuth } from 'cognito-srp-helper'
import { type Case, casesOf, freshName, has, refused, type Suite } from '../suite.ts'
import { cognitoPools, PASSWORD } from './cognito-pools.ts'

const says = casesOf('cognito-user-identity-pools/latest/APIReference/')
const GUIDE = '/cognito/latest/developerguide/'

/** Cognito user pools: sign-up, sign-in, second factor, tokens. */
export const cognitoIdp: Suite = {
  service: 'cognito-idp',
  cases: ({ config, codeFor }) => {
    const { client, address, pool, user, signIn, refresh, payload, appCode, enrol, answer } =
      cognitoPools(config)
    const withCodes = (found: Case): Case =>
      codeFor ? found : { ...found, skip: 'the codes that Cognito mails cannot be read here' }

    return [
      says('API_CreateUserPool.html', 'a new pool has the default password policy and no MFA', async () => {
        const { UserPoolId } = await pool()
        const { UserPool } = await client.send(new DescribeUserPoolCommand({ UserPoolId }))
        has(UserPool, {
          MfaConfiguration: 'OFF',
          Policies: {
            PasswordPolicy: { MinimumLength: 8, RequireUppercase: true, RequireSymbols: true },
          },
        })
      }),
      says('API_SignUp.html', 'a password that breaks the policy is refused', async () => {
        const { ClientId } = await pool()
        await refused(
          client.send(new SignUpCommand({ ClientId, Username: address(), Password: 'short' })),
          'InvalidPasswordException',
          400,
        )
      }),
      says('API_InitiateAuth.html', 'who has not confirmed does not sign in', async () => {
        const inPool = await pool()
        const Username = address()
        await client.send(new SignUpCommand({ ClientId: inPool.ClientId, Username, Password: PASSWORD }))
        await refused(signIn(inPool, Username), 'UserNotConfirmedException', 400)
      }),
      says('API_ConfirmSignUp.html', 'a made-up code does not confirm', async () => {
        const { ClientId } = await pool()
        const Username = address()
        await client.send(new SignUpCommand({ ClientId, Username, Password: PASSWORD }))
        await refused(
          client.send(new ConfirmSignUpCommand({ ClientId, Username, ConfirmationCode: '000000' })),
          'CodeMismatchException',
          400,
        )
      }),
      withCodes(
        says(
          'API_ForgotPassword.html',
          'a forgotten password is replaced by the code that was mailed',
          async () => {
            const inPool = await pool()
            const { ClientId } = inPool
            const Username = address()
            await client.send(new SignUpCommand({ ClientId, Username, Password: PASSWORD }))
            const ConfirmationCode = (await codeFor?.(Username)) ?? ''
            await client.send(new ConfirmSignUpCommand({ ClientId, Username, ConfirmationCode }))
            await client.send(new ForgotPasswordCommand({ ClientId, Username }))
            const mailed = (await codeFor?.(Username)) ?? ''
            const Password = `${PASSWORD}-new`
            await client.send(
              new ConfirmForgotPasswordCommand({ ClientId, Username, Password, ConfirmationCode: mailed }),
            )
            assert.ok((await signIn(inPool, Username, Password)).AuthenticationResult?.AccessToken)
          },
        ),
      ),
      says('API_InitiateAuth.html', 'a password signs in, a wrong one not', async () => {
        const inPool = await pool()
        const name = await user(inPool)
        const { AuthenticationResult } = await signIn(inPool, name)
        has(AuthenticationResult, { TokenType: 'Bearer', ExpiresIn: 3600 })
        await refused(signIn(inPool, name, 'Wrong-horse-7'), 'NotAuthorizedException', 400)
      }),
      says(
        `${GUIDE}amazon-cognito-user-pools-authentication-flow.html`,
        'SRP signs in by a proof of the password',
        async () => {
          const inPool = await pool()
          const { ClientId, UserPoolId } = inPool
          const name = await user(inPool)
          const prove = async (password: string) => {
            const session = createSrpSession(name, password, UserPoolId, false)
            const AuthParameters = { USERNAME: name }
            const begun = await client.send(
              new InitiateAuthCommand(
                wrapInitiateAuth(session, { ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters }),
              ),
            )
            const USERNAME = begun.ChallengeParameters?.USER_ID_FOR_SRP as string
            return client.send(
              new RespondToAuthChallengeCommand(
                wrapAuthChallenge(signSrpSession(session, begun), {
                  ClientId,
                  ChallengeName: 'PASSWORD_VERIFIER',
                  ChallengeResponses: { USERNAME },
                }),
              ),
            )
          }
          assert.ok((await prove(PASSWORD)).AuthenticationResult?.AccessToken)
          await refused(prove('Wrong-horse-7'), 'NotAuthorizedException', 400)
        },
      ),
      says(
        `${GUIDE}amazon-cognito-user-pools-using-the-access-token.html`,
        'an access token says whose it is and for whom',
        async () => {
          const inPool = await pool('OFF', {
            AccessTokenValidity: 15,
            TokenValidityUnits: { AccessToken: 'minutes' },
          })
          const name = await user(inPool)
          const { AuthenticationResult } = await signIn(inPool, name)
          const claims = payload(AuthenticationResult?.AccessToken)
          has(claims, { token_use: 'access', client_id: inPool.ClientId })
          assert.ok(claims.iss.endsWith(`/${inPool.UserPoolId}`))
          assert.equal(claims.exp - claims.iat, 900)
          assert.equal(payload(AuthenticationResult?.IdToken).aud, inPool.ClientId)
        },
      ),
      says('API_RevokeToken.html', 'a refresh token renews until it is revoked', async () => {
        const inPool = await pool()
        const { AuthenticationResult } = await signIn(inPool, await user(inPool))
        const Token = AuthenticationResult?.RefreshToken
        assert.ok((await refresh(inPool, Token)).AuthenticationResult?.AccessToken)
        await client.send(new RevokeTokenCommand({ ClientId: inPool.ClientId, Token }))
        await refused(refresh(inPool, Token), 'NotAuthorizedException', 400)
      }),
      says('API_AdminUserGlobalSignOut.html', 'a global sign-out ends every token', async () => {
        const inPool = await pool()
        const { UserPoolId } = inPool
        const Username = await user(inPool)
        const { AuthenticationResult } = await signIn(inPool, Username)
        const AccessToken = AuthenticationResult?.AccessToken
        await client.send(new GetUserCommand({ AccessToken }))
        await client.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username }))
        await refused(client.send(new GetUserCommand({ AccessToken })), 'NotAuthorizedException', 400)
        await refused(refresh(inPool, AuthenticationResult?.RefreshToken), 'NotAuthorizedException', 400)
      }),
      says('API_AdminDisableUser.html', 'a disabled user does not sign in', async () => {
        const inPool = await pool()
        const { UserPoolId } = inPool
        const Username = await user(inPool)
        await client.send(new AdminDisableUserCommand({ UserPoolId, Username }))
        await refused(signIn(inPool, Username), 'NotAuthorizedException', 400)
      }),
      says('API_AdminDeleteUser.html', 'a deleted user is gone', async () => {
        const inPool = await pool()
        const { UserPoolId } = inPool
        const Username = await user(inPool)
        await client.send(new AdminDeleteUserCommand({ UserPoolId, Username }))
        const read = client.send(new AdminGetUserCommand({ UserPoolId, Username }))
        await refused(read, 'UserNotFoundException', 400)
      }),
      says(`${GUIDE}signing-up-users-in-your-app.html`, 'a client with a secret wants its hash', async () => {
        const inPool = await pool('OFF', { GenerateSecret: true })
        const name = await user(inPool)
        await refused(signIn(inPool, name), 'NotAuthorizedException', 400)
        const SECRET_HASH = createHmac('sha256', inPool.secret ?? '')
          .update(name + inPool.ClientId)
          .digest('base64')
        assert.ok((await signIn(inPool, name, PASSWORD, { SECRET_HASH })).AuthenticationResult)
      }),
      says(`${GUIDE}cognito-user-pools-user-groups.html`, 'groups stand in the tokens', async () => {
        const inPool = await pool()
        const { UserPoolId } = inPool
        const Username = await user(inPool)
        const GroupName = freshName('clinic')
        await client.send(new CreateGroupCommand({ UserPoolId, GroupName }))
        await client.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }))
        const { Groups } = await client.send(new AdminListGroupsForUserCommand({ UserPoolId, Username }))
        has(Groups, [{ GroupName }])
        const { AuthenticationResult } = await signIn(inPool, Username)
        assert.deepEqual(payload(AuthenticationResult?.AccessToken)['cognito:groups'], [GroupName])
      }),
      says('API_VerifySoftwareToken.html', 'an app is enrolled by its right code only', async () => {
        const inPool = await pool('OPTIONAL')
        const { AuthenticationResult } = await signIn(inPool, await user(inPool))
        const AccessToken = AuthenticationResult?.AccessToken
        const { SecretCode = '' } = await client.send(new AssociateSoftwareTokenCommand({ AccessToken }))
        const verify = (UserCode: string) =>
          client.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode }))
        await refused(verify(appCode(SecretCode, 50)), 'EnableSoftwareTokenMFAException', 400)
        has(await verify(appCode(SecretCode)), { Status: 'SUCCESS' })
      }),
      says(
        `${GUIDE}user-pool-settings-mfa-totp.html`,
        'the second factor is asked for, and must be right',
        async () => {
          const inPool = await pool('OPTIONAL')
          const name = await user(inPool)
          const secret = await enrol(inPool, name)
          const begun = await signIn(inPool, name)
          has(begun, { ChallengeName: 'SOFTWARE_TOKEN_MFA', AuthenticationResult: undefined })
          const wrong = answer(inPool, name, begun.Session, appCode(secret, 50))
          await refused(wrong, 'CodeMismatchException', 400)
          const again = await signIn(inPool, name)
          const right = await answer(inPool, name, again.Session, appCode(secret, 1))
          assert.ok(right.AuthenticationResult?.AccessToken)
        },
      ),
      says('API_RespondToAuthChallenge.html', 'a made-up session is refused', async () => {
        const inPool = await pool('OPTIONAL')
        const name = await user(inPool)
        const secret = await enrol(inPool, name)
        const made = answer(inPool, name, 'x'.repeat(40), appCode(secret, 1))
        await refused(made, 'NotAuthorizedException', 400)
      }),
      says(
        `${GUIDE}user-pool-settings-mfa.html`,
        'where MFA is required, a first sign-in leads to its set-up',
        async () => {
          const inPool = await pool('ON')
          const name = await user(inPool)
          has(await signIn(inPool, name), { ChallengeName: 'MFA_SETUP', AuthenticationResult: undefined })
        },
      ),
      says('API_ListUsers.html', 'users by the beginning of an attribute, in pages', async () => {
        const inPool = await pool()
        const { UserPoolId } = inPool
        const prefix = freshName('list')
        for (const end of ['a', 'b', 'c']) await user(inPool, `${prefix}${end}@example.com`)
        const Filter = `email ^= "${prefix}"`
        const list = (PaginationToken?: string) =>
          client.send(new ListUsersCommand({ UserPoolId, Filter, Limit: 2, PaginationToken }))
        const first = await list()
        assert.equal(first.Users?.length, 2)
        assert.equal((await list(first.PaginationToken)).Users?.length, 1)
      }),
    ]
  },
}
