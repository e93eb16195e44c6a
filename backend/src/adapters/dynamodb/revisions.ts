import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchGetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { keys } from './keys.ts'
import { type Table, tableOf } from './table.ts'

/** Tells whether what was read of a user is still what there is. */
export interface Revisions {
  /**
   * A number that grows after every change of a user's samples; `undefined` for a user without any. Asked first and
   * found unchanged later, everything read in between still holds.
   */
  current(userId: string): Promise<number | undefined>
}

/** Most keys of one BatchGetItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const BATCH = 100
/** Reads under way at once: the second only of what fills a whole one. */
const LANES = 2

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

/**
 * Revisions by strongly consistent reads. Questions that come while a read is under way share the next one: the busier
 * the process, the fewer requests a question costs, and none is answered by a read that began before it was asked.
 */
export function createRevisions(deps: { client: DynamoDBClient; tableName: string }): Revisions {
  const { client, tableName } = tableOf(deps)
  let waiting = new Map<string, Waiting>()
  let lanes = 0

  async function work(): Promise<void> {
    lanes++
    try {
      while (waiting.size > 0) {
        const batch = waiting.size <= BATCH ? waiting : new Map([...waiting].slice(0, BATCH))
        waiting = batch === waiting ? new Map() : new Map([...waiting].slice(BATCH))
        await answer(batch)
      }
    } finally {
      lanes--
    }
  }

  async function answer(batch: Map<string, Waiting>): Promise<void> {
    try {
      const found = await readAll([...batch.keys()])
      for (const [userId, { resolve }] of batch) resolve(found.get(userId))
    } catch (error) {
      for (const { reject } of batch.values()) reject(error)
    }
  }

  async function readAll(users: string[]): Promise<Map<string, number>> {
    const found = new Map<string, number>()
    let left: Record<string, unknown>[] = users.map(user => ({ pk: keys.user(user), sk: keys.revision }))
    for (let attempt = 1; left.length > 0; attempt++) {
      if (attempt > 8) throw new Error('the table kept leaving keys of a batch unprocessed')
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [tableName]: { Keys: left, ConsistentRead: true } } }),
      )
      for (const item of Responses?.[tableName] ?? [])
        found.set(String(item.pk).slice(keys.user('').length), Number(item.revision))
      left = UnprocessedKeys?.[tableName]?.Keys ?? []
    }
    return found
  }

  return {
    current: userId => {
      let entry = waiting.get(userId)
      if (!entry) {
        entry = Promise.withResolvers<number | undefined>()
        waiting.set(userId, entry)
        if (lanes > 0 && lanes < LANES && waiting.size >= BATCH) void work()
        // What comes in the same turn of the event loop goes together.
        else if (lanes === 0 && waiting.size === 1) setImmediate(() => lanes === 0 && void work())
      }
      return entry.promise
    },
  }
}

type Waiting = PromiseWithResolvers<number | undefined>
