import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** Whose credentials the calls are signed with. */
export interface Identity {
  caller(): Promise<{ account: string; arn: string }>
}

export function createIdentity(access: Access): Identity {
  const client = new STSClient(clientConfig(access))
  return {
    caller: async () => {
      const { Account = '', Arn = '' } = await client.send(new GetCallerIdentityCommand({}))
      return { account: Account, arn: Arn }
    },
  }
}
