import {
  AdminDeleteUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Identity } from '../../worker/erase.ts'

/** Removes sign-ins of a user pool whose names are e-mail addresses: a user's own name is then its `sub`. */
export function createIdentity(deps: {
  client: CognitoIdentityProviderClient
  userPoolId: string
}): Identity {
  return {
    removeUser: async userId => {
      try {
        const input = { UserPoolId: deps.userPoolId, Username: userId }
        await deps.client.send(new AdminDeleteUserCommand(input))
        return true
      } catch (error) {
        if ((error as Error).name === 'UserNotFoundException') return false
        throw error
      }
    },
  }
}

/** The same with an SDK client of its own. */
export function connectIdentity(config: { region: string; userPoolId: string }): Identity {
  const requestHandler = { connectionTimeout: 2000, requestTimeout: 5000 }
  const client = new CognitoIdentityProviderClient({ region: config.region, requestHandler })
  return createIdentity({ client, userPoolId: config.userPoolId })
}
