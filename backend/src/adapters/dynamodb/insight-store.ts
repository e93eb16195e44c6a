import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { Insight, InsightStore } from '../../domain/insights/insight.ts'

/** Insights in the table: `pk` `USER#<user>`, `sk` `INSIGHT#<id>`, where ids sort by time. */
export function createInsightStore(deps: { documents: DynamoDBDocumentClient; table: string }): InsightStore {
  const { documents, table: TableName } = deps
  const pk = (userId: string) => `USER#${userId}`
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
