import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientRequest,
  CreateUserPoolCommand,
  type CreateUserPoolRequest,
  InitiateAuthCommand,
  SetUserPoolMfaConfigCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createCognito } from './cognito.ts'
import { fromBase32, stepAt, totpCode } from './totp.ts'

export const PASSWORD = 'Correct-horse-7'

/** A cloud with a pool like the backend's, and the usual steps through it by the real SDK. */
export async function startCognito(options: {
  pool?: Partial<CreateUserPoolRequest>
  client?: Partial<CreateUserPoolClientRequest>
}) {
  const cloud = await startTestCloud({ services: [createCognito] })
  const made = await new CognitoIdentityProviderClient(cloud.client).send(
    new CreateUserPoolCommand({
      PoolName: 'users',
      UsernameAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      ...options.pool,
    }),
  )
  const poolId = made.UserPool?.Id as string
  const { UserPoolClient } = await clientNow(cloud).send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'app',
      ExplicitAuthFlows: [
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
        'ALLOW_ADMIN_USER_PASSWORD_AUTH',
      ],
      PreventUserExistenceErrors: 'ENABLED',
      ...options.client,
    }),
  )
  return usePool(cloud, poolId, UserPoolClient?.ClientId as string, UserPoolClient?.ClientSecret)
}

/** The same steps through a pool that is there already. */
export function usePool(cloud: TestCloud, poolId: string, clientId: string, clientSecret?: string) {
  /** Signed, and with the cloud's time. */
  const send: CognitoIdentityProviderClient['send'] = ((command: never) =>
    clientNow(cloud).send(command)) as never

  /** The newest code sent to an address. */
  async function codeFor(destination: string): Promise<string> {
    const url = `${cloud.endpoint}/_cognito/outbox?destination=${encodeURIComponent(destination)}`
    const { messages } = (await (await fetch(url)).json()) as { messages: { code: string }[] }
    return messages[0]?.code as string
  }

  const signUp = (Username: string, Password = PASSWORD) =>
    send(new SignUpCommand({ ClientId: clientId, Username, Password }))

  async function confirmed(Username: string, Password = PASSWORD): Promise<string> {
    const { UserSub } = await signUp(Username, Password)
    const ConfirmationCode = await codeFor(Username)
    await send(new ConfirmSignUpCommand({ ClientId: clientId, Username, ConfirmationCode }))
    return UserSub as string
  }

  async function adminMade(Username: string, Password = PASSWORD): Promise<void> {
    await send(new AdminCreateUserCommand({ UserPoolId: poolId, Username, MessageAction: 'SUPPRESS' }))
    await send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username, Password, Permanent: true }))
  }

  const signIn = (USERNAME: string, PASSWORD_: string = PASSWORD, more: Record<string, string> = {}) =>
    send(
      new InitiateAuthCommand({
        ClientId: clientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME, PASSWORD: PASSWORD_, ...more },
      }),
    )

  const setMfa = (MfaConfiguration: 'OFF' | 'OPTIONAL' | 'ON') =>
    send(
      new SetUserPoolMfaConfigCommand({
        UserPoolId: poolId,
        MfaConfiguration,
        SoftwareTokenMfaConfiguration: { Enabled: MfaConfiguration !== 'OFF' },
      }),
    )

  /** The code that an authenticator app would show now, or some steps of 30 s away. */
  const appCode = (secret: string | undefined, steps = 0) =>
    totpCode(fromBase32(secret as string), stepAt(cloud.clock.now()) + steps)

  return {
    cloud,
    poolId,
    clientId,
    clientSecret,
    send,
    codeFor,
    signUp,
    confirmed,
    adminMade,
    signIn,
    setMfa,
    appCode,
  }
}

function clientNow(cloud: TestCloud): CognitoIdentityProviderClient {
  return new CognitoIdentityProviderClient({
    ...cloud.client,
    systemClockOffset: cloud.clock.now() - Date.now(),
  })
}
