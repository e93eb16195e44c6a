import { createHmac } from 'node:crypto'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  SetUserPoolMfaConfigCommand,
  type UserPoolMfaType,
} from '@aws-sdk/client-cognito-identity-provider'
import type { TestCloud } from '../../local-cloud/src/testing.ts'

export interface Pool {
  userPoolId: string
  clientId: string
  issuer: string
}

/** A user pool as the stacks make it: e-mail addresses as names, one public client with password sign-in. */
export async function createPool(cloud: TestCloud, mfa: UserPoolMfaType = 'OPTIONAL'): Promise<Pool> {
  const cognito = new CognitoIdentityProviderClient(cloud.client)
  const { UserPool } = await cognito.send(
    new CreateUserPoolCommand({
      PoolName: 'users',
      UsernameAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
      Policies: { PasswordPolicy: { MinimumLength: 12, RequireNumbers: true } },
    }),
  )
  const userPoolId = UserPool!.Id!
  await cognito.send(
    new SetUserPoolMfaConfigCommand({
      UserPoolId: userPoolId,
      MfaConfiguration: mfa,
      SoftwareTokenMfaConfiguration: { Enabled: true },
    }),
  )
  const { UserPoolClient } = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId: userPoolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
    }),
  )
  return { userPoolId, clientId: UserPoolClient!.ClientId!, issuer: `${cloud.endpoint}/${userPoolId}` }
}

/** The newest code that was sent to an address. */
export async function sentCode(cloud: TestCloud, email: string): Promise<string> {
  const response = await fetch(`${cloud.endpoint}/_cognito/outbox?destination=${encodeURIComponent(email)}`)
  const { messages } = (await response.json()) as { messages: { code?: string }[] }
  const code = messages[0]?.code
  if (!code) throw new Error(`no code was sent to ${email}`)
  return code
}

/** What an authenticator app shows (RFC 6238) at a time in milliseconds. */
export function totp(secret: string, now: number): string {
  const bits = [...secret.replace(/=+$/, '')]
    .map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const code = mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fffffff
  return String(code % 1_000_000).padStart(6, '0')
}
