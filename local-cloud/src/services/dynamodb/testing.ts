import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'

/** Creates an on-demand table with string keys `pk` and `sk`, and waits until it is active. */
export async function activeTable(db: DynamoDBClient, TableName: string): Promise<TableDescription> {
  await db.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  return untilActive(db, TableName)
}

/** Polls a table until it is active, for at most five seconds. */
export async function untilActive(db: DynamoDBClient, TableName: string): Promise<TableDescription> {
  const deadline = Date.now() + 5000
  for (;;) {
    const { Table } = await db.send(new DescribeTableCommand({ TableName }))
    if (Table?.TableStatus === 'ACTIVE') return Table
    if (Date.now() > deadline) throw new Error(`table ${TableName} is still ${Table?.TableStatus}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** Polls until a table that is being deleted is gone, for at most five seconds. */
export async function untilGone(db: DynamoDBClient, TableName: string): Promise<void> {
  const deadline = Date.now() + 5000
  for (;;) {
    const gone = await db.send(new DescribeTableCommand({ TableName })).then(
      () => false,
      error => (error as Error).name === 'ResourceNotFoundException',
    )
    if (gone) return
    if (Date.now() > deadline) throw new Error(`table ${TableName} is still there`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
