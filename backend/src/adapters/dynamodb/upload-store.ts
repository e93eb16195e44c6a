import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Clock } from '../../domain/clock.ts'
import {
  NO_COUNTS,
  type Rejection,
  type Upload,
  type UploadCounts,
  type UploadPointer,
} from '../../domain/upload.ts'
import { keys } from './keys.ts'

/** Which uploads there are and how far each has come. */
export interface UploadStore {
  /** Records a new upload; where it is there already, changes nothing and gives what is there. */
  create(upload: Upload): Promise<Upload | undefined>
  get(userId: string, id: string): Promise<Upload | undefined>
  /** Notes that the queue has taken the pointer. */
  queued(userId: string, id: string): Promise<void>
  /** `processing`, unless it is processed already: then `false`. An upload that is not there is made from the pointer. */
  start(pointer: UploadPointer): Promise<boolean>
  processed(pointer: UploadPointer, counts: UploadCounts, rejections: Rejection[]): Promise<void>
  /** `failed`, unless it is processed. `counts` is what was stored before the failure. */
  failed(pointer: UploadPointer, reason: string, counts?: UploadCounts): Promise<void>
}

export function createUploadStore(deps: {
  client: DynamoDBClient
  tableName: string
  clock: Clock
}): UploadStore {
  const client = DynamoDBDocumentClient.from(deps.client, {
    marshallOptions: { removeUndefinedValues: true },
  })
  const TableName = deps.tableName
  const key = (userId: string, id: string) => ({ pk: keys.user(userId), sk: keys.upload(id) })
  const now = () => new Date(deps.clock.now()).toISOString()

  async function get(userId: string, id: string): Promise<Upload | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName, Key: key(userId, id), ConsistentRead: true }),
    )
    return Item && fromItem(userId, id, Item)
  }

  async function create(upload: Upload): Promise<Upload | undefined> {
    try {
      const ConditionExpression = 'attribute_not_exists(pk)'
      await client.send(new PutCommand({ TableName, Item: toItem(upload), ConditionExpression }))
      return undefined
    } catch (error) {
      if (!isConditionFailure(error)) throw error
      return get(upload.userId, upload.id)
    }
  }

  async function queued(userId: string, id: string): Promise<void> {
    await client.send(
      new UpdateCommand({
        TableName,
        Key: key(userId, id),
        UpdateExpression: 'SET queued_at = :now',
        ExpressionAttributeValues: { ':now': now() },
      }),
    )
  }

  /** Sets fields of an upload that is not processed yet; whether it was so. */
  async function advance(pointer: UploadPointer, fields: Record<string, unknown>): Promise<boolean> {
    const { user_id, upload_id, kind, received_at } = pointer
    const set = Object.entries({ ...fields, kind, received_at, key: pointer.key }).filter(
      ([, v]) => v !== undefined,
    )
    try {
      await client.send(
        new UpdateCommand({
          TableName,
          Key: key(user_id, upload_id),
          UpdateExpression: `SET ${set.map((_, i) => `#${i} = :${i}`).join(', ')} ${
            'reason' in fields ? '' : 'REMOVE reason'
          }`,
          ConditionExpression: 'attribute_not_exists(#status) OR #status <> :processed',
          ExpressionAttributeNames: {
            '#status': 'status',
            ...Object.fromEntries(set.map(([name], i) => [`#${i}`, name])),
          },
          ExpressionAttributeValues: {
            ':processed': 'processed',
            ...Object.fromEntries(set.map(([, value], i) => [`:${i}`, value])),
          },
        }),
      )
      return true
    } catch (error) {
      if (isConditionFailure(error)) return false
      throw error
    }
  }

  return {
    create,
    get,
    queued,
    start: pointer => advance(pointer, { status: 'processing' }),
    processed: async (pointer, counts, rejections) =>
      void (await advance(pointer, { status: 'processed', counts, rejections, processed_at: now() })),
    failed: async (pointer, reason, counts) =>
      void (await advance(pointer, { status: 'failed', reason, counts, processed_at: now() })),
  }
}

function isConditionFailure(error: unknown): boolean {
  return (error as Error).name === 'ConditionalCheckFailedException'
}

function toItem(upload: Upload): Record<string, unknown> {
  return {
    pk: keys.user(upload.userId),
    sk: keys.upload(upload.id),
    kind: upload.kind,
    status: upload.status,
    counts: upload.counts,
    received_at: upload.receivedAt,
    key: upload.key,
  }
}

function fromItem(userId: string, id: string, item: Record<string, unknown>): Upload {
  return {
    userId,
    id,
    kind: item.kind as Upload['kind'],
    status: item.status as Upload['status'],
    counts: (item.counts as UploadCounts | undefined) ?? NO_COUNTS,
    receivedAt: String(item.received_at),
    key: String(item.key),
    ...(item.processed_at !== undefined && { processedAt: String(item.processed_at) }),
    ...(item.queued_at !== undefined && { queuedAt: String(item.queued_at) }),
    ...(item.reason !== undefined && { reason: String(item.reason) }),
    ...(item.rejections !== undefined && { rejections: item.rejections as Rejection[] }),
  }
}
