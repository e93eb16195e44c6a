import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createDynamodb } from './dynamodb.ts'
import { activeTable, untilActive, untilGone } from './testing.ts'

let cloud: TestCloud
let db: DynamoDBClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  db = new DynamoDBClient(cloud.client)
})
afterAll(() => cloud.dispose())

test('creates a table with all that the backend asks for, describes it and lists it', async () => {
  const created = await db.send(
    new CreateTableCommand({
      TableName: 'clarity-backend',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      OnDemandThroughput: { MaxReadRequestUnits: 100, MaxWriteRequestUnits: 50 },
      SSESpecification: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId: 'alias/clarity' },
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
      DeletionProtectionEnabled: true,
      TableClass: 'STANDARD',
      Tags: [{ Key: 'environment', Value: 'local' }],
    }),
  )
  expect(created.TableDescription?.TableStatus).toBe('CREATING')
  const table = await untilActive(db, 'clarity-backend')
  expect(table).toMatchObject({
    TableStatus: 'ACTIVE',
    TableArn: 'arn:aws:dynamodb:us-east-1:124355672559:table/clarity-backend',
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    OnDemandThroughput: { MaxReadRequestUnits: 100, MaxWriteRequestUnits: 50 },
    SSEDescription: {
      Status: 'ENABLED',
      SSEType: 'KMS',
      KMSMasterKeyArn: 'arn:aws:kms:us-east-1:124355672559:alias/clarity',
    },
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    DeletionProtectionEnabled: true,
    ItemCount: 0,
  })
  expect(table.LatestStreamArn).toContain('/stream/')
  expect(table.CreationDateTime).toBeInstanceOf(Date)
  expect((await db.send(new ListTablesCommand())).TableNames).toContain('clarity-backend')
})

test('keeps a protected table until the protection is lifted, then deletes it with all it held', async () => {
  const protectedTable = { TableName: 'clarity-backend' }
  await expect(db.send(new DeleteTableCommand(protectedTable))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('protected against deletion'),
  })
  const item = { pk: { S: 'a' }, sk: { S: 'b' } }
  await db.send(new PutItemCommand({ ...protectedTable, Item: item }))
  await db.send(new UpdateTableCommand({ ...protectedTable, DeletionProtectionEnabled: false }))
  const deleted = await db.send(new DeleteTableCommand(protectedTable))
  expect(deleted.TableDescription?.TableStatus).toBe('DELETING')
  await untilGone(db, 'clarity-backend')
  await expect(db.send(new DescribeTableCommand(protectedTable))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
  await activeTable(db, 'clarity-backend')
  const again = await db.send(
    new QueryCommand({
      ...protectedTable,
      KeyConditionExpression: 'pk = :a',
      ExpressionAttributeValues: { ':a': { S: 'a' } },
    }),
  )
  expect(again.Count).toBe(0)
})

test('refuses what AWS refuses, with its exceptions', async () => {
  await activeTable(db, 'taken')
  await expect(activeTable(db, 'taken')).rejects.toMatchObject({ name: 'ResourceInUseException' })
  await expect(db.send(new DescribeTableCommand({ TableName: 'absent' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Requested resource not found: Table: absent not found',
  })
  await expect(activeTable(db, 'no spaces')).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(db.send(new UpdateTableCommand({ TableName: 'taken' }))).rejects.toMatchObject({
    name: 'ValidationException',
  })
  await expect(
    db.send(
      new UpdateTableCommand({
        TableName: 'taken',
        ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' } }],
      }),
    ),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } })
})

test('adds an index to an on-demand table that holds items, fills it, and removes it', async () => {
  const TableName = 'indexed'
  await activeTable(db, TableName)
  for (const n of [3, 1, 2])
    await db.send(
      new PutItemCommand({
        TableName,
        Item: { pk: { S: `p${n}` }, sk: { S: 's' }, kind: { S: 'k' }, n: { N: String(n) } },
      }),
    )
  await db.send(
    new PutItemCommand({ TableName, Item: { pk: { S: 'odd' }, sk: { S: 's' }, kind: { N: '1' } } }),
  )
  const updated = await db.send(
    new UpdateTableCommand({
      TableName,
      AttributeDefinitions: [
        { AttributeName: 'kind', AttributeType: 'S' },
        { AttributeName: 'n', AttributeType: 'N' },
      ],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'by-kind',
            KeySchema: [
              { AttributeName: 'kind', KeyType: 'HASH' },
              { AttributeName: 'n', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        },
      ],
    }),
  )
  expect(updated.TableDescription?.GlobalSecondaryIndexes?.[0]?.IndexStatus).toBe('CREATING')
  await untilActive(db, TableName)
  const byKind = new QueryCommand({
    TableName,
    IndexName: 'by-kind',
    KeyConditionExpression: 'kind = :k',
    ExpressionAttributeValues: { ':k': { S: 'k' } },
  })
  const found = await db.send(byKind)
  expect(found.Items?.map(item => item.n?.N)).toEqual(['1', '2', '3'])
  await db.send(
    new UpdateTableCommand({
      TableName,
      GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-kind' } }],
    }),
  )
  expect((await untilActive(db, TableName)).GlobalSecondaryIndexes).toBeUndefined()
  await expect(db.send(byKind)).rejects.toMatchObject({ name: 'ValidationException' })
})

test('records tags and point-in-time recovery, and has them after a restart', async () => {
  const { TableArn: ResourceArn } = await activeTable(db, 'settings')
  await db.send(
    new TagResourceCommand({
      ResourceArn,
      Tags: [
        { Key: 'phi', Value: 'yes' },
        { Key: 'x', Value: 'y' },
      ],
    }),
  )
  await db.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['x'] }))
  await db.send(
    new UpdateContinuousBackupsCommand({
      TableName: 'settings',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  )
  await cloud.stop()
  cloud = await startTestCloud({ services: [createDynamodb], state: cloud.state })
  db = new DynamoDBClient(cloud.client)
  expect((await db.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags).toEqual([
    { Key: 'phi', Value: 'yes' },
  ])
  const { ContinuousBackupsDescription } = await db.send(
    new DescribeContinuousBackupsCommand({ TableName: 'settings' }),
  )
  expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toMatchObject({
    PointInTimeRecoveryStatus: 'ENABLED',
    RecoveryPeriodInDays: 35,
    EarliestRestorableDateTime: expect.any(Date),
  })
  await expect(
    db.send(new ListTagsOfResourceCommand({ ResourceArn: `${ResourceArn}-other` })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
})
