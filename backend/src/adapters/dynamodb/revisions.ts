import { BatchGetItemCommand, type BatchGetItemOutput, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { keys } from './keys.ts'
import { createQuickCall } from './quick-call.ts'
import type { Table } from './table.ts'

/** Tells whether what was read of a user is still what there is. */
export interface Revisions {
  /**
   * Numbers that grow after every change of a user's samples, by user; absent for one without any. Asked first and found
   * unchanged later, everything read in between still holds.
   * @param userIds at most `MOST_USERS`, each once
   */
  of(userIds: readonly string[]): Promise<ReadonlyMap<string, number>>
}

const ATTEMPTS = 8

/** Notes that a user's samples have changed; called after the change and before anybody is told of it. */
export async function revise({ client, tableName }: Table, userId: string): Promise<void> {
  await client.send(
    new UpdateCommand({
      TableName: tableName,
      Key: { pk: keys.user(userId), sk: keys.revision },
      UpdateExpression: 'ADD revision :one',
      ExpressionAttributeValues: { ':one': 1 },
    }),
  )
}

interface Asked {
  RequestItems: Record<string, { Keys: Record<string, { S: string }>[]; ConsistentRead: true }>
}

/** Revisions by strongly consistent reads, a call for all that are asked for. */
export function createRevisions(deps: { client: DynamoDBClient; tableName: string }): Revisions {
  const { client, tableName } = deps
  const read = createQuickCall<Asked, BatchGetItemOutput>(client, 'BatchGetItem', input =>
    client.send(new BatchGetItemCommand(input)),
  )
  const prefix = keys.user('').length
  return {
    of: async userIds => {
      const found = new Map<string, number>()
      let left = userIds.map(user => ({ pk: { S: keys.user(user) }, sk: { S: keys.revision } }))
      for (let attempt = 1; left.length > 0; attempt++) {
        if (attempt > ATTEMPTS) throw new Error('the table kept leaving keys of a batch unprocessed')
        const input: Asked = { RequestItems: { [tableName]: { Keys: left, ConsistentRead: true } } }
        const { Responses, UnprocessedKeys } = await read(input)
        for (const { pk, revision } of Responses?.[tableName] ?? [])
          found.set(String(pk?.S).slice(prefix), Number(revision?.N))
        left = (UnprocessedKeys?.[tableName]?.Keys ?? []) as typeof left
      }
      return found
    },
  }
}
