import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Clock } from '../../domain/clock.ts'
import { keys } from './keys.ts'
import { tableOf } from './table.ts'

/** An import whose body its client sends to S3 in parts. */
export interface PendingImport {
  id: string
  key: string
  s3UploadId: string
  /** Bytes of the whole, and of each part but the last. */
  size: number
  partSize: number
}

/** Imports that have begun, for a week: the bucket forgets unfinished ones then, too. */
export interface ImportStore {
  put(userId: string, pending: PendingImport): Promise<void>
  get(userId: string, id: string): Promise<PendingImport | undefined>
  /** When its completion was first asked for, which is this time or an earlier one. */
  completing(userId: string, id: string): Promise<string>
  remove(userId: string, id: string): Promise<void>
}

/** As the bucket's lifecycle rule for unfinished multipart uploads has it. */
export const PENDING_DAYS = 7

export function createImportStore(deps: {
  client: DynamoDBClient
  tableName: string
  clock: Clock
}): ImportStore {
  const { client, tableName: TableName } = tableOf(deps)
  const keyOf = (userId: string, id: string) => ({ pk: keys.user(userId), sk: keys.pendingImport(id) })
  return {
    put: async (userId, { id, ...pending }) => {
      const expires_at = Math.floor(deps.clock.now() / 1000) + PENDING_DAYS * 86_400
      await client.send(new PutCommand({ TableName, Item: { ...keyOf(userId, id), expires_at, ...pending } }))
    },
    get: async (userId, id) => {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: keyOf(userId, id), ConsistentRead: true }),
      )
      if (!Item) return undefined
      const { key, s3UploadId, size, partSize } = Item as Omit<PendingImport, 'id'>
      return { id, key, s3UploadId, size, partSize }
    },
    completing: async (userId, id) => {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName,
          Key: keyOf(userId, id),
          UpdateExpression: 'SET completing_at = if_not_exists(completing_at, :now)',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':now': new Date(deps.clock.now()).toISOString() },
          ReturnValues: 'ALL_NEW',
        }),
      )
      return String(Attributes?.completing_at)
    },
    remove: async (userId, id) => {
      await client.send(new DeleteCommand({ TableName, Key: keyOf(userId, id) }))
    },
  }
}
