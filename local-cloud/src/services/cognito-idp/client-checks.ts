import { createHmac } from 'node:crypto'
import { invalidParameter, notAuthorized } from './cognito-errors.ts'
import { equalTexts } from './constant-time.ts'
import type { ClientRecord } from './records.ts'

/** The flows that a client without a list has. */
const USUAL = ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH']
/** The names that flows had before the `ALLOW_` ones; these clients may always refresh. */
const OLD: Record<string, string> = {
  ADMIN_NO_SRP_AUTH: 'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  CUSTOM_AUTH_FLOW_ONLY: 'ALLOW_CUSTOM_AUTH',
  USER_PASSWORD_AUTH: 'ALLOW_USER_PASSWORD_AUTH',
}

/** @throws AwsError `InvalidParameterException` where the client does not allow the flow */
export function checkFlow(client: ClientRecord, flow: string): void {
  const named = (client.settings.ExplicitAuthFlows ?? []) as string[]
  const old = named.some(name => name in OLD)
  const allowed = named.length > 0 ? named.map(name => OLD[name] ?? name) : USUAL
  if (old) allowed.push('ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH')
  if (!allowed.includes(`ALLOW_${flow}`)) throw invalidParameter(`${flow} flow not enabled for this client`)
}

/**
 * Checks the hash that a client with a secret must send: HMAC-SHA256 of user name and client id.
 * @throws AwsError `NotAuthorizedException`
 */
export function checkSecretHash(client: ClientRecord, username: string, hash: string | undefined): void {
  if (!client.secret) {
    if (hash) throw notAuthorized(`Unable to verify secret hash for client ${client.id}`)
    return
  }
  if (!hash)
    throw notAuthorized(`Client ${client.id} is configured with secret but SECRET_HASH was not received`)
  const expected = createHmac('sha256', client.secret).update(`${username}${client.id}`).digest('base64')
  if (!equalTexts(expected, hash)) throw notAuthorized(`Unable to verify secret hash for client ${client.id}`)
}

/** Checks the secret itself, for the operations that take it as such. */
export function checkSecret(client: ClientRecord, secret: string | undefined): void {
  if (client.secret !== undefined && !equalTexts(client.secret, secret ?? ''))
    throw notAuthorized(`Unable to verify secret for client ${client.id}`)
}
