import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { AccessRecord } from '../../domain/access-record.ts'
import { accountHash } from './erasure-store.ts'
import { tableOf } from './table.ts'

/**
 * Access records, in a partition of their own that outlives the account, under its hash: nothing here is ever changed or
 * removed, but by the table's expiry after {@link KEPT_SECONDS}.
 */
export interface AuditStore {
  /** Durable when it resolves. Records of one call are one item. */
  append(userId: string, records: readonly AccessRecord[]): Promise<void>
  /**
   * Newest first. @param limit records, or a few more: those that were written together come together
   * @param before `next` of the page before
   */
  page(userId: string, limit: number, before?: string): Promise<{ records: AccessRecord[]; next?: string }>
}

/** Six years, as 45 CFR 164.316(b)(2)(i) has documentation kept. */
export const KEPT_SECONDS = 6 * 366 * 24 * 3600

export function createAuditStore(deps: { client: DynamoDBClient; tableName: string }): AuditStore {
  const { client, tableName: TableName } = tableOf(deps)
  const pkOf = (userId: string) => `AUDIT#${accountHash(userId)}`
  return {
    append: async (userId, records) => {
      const [first] = records
      if (!first) return
      const Item = {
        pk: pkOf(userId),
        sk: `${first.at}#${first.requestId}`,
        records,
        expires_at: Math.ceil(Date.parse(first.at) / 1000) + KEPT_SECONDS,
      }
      const ConditionExpression = 'attribute_not_exists(pk)'
      await client.send(new PutCommand({ TableName, Item, ConditionExpression }))
    },
    page: async (userId, limit, before = '~') => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk < :before',
          ExpressionAttributeValues: { ':pk': pkOf(userId), ':before': before },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: limit + 1,
        }),
      )
      const records: AccessRecord[] = []
      for (const [index, item] of Items.entries()) {
        records.push(...(item.records as AccessRecord[]).toReversed())
        if (records.length >= limit && index + 1 < Items.length) return { records, next: String(item.sk) }
      }
      return { records }
    },
  }
}
