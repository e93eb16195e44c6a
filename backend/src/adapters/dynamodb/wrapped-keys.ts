import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { WrappedKeys } from '../kms/vault.ts'
import { keys } from './keys.ts'
import { isConditionFailure, tableOf } from './table.ts'

/** Wrapped data keys in their user's partition. */
export function createWrappedKeys(deps: { client: DynamoDBClient; tableName: string }): WrappedKeys {
  const { client, tableName: TableName } = tableOf(deps)
  const get = async (userId: string): Promise<Uint8Array | undefined> => {
    const Key = { pk: keys.user(userId), sk: keys.dataKey }
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }))
    return Item?.wrapped as Uint8Array | undefined
  }
  return {
    get,
    putOnce: async (userId, wrapped) => {
      const Item = { pk: keys.user(userId), sk: keys.dataKey, wrapped }
      try {
        const ConditionExpression = 'attribute_not_exists(pk)'
        await client.send(new PutCommand({ TableName, Item, ConditionExpression }))
        return wrapped
      } catch (error) {
        const kept = isConditionFailure(error) ? await get(userId) : undefined
        if (!kept) throw error
        return kept
      }
    },
  }
}
