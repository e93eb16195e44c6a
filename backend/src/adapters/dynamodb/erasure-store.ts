import { createHash } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { isConditionFailure, tableOf } from './table.ts'

/** What was erased, for its former owner to keep. Holds nothing that was erased, and no name. */
export interface ErasureReceipt {
  erasure_id: string
  status: 'received' | 'erased'
  requested_at: string
  completed_at?: string
  /** SHA-256 of the user id, in hex. */
  account_hash: string
  /** What was there and is not any more. */
  removed?: { table_items: number; object_versions: number; open_uploads: number; identity: boolean }
  /** What was looked for afterwards and not found. */
  verified?: { table_items: 0; object_versions: 0 }
}

/** Which accounts are gone, and the receipts. Both outlive the account: whatever still comes for it is not stored. */
export interface ErasureStore {
  isErased(userId: string): Promise<boolean>
  /** Notes that an account is to be erased, once. @returns the erasure that stands, which may be an earlier one */
  begin(userId: string, erasureId: string, requestedAt: string): Promise<string>
  receipt(erasureId: string): Promise<ErasureReceipt | undefined>
  complete(receipt: ErasureReceipt): Promise<void>
}

/** The SHA-256 by which an erased account is known from then on. */
export function accountHash(userId: string): string {
  return createHash('sha256').update(`account\n${userId}`).digest('hex')
}

export function createErasureStore(deps: { client: DynamoDBClient; tableName: string }): ErasureStore {
  const { client, tableName: TableName } = tableOf(deps)
  const markKey = (userId: string) => ({ pk: `ERASED#${accountHash(userId)}`, sk: 'ERASED' })
  const receiptKey = (id: string) => ({ pk: `ERASURE#${id}`, sk: 'RECEIPT' })

  async function mark(userId: string): Promise<string | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName, Key: markKey(userId), ConsistentRead: true }),
    )
    return Item && String(Item.erasure_id)
  }

  async function putOnce(item: Record<string, unknown>): Promise<void> {
    try {
      const ConditionExpression = 'attribute_not_exists(pk)'
      await client.send(new PutCommand({ TableName, Item: item, ConditionExpression }))
    } catch (error) {
      if (!isConditionFailure(error)) throw error
    }
  }

  return {
    isErased: async userId => (await mark(userId)) !== undefined,
    begin: async (userId, erasureId, requested_at) => {
      await putOnce({ ...markKey(userId), erasure_id: erasureId, requested_at })
      const standing = (await mark(userId)) ?? erasureId
      const receipt: ErasureReceipt = {
        erasure_id: standing,
        status: 'received',
        requested_at,
        account_hash: accountHash(userId),
      }
      await putOnce({ ...receiptKey(standing), receipt })
      return standing
    },
    receipt: async id => {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: receiptKey(id), ConsistentRead: true }),
      )
      return Item?.receipt as ErasureReceipt | undefined
    },
    complete: async receipt => {
      await client.send(new PutCommand({ TableName, Item: { ...receiptKey(receipt.erasure_id), receipt } }))
    },
  }
}
