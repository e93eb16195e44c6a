import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Grant } from '../../domain/grant.ts'
import { keys } from './keys.ts'
import { tableOf } from './table.ts'
import { stampOnce, userItems } from './user-items.ts'

/** Grants, in their owner's partition: they go with the account, and what has gone grants nothing. */
export interface GrantStore {
  put(grant: Grant): Promise<void>
  /** Read consistently, so that a grant taken back is gone at once. @param grantee only those given to them */
  of(owner: string, grantee?: string): Promise<Grant[]>
  /** @returns whether there was such a grant; one already revoked keeps its time */
  revoke(owner: string, id: string, at: string): Promise<boolean>
}

/** Grants are kept this long after their end, in seconds, for their owner to look up. */
const KEPT_SECONDS = 365 * 24 * 3600

export function createGrantStore(deps: { client: DynamoDBClient; tableName: string }): GrantStore {
  const table = tableOf(deps)
  const { client, tableName: TableName } = table

  async function of(owner: string, grantee?: string): Promise<Grant[]> {
    const items = await Array.fromAsync(userItems(table, owner, keys.grant(grantee)))
    return items.map(({ pk: _, sk: __, expires_at: ___, ...grant }) => grant as unknown as Grant)
  }

  return {
    of,
    put: async grant => {
      const Item = {
        pk: keys.user(grant.owner),
        sk: keys.grant(grant.grantee, grant.id),
        ...grant,
        expires_at: Math.ceil(Date.parse(grant.expiresAt) / 1000) + KEPT_SECONDS,
      }
      const ConditionExpression = 'attribute_not_exists(pk)'
      await client.send(new PutCommand({ TableName, Item, ConditionExpression }))
    },
    revoke: async (owner, id, at) => {
      const grant = (await of(owner)).find(each => each.id === id)
      if (!grant) return false
      return stampOnce(table, owner, keys.grant(grant.grantee, id), 'revokedAt', at)
    },
  }
}
