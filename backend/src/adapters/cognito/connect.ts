import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import type { Accounts } from '../../api/auth/accounts.ts'
import { breakCircuits } from '../circuit.ts'
import { createCognitoAccounts } from './accounts.ts'

/**
 * Accounts with an SDK client of their own. A module of its own, for it is what the API loads when it is first needed;
 * importing the SDK's CommonJS itself dynamically would give it other exports bundled than not.
 */
export function connectAccounts(config: { region: string; userPoolClientId: string }): Accounts {
  const requestHandler = { connectionTimeout: 2000, requestTimeout: 5000 }
  const client = new CognitoIdentityProviderClient({ region: config.region, requestHandler })
  breakCircuits(client, { service: 'cognito' })
  return createCognitoAccounts({ client, clientId: config.userPoolClientId })
}
