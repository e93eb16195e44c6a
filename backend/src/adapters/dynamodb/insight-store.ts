import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { Insight, InsightStore, Turn } from '../../domain/insights/insight.ts'
import { Problem } from '../../problem.ts'
import type { Vault } from '../kms/vault.ts'
import type { ErasureStore } from './erasure-store.ts'
import { keys } from './keys.ts'
import { tableOf } from './table.ts'

/** An insight as it is sealed: with what was sent to the model for it, and what came back. */
export interface KeptInsight extends Insight {
  turns?: readonly Turn[]
}

/** Insights with what only those who keep them need. */
export interface StoredInsights extends InsightStore {
  /** Opens an item of the table, for an export. */
  opened(userId: string, item: Record<string, unknown>): Promise<KeptInsight>
}

/**
 * Insights in the table, in their user's partition, compressed and sealed: `sk` `INSIGHT#<id>`, where ids sort by time.
 * Beside it, `SAME#<content key>` finds the insight of the same content.
 */
export function createInsightStore(deps: {
  client: DynamoDBClient
  tableName: string
  vault: Vault
  erasures: Pick<ErasureStore, 'isErased'>
}): StoredInsights {
  const { client, tableName: TableName } = tableOf(deps)
  const { vault } = deps
  const pk = keys.user

  async function opened(userId: string, item: Record<string, unknown>): Promise<KeptInsight> {
    const id = String(item.sk).slice(keys.insight('').length)
    // Those of before they were sealed.
    if (item.insight) return item.insight as Insight
    const plain = await unzipped(await vault.open(userId, id, item.sealed as Uint8Array))
    return JSON.parse(plain.toString('utf8')) as KeptInsight
  }

  async function get(userId: string, id: string): Promise<Insight | undefined> {
    const Key = { pk: pk(userId), sk: keys.insight(id) }
    const { Item } = await client.send(new GetCommand({ TableName, Key }))
    return Item && withoutTurns(await opened(userId, Item))
  }

  return {
    get,
    opened,
    put: async (userId, insight, { turns, contentKey }) => {
      const kept: KeptInsight = { ...insight, ...(turns.length > 0 && { turns }) }
      const sealed = await vault.seal(userId, insight.id, await zipped(JSON.stringify(kept)))
      const Item = { pk: pk(userId), sk: keys.insight(insight.id), entity: 'insight', sealed }
      await client.send(new PutCommand({ TableName, Item }))
      if (contentKey) {
        const found = { pk: pk(userId), sk: keys.sameInsight(contentKey), insight_id: insight.id }
        await client.send(new PutCommand({ TableName, Item: found }))
      }
      // An erasure marks the account before it removes anything: either it saw these items, or this sees its mark.
      if (await deps.erasures.isErased(userId)) {
        const written = [Item.sk, keys.dataKey, ...(contentKey ? [keys.sameInsight(contentKey)] : [])]
        for (const sk of written)
          await client.send(new DeleteCommand({ TableName, Key: { pk: pk(userId), sk } }))
        throw new Problem(410, 'account_erased', 'The account is gone', 'this account has been erased')
      }
    },
    sameContent: async (userId, contentKey) => {
      const Key = { pk: pk(userId), sk: keys.sameInsight(contentKey) }
      const { Item } = await client.send(new GetCommand({ TableName, Key }))
      return Item && get(userId, String(Item.insight_id))
    },
    list: async (userId, limit, before) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: {
            ':pk': pk(userId),
            ':first': keys.insight(''),
            ':last': keys.insight(before ?? '~'),
          },
          ScanIndexForward: false,
          // BETWEEN includes its end, which has been seen.
          Limit: before ? limit + 1 : limit,
        }),
      )
      const unseen = Items.filter(({ sk }) => sk !== keys.insight(before ?? '')).slice(0, limit)
      return Promise.all(unseen.map(async item => withoutTurns(await opened(userId, item))))
    },
  }
}

function withoutTurns({ turns: _, ...insight }: KeptInsight): Insight {
  return insight
}

const zipped = promisify<string, Buffer>(gzip)
const unzipped = promisify<Uint8Array, Buffer>(gunzip)
