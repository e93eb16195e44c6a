import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb'
import { freshName, type Target, until } from '../suite.ts'

/** What the cases of DynamoDB share: tables, and a partition of its own for each case. */
export function dynamodbTables(config: Target['config']) {
  const client = new DynamoDBClient(config)
  let shared: Promise<string> | undefined
  const active = (TableName: string) =>
    until(
      () => client.send(new DescribeTableCommand({ TableName })),
      ({ Table }) => Table?.TableStatus === 'ACTIVE',
    )
  async function newTable(): Promise<string> {
    const TableName = freshName('table')
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    )
    await active(TableName)
    return TableName
  }
  /** One table for the cases that only need items: each has a partition of its own. */
  const place = async () => {
    shared ??= newTable()
    return { TableName: await shared, pk: freshName('pk') }
  }
  const key = (pk: string, sk = '0') => ({ pk: { S: pk }, sk: { S: sk } })
  const put = (TableName: string, Item: PutItemCommandInput['Item'], more: object = {}) =>
    client.send(new PutItemCommand({ TableName, Item, ...more }))
  const get = async (TableName: string, pk: string, sk = '0') =>
    (await client.send(new GetItemCommand({ TableName, Key: key(pk, sk), ConsistentRead: true }))).Item
  const query = (TableName: string, pk: string, more: Partial<QueryCommandInput> = {}) =>
    client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ...more,
        ExpressionAttributeValues: { ':pk': { S: pk }, ...more.ExpressionAttributeValues },
      }),
    )

  return { client, active, newTable, place, key, put, get, query }
}
