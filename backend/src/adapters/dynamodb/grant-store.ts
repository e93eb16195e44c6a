import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Grant } from '../../domain/grant.ts'
import { keys } from './keys.ts'
import { isConditionFailure, tableOf } from './table.ts'

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
  const { client, tableName: TableName } = tableOf(deps)

  async function of(owner: string, grantee?: string): Promise<Grant[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': keys.user(owner), ':prefix': keys.grant(grantee) },
        ConsistentRead: true,
      }),
    )
    return Items.map(({ pk: _, sk: __, expires_at: ___, ...grant }) => grant as Grant)
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
      try {
        await client.send(
          new UpdateCommand({
            TableName,
            Key: { pk: keys.user(owner), sk: keys.grant(grant.grantee, id) },
            UpdateExpression: 'SET revokedAt = if_not_exists(revokedAt, :at)',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeValues: { ':at': at },
          }),
        )
        return true
      } catch (error) {
        if (isConditionFailure(error)) return false
        throw error
      }
    },
  }
}
