import {
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/lib-dynamodb'
import type { DaySummary } from '../../domain/summarize.ts'
import { keys } from './keys.ts'

interface Table {
  client: DynamoDBDocumentClient
  tableName: string
}

/**
 * Stores a day's summary unless one from newer chunks is there. It is JSON, for DynamoDB's numbers do not reach as far
 * as doubles do.
 * @param summary `undefined` where the day has nothing (any more): a summary that is there is emptied
 * @param basis sum of the versions of the chunks that it was computed from, which only grows
 */
export async function putSummary(
  table: Table,
  userId: string,
  metric: string,
  date: string,
  summary: DaySummary | undefined,
  basis: number,
): Promise<void> {
  const item = { pk: keys.user(userId), sk: keys.summary(metric, date), basis }
  try {
    await table.client.send(
      new PutCommand({
        TableName: table.tableName,
        Item: { ...item, ...(summary && { summary: JSON.stringify(summary) }) },
        ConditionExpression: summary ? 'attribute_not_exists(pk) OR basis < :basis' : 'basis < :basis',
        ExpressionAttributeValues: { ':basis': basis },
      }),
    )
  } catch (error) {
    if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
  }
}

/** Summaries from `from` to `to` inclusive, in date order; days without data are absent. */
export async function querySummaries(
  table: Table,
  userId: string,
  metric: string,
  from: string,
  to: string,
): Promise<DaySummary[]> {
  const found: DaySummary[] = []
  let start: QueryCommandOutput['LastEvaluatedKey']
  if (from > to) return found
  do {
    const page: QueryCommandOutput = await table.client.send(
      new QueryCommand({
        TableName: table.tableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': keys.user(userId),
          ':from': keys.summary(metric, from),
          ':to': keys.summary(metric, to),
        },
        // What is read here may be kept in memory until the revision changes: it must not be older than that.
        ConsistentRead: true,
        ExclusiveStartKey: start,
      }),
    )
    for (const item of page.Items ?? [])
      if (item.summary) found.push(JSON.parse(String(item.summary)) as DaySummary)
    start = page.LastEvaluatedKey
  } while (start)
  return found
}
