import { randomUUID } from 'node:crypto'
import {
  AssociateSoftwareTokenCommand,
  type AuthenticationResultType,
  type ChallengeNameType,
  type CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  ForgotPasswordCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  ResendConfirmationCodeCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  SignUpCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Accounts, ChallengeAnswer, MfaHolder, SignIn, Tokens } from '../../api/auth/accounts.ts'
import { Problem } from '../../problem.ts'
import { type Action, cognitoProblem } from './problems.ts'

/** Accounts in a Cognito user pool, through an app client without a secret that allows `USER_PASSWORD_AUTH`. */
export function createCognitoAccounts(deps: {
  client: CognitoIdentityProviderClient
  clientId: string
}): Accounts {
  const { client, clientId: ClientId } = deps
  const inTermsOf = async <T>(action: Action, call: Promise<T>): Promise<T> => {
    try {
      return await call
    } catch (error) {
      throw cognitoProblem(error, action)
    }
  }
  /** Swallows what would tell whether an account exists, and lets limits and outages through. */
  const silently = async (call: Promise<unknown>): Promise<void> => {
    try {
      await call
    } catch (error) {
      const { name = '' } = error as { name?: string }
      if (/^(UserNotFound|InvalidParameter|NotAuthorized|UserNotConfirmed)/.test(name)) return
      throw cognitoProblem(error, 'code')
    }
  }

  return {
    register: async ({ email, password, displayName }) => {
      const attributes = [{ Name: 'email', Value: email }]
      if (displayName) attributes.push({ Name: 'name', Value: displayName })
      const input = { ClientId, Username: email, Password: password, UserAttributes: attributes }
      try {
        const { UserSub } = await client.send(new SignUpCommand(input))
        return { userId: UserSub! }
      } catch (error) {
        if (!/^(UsernameExists|AliasExists)/.test((error as Error).name))
          throw cognitoProblem(error, 'register')
        // Reads like a sign-up; whoever owns the address and has not confirmed it yet gets a code again.
        await silently(client.send(new ResendConfirmationCodeCommand({ ClientId, Username: email })))
        return { userId: randomUUID() }
      }
    },
    confirm: async (email, code) => {
      const input = { ClientId, Username: email, ConfirmationCode: code }
      await inTermsOf('code', client.send(new ConfirmSignUpCommand(input)))
    },
    resendCode: email =>
      silently(client.send(new ResendConfirmationCodeCommand({ ClientId, Username: email }))),
    login: async (email, password) => {
      const AuthParameters = { USERNAME: email, PASSWORD: password }
      const command = new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
      return signIn(await inTermsOf('login', client.send(command)), email)
    },
    refresh: async refreshToken => {
      const AuthParameters = { REFRESH_TOKEN: refreshToken }
      const command = new InitiateAuthCommand({ ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters })
      const { AuthenticationResult } = await inTermsOf('refresh', client.send(command))
      return tokens(AuthenticationResult!, refreshToken)
    },
    logout: async AccessToken => {
      await inTermsOf('session', client.send(new GlobalSignOutCommand({ AccessToken })))
    },
    profile: async AccessToken => {
      const user = await inTermsOf('session', client.send(new GetUserCommand({ AccessToken })))
      const attribute = (name: string) => user.UserAttributes?.find(a => a.Name === name)?.Value
      return {
        userId: attribute('sub') ?? user.Username!,
        email: attribute('email'),
        emailVerified: attribute('email_verified') === 'true',
        displayName: attribute('name'),
        mfaEnabled: (user.UserMFASettingList ?? []).length > 0,
      }
    },
    forgotPassword: email => silently(client.send(new ForgotPasswordCommand({ ClientId, Username: email }))),
    resetPassword: async (email, code, password) => {
      const input = { ClientId, Username: email, ConfirmationCode: code, Password: password }
      await inTermsOf('code', client.send(new ConfirmForgotPasswordCommand(input)))
    },
    answerChallenge: async answer => {
      const command = new RespondToAuthChallengeCommand({
        ClientId,
        ChallengeName: answer.name as ChallengeNameType,
        Session: answer.session,
        ChallengeResponses: challengeResponses(answer),
      })
      return signIn(await inTermsOf('challenge', client.send(command)), answer.userId)
    },
    associateMfa: async holder => {
      const command = new AssociateSoftwareTokenCommand(held(holder))
      const { SecretCode, Session } = await inTermsOf(actionOf(holder), client.send(command))
      return { secret: SecretCode!, session: Session }
    },
    verifyMfa: async (holder, code, deviceName) => {
      const input = { ...held(holder), UserCode: code, FriendlyDeviceName: deviceName }
      const verified = await inTermsOf(actionOf(holder), client.send(new VerifySoftwareTokenCommand(input)))
      if (verified.Status !== 'SUCCESS') throw cognitoProblem({ name: 'CodeMismatchException' }, 'code')
      if ('accessToken' in holder) {
        const preference = { Enabled: true, PreferredMfa: true }
        const command = { AccessToken: holder.accessToken, SoftwareTokenMfaSettings: preference }
        await inTermsOf('session', client.send(new SetUserMFAPreferenceCommand(command)))
      }
      return { session: verified.Session }
    },
  }
}

function signIn(output: Partial<InitiateAuthCommandOutput>, username: string): SignIn {
  if (output.AuthenticationResult) return { kind: 'tokens', tokens: tokens(output.AuthenticationResult) }
  const userId = output.ChallengeParameters?.USER_ID_FOR_SRP ?? username
  return { kind: 'challenge', challenge: { name: output.ChallengeName!, session: output.Session!, userId } }
}

/** A refresh gives no new refresh token unless rotation is on; the old one then goes on being good. */
function tokens(result: AuthenticationResultType, refreshToken = ''): Tokens {
  return {
    accessToken: result.AccessToken!,
    refreshToken: result.RefreshToken ?? refreshToken,
    expiresIn: result.ExpiresIn!,
  }
}

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html */
function challengeResponses({
  name,
  userId: USERNAME,
  code,
  newPassword,
}: ChallengeAnswer): Record<string, string> {
  const missing = (field: string) =>
    new Problem(
      422,
      'validation_error',
      'The request is not valid',
      `${field}: is required to answer ${name}`,
      {
        errors: [{ field, message: `is required to answer ${name}`, code: 'required' }],
      },
    )
  if (name === 'MFA_SETUP') return { USERNAME }
  if (name === 'NEW_PASSWORD_REQUIRED') {
    if (!newPassword) throw missing('new_password')
    return { USERNAME, NEW_PASSWORD: newPassword }
  }
  if (!code) throw missing('code')
  return { USERNAME, [`${name}_CODE`]: code }
}

function held(holder: MfaHolder): { AccessToken: string } | { Session: string } {
  return 'session' in holder ? { Session: holder.session } : { AccessToken: holder.accessToken }
}

function actionOf(holder: MfaHolder): Action {
  return 'session' in holder ? 'challenge' : 'session'
}
