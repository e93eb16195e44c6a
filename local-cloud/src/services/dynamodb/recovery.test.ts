import {
  CreateBackupCommand,
  DeleteBackupCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeBackupCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListBackupsCommand,
  PutItemCommand,
  QueryCommand,
  RestoreTableFromBackupCommand,
  RestoreTableToPointInTimeCommand,
  type RestoreTableToPointInTimeInput,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createDynamodb } from './dynamodb.ts'
import { activeTable, untilActive } from './testing.ts'

const TableName = 'samples'
let cloud: TestCloud
let db: DynamoDBClient
// At the speed of the world the five minutes of point-in-time recovery pass only when the clock is moved.
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb], speed: 1 })
  db = client()
  await activeTable(db, TableName)
  await db.send(
    new UpdateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'v', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'by-value',
            KeySchema: [{ AttributeName: 'v', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        },
      ],
    }),
  )
  await untilActive(db, TableName)
})
afterAll(() => cloud.dispose())

function client(): DynamoDBClient {
  return new DynamoDBClient({ ...cloud.client, systemClockOffset: cloud.clock.now() - Date.now() })
}
const item = (pk: string, v: string) => ({ pk: { S: pk }, sk: { S: '1' }, v: { S: v } })
const put = (pk: string, v: string) => db.send(new PutItemCommand({ TableName, Item: item(pk, v) }))
const remove = (pk: string) =>
  db.send(new DeleteItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: '1' } } }))

async function contents(table: string): Promise<Record<string, string | undefined>> {
  const { Items = [] } = await db.send(new ScanCommand({ TableName: table }))
  return Object.fromEntries(Items.map(one => [one.pk?.S, one.v?.S]).sort())
}
async function byValue(table: string, value: string): Promise<(string | undefined)[]> {
  const { Items = [] } = await db.send(
    new QueryCommand({
      TableName: table,
      IndexName: 'by-value',
      KeyConditionExpression: 'v = :v',
      ExpressionAttributeValues: { ':v': { S: value } },
    }),
  )
  return Items.map(one => one.pk?.S).sort()
}
/** Lets time pass. */
function pass(ms: number): void {
  cloud.clock.advance(ms)
  db = client()
}

test('a backup holds the table of its instant, and a new table is restored from it', async () => {
  await put('a', 'one')
  await put('b', 'one')
  const { BackupDetails } = await db.send(new CreateBackupCommand({ TableName, BackupName: 'nightly' }))
  const BackupArn = BackupDetails?.BackupArn
  await put('a', 'two')
  await remove('b')
  const { BackupDescription } = await db.send(new DescribeBackupCommand({ BackupArn }))
  expect(BackupDescription).toMatchObject({
    BackupDetails: { BackupStatus: 'AVAILABLE', BackupName: 'nightly', BackupType: 'USER' },
    SourceTableDetails: { TableName, ItemCount: 2, BillingMode: 'PAY_PER_REQUEST' },
  })
  const { BackupSummaries } = await db.send(new ListBackupsCommand({ TableName }))
  expect(BackupSummaries).toMatchObject([{ BackupArn, TableName, BackupSizeBytes: expect.any(Number) }])

  const restore = () =>
    db.send(new RestoreTableFromBackupCommand({ BackupArn, TargetTableName: 'samples-restored' }))
  const { TableDescription } = await restore()
  expect(TableDescription).toMatchObject({
    TableStatus: 'CREATING',
    RestoreSummary: { SourceBackupArn: BackupArn },
  })
  const restored = await untilActive(db, 'samples-restored')
  expect(restored.RestoreSummary).toMatchObject({ RestoreInProgress: false })
  expect(await contents('samples-restored')).toEqual({ a: 'one', b: 'one' })
  expect(await byValue('samples-restored', 'one')).toEqual(['a', 'b'])
  expect(await contents(TableName)).toEqual({ a: 'two' })
  await expect(restore()).rejects.toMatchObject({ name: 'TableAlreadyExistsException' })

  await db.send(new DeleteTableCommand({ TableName: 'samples-restored' }))
  await db.send(new DeleteBackupCommand({ BackupArn }))
  await expect(db.send(new DescribeBackupCommand({ BackupArn }))).rejects.toMatchObject({
    name: 'BackupNotFoundException',
  })
  await expect(
    db.send(new CreateBackupCommand({ TableName: 'nowhere', BackupName: 'nightly' })),
  ).rejects.toMatchObject({ name: 'TableNotFoundException' })
})

test('a table is restored to any moment since its recovery was switched on', async () => {
  const restore = (TargetTableName: string, when: Partial<RestoreTableToPointInTimeInput>) =>
    db.send(new RestoreTableToPointInTimeCommand({ SourceTableName: TableName, TargetTableName, ...when }))
  await expect(restore('early', { UseLatestRestorableTime: true })).rejects.toMatchObject({
    name: 'PointInTimeRecoveryUnavailableException',
  })
  await put('kept', 'before')
  await db.send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  )
  pass(60_000)
  await put('a', 'three')
  await put('new', 'three')
  pass(60_000)
  const good = new Date(cloud.clock.now())
  const before = await contents(TableName)
  pass(60_000)
  // what must be taken back: an overwriting, a deletion and a transaction
  await put('a', 'spoiled')
  await put('a', 'spoiled again')
  await remove('kept')
  await db.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName, Item: item('x', 'spoiled') } },
        { Delete: { TableName, Key: { pk: { S: 'new' }, sk: { S: '1' } } } },
      ],
    }),
  )
  const spoiled = await contents(TableName)
  await expect(restore('too-soon', { RestoreDateTime: good })).rejects.toMatchObject({
    name: 'InvalidRestoreTimeException',
  })
  pass(300_000)
  await put('later', 'spoiled')

  await restore('as-it-was', { RestoreDateTime: good })
  await restore('latest', { UseLatestRestorableTime: true, GlobalSecondaryIndexOverride: [] })
  await untilActive(db, 'as-it-was')
  expect(await contents('as-it-was')).toEqual(before)
  expect(before).toMatchObject({ a: 'three', kept: 'before', new: 'three' })
  expect(await byValue('as-it-was', 'three')).toEqual(['a', 'new'])
  expect(await byValue('as-it-was', 'spoiled')).toEqual([])
  const latest = await untilActive(db, 'latest')
  expect(latest.GlobalSecondaryIndexes).toBeUndefined()
  expect(await contents('latest')).toEqual(spoiled)

  const older = new Date(good.getTime() - 86_400_000)
  await expect(restore('too-old', { RestoreDateTime: older })).rejects.toMatchObject({
    name: 'InvalidRestoreTimeException',
  })
})

test('a backup and a restore outlive a restart; a restore that was broken off begins again', async () => {
  const { BackupDetails } = await db.send(new CreateBackupCommand({ TableName, BackupName: 'weekly' }))
  const expected = await contents(TableName)
  await db.send(
    new RestoreTableFromBackupCommand({
      BackupArn: BackupDetails?.BackupArn,
      TargetTableName: 'resumed',
    }),
  )
  const { state } = cloud
  await cloud.stop()
  cloud = await startTestCloud({ services: [createDynamodb], state, speed: 1 })
  db = client()
  await untilActive(db, 'resumed')
  expect(await contents('resumed')).toEqual(expected)
  const { Table } = await db.send(new DescribeTableCommand({ TableName: 'resumed' }))
  expect(Table?.DeletionProtectionEnabled).toBe(false)
  expect((await db.send(new ListBackupsCommand({}))).BackupSummaries).toHaveLength(1)
})
