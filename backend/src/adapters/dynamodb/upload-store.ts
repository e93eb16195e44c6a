import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Clock } from '../../domain/clock.ts'
import {
  type Checkpoint,
  NO_COUNTS,
  type Progress,
  type Rejection,
  type Upload,
  type UploadCounts,
  type UploadPointer,
  type WorkError,
} from '../../domain/upload.ts'
import { keys } from './keys.ts'
import { isConditionFailure, tableOf } from './table.ts'

/** Which uploads and other pieces of work there are, and how far each has come. */
export interface UploadStore {
  /** Records a new upload; where it is there already, changes nothing and gives what is there. */
  create(upload: Upload): Promise<Upload | undefined>
  get(userId: string, id: string): Promise<Upload | undefined>
  /** Notes that the queue has taken the pointer. */
  queued(userId: string, id: string): Promise<void>
  /**
   * `processing`, unless it is processed already: then `undefined`. An upload that is not there is made from the
   * pointer. @returns the upload, with the checkpoint of an earlier attempt
   */
  start(pointer: UploadPointer): Promise<Upload | undefined>
  /** Keeps how far work has come; a checkpoint never goes back. */
  advanced(pointer: UploadPointer, progress: Progress, checkpoint?: Checkpoint): Promise<void>
  processed(pointer: UploadPointer, outcome: Outcome): Promise<void>
  /** `failed`, unless it is processed. `counts` is what was stored before the failure. */
  failed(pointer: UploadPointer, reason: string, counts?: UploadCounts): Promise<void>
  /** Keeps what went wrong with an attempt, for whoever finds the message in the dead-letter queue. */
  stumbled(pointer: UploadPointer, error: WorkError): Promise<void>
}

/** What came of a piece of work. */
export interface Outcome {
  counts?: UploadCounts
  rejections?: Rejection[]
  result?: Record<string, unknown>
  progress?: Progress
}

export function createUploadStore(deps: {
  client: DynamoDBClient
  tableName: string
  clock: Clock
}): UploadStore {
  const { client, tableName: TableName } = tableOf(deps)
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

  /** Sets and removes fields of an upload that is not processed yet; what it is then, `undefined` where it was. */
  async function change(
    pointer: UploadPointer,
    fields: Record<string, unknown>,
    more: { remove?: string[]; condition?: string; values?: Record<string, unknown> } = {},
  ): Promise<Upload | undefined> {
    const { user_id, upload_id, kind, received_at } = pointer
    const set = Object.entries({ ...fields, kind, received_at, key: pointer.key }).filter(
      ([, value]) => value !== undefined,
    )
    const removed = more.remove?.length ? ` REMOVE ${more.remove.join(', ')}` : ''
    try {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName,
          Key: key(user_id, upload_id),
          UpdateExpression: `SET ${set.map((_, i) => `#${i} = :${i}`).join(', ')}${removed}`,
          ConditionExpression: `(attribute_not_exists(#status) OR #status <> :processed)${
            more.condition ? ` AND (${more.condition})` : ''
          }`,
          ExpressionAttributeNames: {
            '#status': 'status',
            ...Object.fromEntries(set.map(([name], i) => [`#${i}`, name])),
          },
          ExpressionAttributeValues: {
            ':processed': 'processed',
            ...Object.fromEntries(set.map(([, value], i) => [`:${i}`, value])),
            ...more.values,
          },
          ReturnValues: 'ALL_NEW',
        }),
      )
      return fromItem(user_id, upload_id, Attributes ?? {})
    } catch (error) {
      if (isConditionFailure(error)) return undefined
      throw error
    }
  }

  return {
    create,
    get,
    queued,
    start: pointer => change(pointer, { status: 'processing' }, { remove: ['reason'] }),
    advanced: async (pointer, progress, checkpoint) => {
      if (!checkpoint) return void (await change(pointer, { progress }))
      const condition = 'attribute_not_exists(checkpoint) OR checkpoint_at < :at'
      const values = { ':at': checkpoint.offset }
      await change(pointer, { progress, checkpoint, checkpoint_at: checkpoint.offset }, { condition, values })
    },
    processed: async (pointer, outcome) =>
      void (await change(
        pointer,
        { status: 'processed', ...outcome, processed_at: now() },
        { remove: ['reason', 'checkpoint', 'checkpoint_at', 'last_error'] },
      )),
    failed: async (pointer, reason, counts) =>
      void (await change(pointer, { status: 'failed', reason, counts, processed_at: now() })),
    stumbled: async (pointer, error) => void (await change(pointer, { last_error: error })),
  }
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
  const { checkpoint } = item
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
    ...(item.progress !== undefined && { progress: item.progress as Progress }),
    ...(checkpoint !== undefined && { checkpoint: checkpoint as Checkpoint }),
    ...(item.last_error !== undefined && { lastError: item.last_error as WorkError }),
    ...(item.result !== undefined && { result: item.result as Record<string, unknown> }),
  }
}
