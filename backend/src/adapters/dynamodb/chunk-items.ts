import {
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/lib-dynamodb'
import { decodeChunk } from '../../domain/chunk/codec.ts'
import type { StoredSample } from '../../domain/sample.ts'
import { AFTER_PARTS, keys, ownerOf } from './keys.ts'
import type { Table } from './table.ts'
import { userItems } from './user-items.ts'

/** One stored chunk: a part of a metric's day. */
export interface ChunkItem {
  /** Whose samples it holds. */
  owner: string
  day: string
  part: number
  /** 1 when first written, then one more with every write. */
  version: number
  data: Uint8Array
}

export interface ChunkRange {
  userId: string
  metric: string
  /** First and last local day, inclusive. */
  fromDay: string
  toDay: string
}

/**
 * The chunks of a range of days, in order of day and part, page by page.
 * @param firstPage items of the first page; later pages double, so that a short answer reads little
 */
export async function* queryChunks(
  table: { client: DynamoDBDocumentClient; tableName: string },
  range: ChunkRange,
  options: { consistent: boolean; firstPage?: number },
): AsyncGenerator<ChunkItem> {
  let start: QueryCommandOutput['LastEvaluatedKey']
  let limit = options.firstPage
  do {
    const page: QueryCommandOutput = await table.client.send(
      new QueryCommand({
        TableName: table.tableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': keys.user(range.userId),
          ':from': keys.day(range.metric, range.fromDay),
          ':to': keys.day(range.metric, range.toDay) + AFTER_PARTS,
        },
        ConsistentRead: options.consistent,
        ExclusiveStartKey: start,
        Limit: limit,
      }),
    )
    for (const item of page.Items ?? []) yield chunkItem(range.userId, item)
    start = page.LastEvaluatedKey
    if (limit) limit = Math.min(limit * 2, 64)
  } while (start)
}

/** Every chunk of a user, in order of metric, day and part. */
export async function* queryEveryChunk(
  table: Table,
  userId: string,
): AsyncGenerator<{ metric: string; chunk: ChunkItem }> {
  for await (const item of userItems(table, userId, keys.chunks)) {
    const [, metric = ''] = item.sk.split('#')
    yield { metric, chunk: chunkItem(userId, item) }
  }
}

/**
 * Writes a chunk as the successor of `version` (0: it must not exist yet).
 * @throws ConditionalCheckFailedException when another writer was faster
 */
export async function putChunk(
  table: { client: DynamoDBDocumentClient; tableName: string },
  userId: string,
  metric: string,
  chunk: Omit<ChunkItem, 'owner'> & { count: number },
): Promise<void> {
  const first = chunk.version === 1
  await table.client.send(
    new PutCommand({
      TableName: table.tableName,
      Item: {
        pk: keys.user(userId),
        sk: keys.chunk(metric, chunk.day, chunk.part),
        version: chunk.version,
        count: chunk.count,
        data: chunk.data,
      },
      ConditionExpression: first ? 'attribute_not_exists(pk)' : 'version = :before',
      ...(!first && { ExpressionAttributeValues: { ':before': chunk.version - 1 } }),
    }),
  )
}

/** The samples of a chunk, without the UUIDs that it does not hold. @throws Error naming the chunk where its bytes are damaged */
export function samplesOf(chunk: ChunkItem): StoredSample[] {
  try {
    return decodeChunk(chunk.data, chunk.owner)
  } catch (cause) {
    throw new Error(`chunk ${chunk.part} of ${chunk.day} cannot be read`, { cause })
  }
}

function chunkItem(userId: string, item: Record<string, unknown>): ChunkItem {
  const [, , day = '', part = ''] = String(item.sk).split('#')
  const owner = ownerOf(userId)
  return { owner, day, part: Number(part), version: Number(item.version), data: item.data as Uint8Array }
}
