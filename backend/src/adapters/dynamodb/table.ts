import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Originals } from '../s3/originals.ts'

/** The one table, and where the UUIDs are that its chunks do not hold. */
export interface SampleTable extends Table {
  originals: Originals
}

/** The one table, by a client that takes plain objects. */
export interface Table {
  client: DynamoDBDocumentClient
  tableName: string
}

/** The table by the SDK's client; `undefined` members of items are left out. */
export function tableOf(deps: { client: DynamoDBClient; tableName: string }): Table {
  const client = DynamoDBDocumentClient.from(deps.client, {
    marshallOptions: { removeUndefinedValues: true },
  })
  return { client, tableName: deps.tableName }
}

/** Whether a write failed because its condition did not hold. */
export function isConditionFailure(error: unknown): boolean {
  return (error as Error).name === 'ConditionalCheckFailedException'
}
