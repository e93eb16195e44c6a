import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { Insight, InsightStore } from '../../domain/insights/insight.ts'
import { keys } from './keys.ts'

/** Insights in the table, in their user's partition: `sk` `INSIGHT#<id>`, where ids sort by time. */
export function createInsightStore(deps: { client: DynamoDBClient; tableName: string }): InsightStore {
  const documents = DynamoDBDocumentClient.from(deps.client)
  const TableName = deps.tableName
  const pk = keys.user
  const sk = (id: string) => `INSIGHT#${id}`
  return {
    put: async (userId, insight) => {
      const Item = {
        pk: pk(userId),
        sk: sk(insight.id),
        entity: 'insight',
        insight: withoutUndefined(insight),
      }
      await documents.send(new PutCommand({ TableName, Item }))
    },
    get: async (userId, id) => {
      const { Item } = await documents.send(
        new GetCommand({ TableName, Key: { pk: pk(userId), sk: sk(id) } }),
      )
      return Item?.insight as Insight | undefined
    },
    list: async (userId, limit, before) => {
      const { Items = [] } = await documents.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: { ':pk': pk(userId), ':first': sk(''), ':last': sk(before ?? '~') },
          ScanIndexForward: false,
          // BETWEEN includes its end, which has been seen.
          Limit: before ? limit + 1 : limit,
        }),
      )
      return Items.map(item => item.insight as Insight)
        .filter(insight => insight.id !== before)
        .slice(0, limit)
    },
  }
}

function withoutUndefined<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
