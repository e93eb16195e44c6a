import { QueryCommand, type QueryCommandOutput, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { keys } from './keys.ts'
import { isConditionFailure, type Table } from './table.ts'

/** An item as it lies in the table. */
export type RawItem = Record<string, unknown> & { pk: string; sk: string }

/**
 * Items of a user in order of their sort key, all pages of them, strongly consistent.
 * @param prefix of the sort key. @default all
 * @param projection the attributes that are wanted. @default all
 */
export async function* userItems(
  { client, tableName: TableName }: Table,
  userId: string,
  prefix = '',
  projection?: string,
): AsyncGenerator<RawItem> {
  let start: QueryCommandOutput['LastEvaluatedKey']
  do {
    const page: QueryCommandOutput = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
        ExpressionAttributeValues: { ':pk': keys.user(userId), ...(prefix && { ':prefix': prefix }) },
        ConsistentRead: true,
        ExclusiveStartKey: start,
        ProjectionExpression: projection,
      }),
    )
    yield* (page.Items ?? []) as RawItem[]
    start = page.LastEvaluatedKey
  } while (start)
}

/**
 * Writes when something happened to a user's item; what was written first stays.
 * @returns whether there is such an item
 */
export async function stampOnce(
  { client, tableName: TableName }: Table,
  userId: string,
  sk: string,
  attribute: 'endedAt' | 'revokedAt',
  at: string,
): Promise<boolean> {
  try {
    await client.send(
      new UpdateCommand({
        TableName,
        Key: { pk: keys.user(userId), sk },
        UpdateExpression: `SET ${attribute} = if_not_exists(${attribute}, :at)`,
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':at': at },
      }),
    )
    return true
  } catch (error) {
    if (isConditionFailure(error)) return false
    throw error
  }
}
