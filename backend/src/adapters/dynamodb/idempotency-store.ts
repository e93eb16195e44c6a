import { createHash } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Clock } from '../../domain/clock.ts'
import { keys } from './keys.ts'
import { isConditionFailure, tableOf } from './table.ts'

/** An answer that was given, to be given again. */
export interface KeptAnswer {
  status: number
  location?: string
  body: unknown
}

/** What clients' `Idempotency-Key`s stand for, a day long. */
export interface IdempotencyStore {
  /**
   * Claims a key for a request, known by a hash of what it asks for.
   * @returns `new`, `same` (with the answer where one was given), or `other` where the key stands for another request
   */
  claim(userId: string, key: string, fingerprint: string): Promise<Claim>
  /** Keeps the answer for whoever sends the same again. */
  keep(userId: string, key: string, answer: KeptAnswer): Promise<void>
}

export type Claim = { kind: 'new' } | { kind: 'same'; answer?: KeptAnswer } | { kind: 'other' }

/** The draft RFC leaves it to the server: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
export const KEY_LIFETIME_HOURS = 24

export function createIdempotencyStore(deps: {
  client: DynamoDBClient
  tableName: string
  clock: Clock
}): IdempotencyStore {
  const { client, tableName: TableName } = tableOf(deps)
  const keyOf = (userId: string, key: string) => ({
    pk: keys.user(userId),
    sk: keys.idempotency(createHash('sha256').update(key).digest('hex')),
  })
  return {
    claim: async (userId, key, fingerprint) => {
      const seconds = Math.floor(deps.clock.now() / 1000)
      const expires_at = seconds + KEY_LIFETIME_HOURS * 3600
      try {
        await client.send(
          new PutCommand({
            TableName,
            Item: { ...keyOf(userId, key), fingerprint, expires_at },
            // DynamoDB removes what is expired within days, not at once.
            ConditionExpression: 'attribute_not_exists(pk) OR expires_at <= :now',
            ExpressionAttributeValues: { ':now': seconds },
          }),
        )
        return { kind: 'new' }
      } catch (error) {
        if (!isConditionFailure(error)) throw error
      }
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: keyOf(userId, key), ConsistentRead: true }),
      )
      if (!Item) return { kind: 'new' }
      if (Item.fingerprint !== fingerprint) return { kind: 'other' }
      return {
        kind: 'same',
        ...(Item.answer && { answer: JSON.parse(String(Item.answer)) as KeptAnswer }),
      }
    },
    keep: async (userId, key, answer) => {
      await client.send(
        new UpdateCommand({
          TableName,
          Key: keyOf(userId, key),
          UpdateExpression: 'SET answer = :answer',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':answer': JSON.stringify(answer) },
        }),
      )
    },
  }
}
