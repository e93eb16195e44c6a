import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { Clock } from '../../domain/clock.ts'
import type { EventStore, UserEvent } from '../../domain/user-event.ts'
import { keys } from './keys.ts'
import { tableOf } from './table.ts'

/** How long an event can be asked for, in seconds: a phone that was away for longer reads everything anew. */
export const EVENT_SECONDS = 24 * 3600

/** Events as items that expire, in order of their ids, which begin with the time in milliseconds. */
export function createEventStore(deps: {
  client: DynamoDBClient
  tableName: string
  clock: Clock
  /** What makes ids of one millisecond differ. */
  newId: () => string
}): EventStore {
  const { client, tableName: TableName } = tableOf(deps)
  return {
    record: async (userId, event) => {
      const now = deps.clock.now()
      const Item = {
        pk: keys.user(userId),
        sk: keys.event(`${String(now).padStart(14, '0')}-${deps.newId()}`),
        type: event.type,
        data: event.data,
        expires_at: Math.ceil(now / 1000) + EVENT_SECONDS,
      }
      await client.send(new PutCommand({ TableName, Item }))
    },
    since: async (userId, ms, limit) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': keys.user(userId),
            ':from': keys.event(String(Math.max(0, ms)).padStart(14, '0')),
            ':to': keys.event('~'),
          },
          Limit: limit,
        }),
      )
      return Items.map(item => ({
        id: String(item.sk).slice(keys.event().length),
        type: item.type as UserEvent['type'],
        data: item.data as UserEvent['data'],
      }))
    },
  }
}
