import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientRequest,
  CreateUserPoolCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  SetUserPoolMfaConfigCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { fromBase32, stepAt, totpCode } from '../../src/services/cognito-idp/totp.ts'
import { freshName, type Target } from '../suite.ts'

/** A password that every policy takes. */
export const PASSWORD = 'Correct-horse-7'

/** What the cases of user pools share: pools by their second factor, users in them, ways to sign in. */
export function cognitoPools(config: Target['config']) {
  const client = new CognitoIdentityProviderClient(config)
  const address = () => `${freshName('user')}@example.com`
  const pools = new Map<string, Promise<string>>()
  /** One pool for each way of asking for a second factor: a pool's key takes its time to make. */
  function poolWith(MfaConfiguration: 'OFF' | 'OPTIONAL' | 'ON'): Promise<string> {
    const made = pools.get(MfaConfiguration) ?? makePool(MfaConfiguration)
    pools.set(MfaConfiguration, made)
    return made
  }
  async function makePool(MfaConfiguration: 'OFF' | 'OPTIONAL' | 'ON'): Promise<string> {
    const { UserPool } = await client.send(
      new CreateUserPoolCommand({
        PoolName: freshName('pool'),
        UsernameAttributes: ['email'],
        AutoVerifiedAttributes: ['email'],
      }),
    )
    const UserPoolId = UserPool?.Id as string
    if (MfaConfiguration !== 'OFF')
      await client.send(
        new SetUserPoolMfaConfigCommand({
          UserPoolId,
          MfaConfiguration,
          SoftwareTokenMfaConfiguration: { Enabled: true },
        }),
      )
    return UserPoolId
  }
  /** A client of its own in the pool of a kind. */
  async function pool(
    mfa: 'OFF' | 'OPTIONAL' | 'ON' = 'OFF',
    more: Partial<CreateUserPoolClientRequest> = {},
  ) {
    const UserPoolId = await poolWith(mfa)
    const { UserPoolClient } = await client.send(
      new CreateUserPoolClientCommand({
        UserPoolId,
        ClientName: 'app',
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        ...more,
      }),
    )
    return {
      UserPoolId,
      ClientId: UserPoolClient?.ClientId as string,
      secret: UserPoolClient?.ClientSecret,
    }
  }
  type Pool = Awaited<ReturnType<typeof pool>>
  async function user({ UserPoolId }: Pool, Username = address()): Promise<string> {
    await client.send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' }))
    await client.send(
      new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: PASSWORD, Permanent: true }),
    )
    return Username
  }
  const signIn = ({ ClientId }: Pool, USERNAME: string, password = PASSWORD, more: object = {}) =>
    client.send(
      new InitiateAuthCommand({
        ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME, PASSWORD: password, ...more },
      }),
    )
  const refresh = ({ ClientId }: Pool, token: string | undefined) =>
    client.send(
      new InitiateAuthCommand({
        ClientId,
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        AuthParameters: { REFRESH_TOKEN: token as string },
      }),
    )
  const payload = (token: string | undefined) =>
    JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString())
  const appCode = (secret: string, steps = 0) => totpCode(fromBase32(secret), stepAt(Date.now()) + steps)
  /** Gives a user an authenticator app; the code of the present step is then used up. */
  async function enrol(inPool: Pool, name: string): Promise<string> {
    const AccessToken = (await signIn(inPool, name)).AuthenticationResult?.AccessToken
    const { SecretCode = '' } = await client.send(new AssociateSoftwareTokenCommand({ AccessToken }))
    await client.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: appCode(SecretCode) }))
    const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
    await client.send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings }))
    return SecretCode
  }
  const answer = ({ ClientId }: Pool, USERNAME: string, Session: string | undefined, code: string) =>
    client.send(
      new RespondToAuthChallengeCommand({
        ClientId,
        Session,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        ChallengeResponses: { USERNAME, SOFTWARE_TOKEN_MFA_CODE: code },
      }),
    )

  return { client, address, pool, user, signIn, refresh, payload, appCode, enrol, answer }
}
