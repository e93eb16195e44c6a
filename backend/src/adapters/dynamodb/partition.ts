import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { keys } from './keys.ts'
import { tableOf } from './table.ts'
import { type RawItem, userItems } from './user-items.ts'

/** Everything that the table holds of a user, whatever kind it is of. */
export interface Partition {
  /** Items in order of their sort key. @param prefix of the sort key. @default all */
  items(userId: string, prefix?: string): AsyncGenerator<RawItem>
  /** Removes items. @param prefix of the sort key. @default all @returns how many there were */
  remove(userId: string, prefix?: string): Promise<number>
  put(item: RawItem): Promise<void>
  removeItem(userId: string, sk: string): Promise<void>
}

/** What one BatchWriteItem takes. */
const BATCH = 25

export function createPartition(deps: { client: DynamoDBClient; tableName: string }): Partition {
  const table = tableOf(deps)
  const { client, tableName: TableName } = table

  async function removeBatch(batch: readonly RawItem[]): Promise<void> {
    let RequestItems: BatchWriteRequests = {
      [TableName]: batch.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })),
    }
    while (RequestItems[TableName]?.length) {
      const { UnprocessedItems = {} } = await client.send(new BatchWriteCommand({ RequestItems }))
      RequestItems = UnprocessedItems as BatchWriteRequests
    }
  }

  return {
    items: (userId, prefix) => userItems(table, userId, prefix),
    remove: async (userId, prefix) => {
      let removed = 0
      let batch: RawItem[] = []
      for await (const item of userItems(table, userId, prefix, 'pk, sk')) {
        batch.push(item)
        if (batch.length < BATCH) continue
        await removeBatch(batch)
        removed += batch.length
        batch = []
      }
      if (batch.length > 0) await removeBatch(batch)
      return removed + batch.length
    },
    put: async Item => {
      await client.send(new PutCommand({ TableName, Item }))
    },
    removeItem: async (userId, sk) => {
      await client.send(new DeleteCommand({ TableName, Key: { pk: keys.user(userId), sk } }))
    },
  }
}

type BatchWriteRequests = Record<string, { DeleteRequest: { Key: { pk: string; sk: string } } }[]>
