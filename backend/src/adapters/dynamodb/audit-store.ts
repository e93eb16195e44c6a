import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchExecuteStatementInput,
  type BatchExecuteStatementOutput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { AccessRecord } from '../../domain/access-record.ts'
import { accountHash } from './erasure-store.ts'
import { createQuickCall } from './quick-call.ts'
import { tableOf } from './table.ts'

/** Records of one person that are written together, as one item, whose `records` are JSON: a text costs a fraction of a tree. */
export interface AuditEntry {
  userId: string
  /** At least one. */
  records: readonly AccessRecord[]
}

/**
 * Access records, in a partition of their own that outlives the account, under its hash: nothing here is ever changed or
 * removed, but by the table's expiry after {@link KEPT_SECONDS}. They are inserted by PartiQL, whose permission
 * (`dynamodb:PartiQLInsert`) cannot replace an item; the roles of the tasks have no other for these partitions.
 */
export interface AuditStore {
  /**
   * Writes at most `MOST_ENTRIES` entries at once, each on its own: durable when it resolves.
   * @returns for each entry why it could not be written; `undefined` where it is
   */
  append(entries: readonly AuditEntry[]): Promise<(Error | undefined)[]>
  /**
   * Newest first. @param limit records, or a few more: those that were written together come together
   * @param before `next` of the page before
   */
  page(userId: string, limit: number, before?: string): Promise<{ records: AccessRecord[]; next?: string }>
}

/** Six years, as 45 CFR 164.316(b)(2)(i) has documentation kept. */
export const KEPT_SECONDS = 6 * 366 * 24 * 3600

const ATTEMPTS = 4
/** What a statement alone may be refused for, although the call went well. */
const PASSING = /Throttl|Throughput|RequestLimit|TransactionConflict|InternalServerError/

/** @param deps.pause between attempts, in milliseconds. @default a timer */
export function createAuditStore(deps: {
  client: DynamoDBClient
  tableName: string
  pause?: (ms: number) => Promise<unknown>
}): AuditStore {
  const { client, tableName: TableName } = tableOf(deps)
  const pause = deps.pause ?? (ms => new Promise(resolve => setTimeout(resolve, ms)))
  const pkOf = (userId: string) => `AUDIT#${accountHash(userId)}`
  const insert = createQuickCall<BatchExecuteStatementInput, BatchExecuteStatementOutput>(
    deps.client,
    'BatchExecuteStatement',
    input => deps.client.send(new BatchExecuteStatementCommand(input)),
  )
  const Statement = `INSERT INTO "${TableName}" VALUE {'pk': ?, 'sk': ?, 'records': ?, 'expires_at': ?}`

  function statementOf({ userId, records }: AuditEntry) {
    const { at, requestId } = records[0] as AccessRecord
    const expires = Math.ceil(Date.parse(at) / 1000) + KEPT_SECONDS
    const Parameters: AttributeValue[] = [
      { S: pkOf(userId) },
      { S: `${at}#${requestId}` },
      { S: JSON.stringify(records) },
      { N: String(expires) },
    ]
    return { Statement, Parameters }
  }

  return {
    append: async entries => {
      const outcome = new Array<Error | undefined>(entries.length)
      let left = entries.map((_, index) => index)
      for (let attempt = 1; left.length > 0; attempt++) {
        const Statements = left.map(index => statementOf(entries[index] as AuditEntry))
        const { Responses = [] } = await insert({ Statements })
        left = left.filter((index, at) => {
          const code = Responses[at]?.Error?.Code
          // Under this key there is only what an earlier attempt, whose answer was lost, wrote.
          const written = Responses[at] !== undefined && (code === undefined || code === 'DuplicateItem')
          outcome[index] = written ? undefined : new Error(`an access record was refused: ${code}`)
          return code !== undefined && PASSING.test(code) && attempt < ATTEMPTS
        })
        if (left.length > 0) await pause(25 * 2 ** attempt)
      }
      return outcome
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
        records.push(...recordsOf(item.records).toReversed())
        if (records.length >= limit && index + 1 < Items.length) return { records, next: String(item.sk) }
      }
      return { records }
    },
  }
}

/** The records of an item: JSON, or as the releases before wrote them, a list. */
function recordsOf(stored: unknown): AccessRecord[] {
  return (typeof stored === 'string' ? JSON.parse(stored) : stored) as AccessRecord[]
}
