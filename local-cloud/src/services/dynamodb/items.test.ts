import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createDynamodb } from './dynamodb.ts'
import { activeTable } from './testing.ts'

const TableName = 'items'
let cloud: TestCloud
let db: DynamoDBClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  db = new DynamoDBClient(cloud.client)
  await activeTable(db, TableName)
})
afterAll(() => cloud.dispose())

const key = (pk: string, sk = 's') => ({ pk: { S: pk }, sk: { S: sk } })

test('keeps every type as sent: 38 digits, bytes, sets, nested documents', async () => {
  const Item = {
    ...key('types'),
    n: { N: '-12345678901234567890.123456789012345678' },
    b: { B: new Uint8Array([0, 255, 1]) },
    ss: { SS: ['å', 'b'] },
    doc: { M: { list: { L: [{ N: '1.5' }, { NULL: true as const }, { BOOL: false }] } } },
  }
  await db.send(new PutItemCommand({ TableName, Item }))
  const read = await db.send(new GetItemCommand({ TableName, Key: key('types'), ConsistentRead: true }))
  expect(read.Item).toEqual(Item)
  expect((await db.send(new GetItemCommand({ TableName, Key: key('nobody') }))).Item).toBeUndefined()
})

test('updates by expression, and only under the condition', async () => {
  const update = {
    TableName,
    Key: key('counter'),
    UpdateExpression: 'SET version = if_not_exists(version, :zero) + :one ADD seen :seen',
    ExpressionAttributeValues: { ':zero': { N: '0' }, ':one': { N: '1' }, ':seen': { SS: ['x'] } },
    ReturnValues: 'ALL_NEW' as const,
  }
  await db.send(new UpdateItemCommand(update))
  const { Attributes } = await db.send(new UpdateItemCommand(update))
  expect(Attributes).toMatchObject({ version: { N: '2' }, seen: { SS: ['x'] } })
  const stale = new PutItemCommand({
    TableName,
    Item: { ...key('counter'), version: { N: '9' } },
    ConditionExpression: 'version = :read',
    ExpressionAttributeValues: { ':read': { N: '1' } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  await expect(db.send(stale)).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
    message: 'The conditional request failed',
    Item: { version: { N: '2' } },
  })
  await expect(
    db.send(
      new DeleteItemCommand({ TableName, Key: key('nobody'), ConditionExpression: 'attribute_exists(pk)' }),
    ),
  ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined })
})

test('of many concurrent conditional writers exactly one wins', async () => {
  const put = (n: number) =>
    db.send(
      new PutItemCommand({
        TableName,
        Item: { ...key('race'), n: { N: String(n) } },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    )
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => put(n)))
  expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(1)
  const bump = () =>
    db.send(
      new UpdateItemCommand({
        TableName,
        Key: key('sum'),
        UpdateExpression: 'ADD hits :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    )
  await Promise.all(Array.from({ length: 50 }, bump))
  const { Item } = await db.send(new GetItemCommand({ TableName, Key: key('sum') }))
  expect(Item?.hits?.N).toBe('50')
})

test('writes and reads batches, queries a range in order and in pages, scans', async () => {
  const names = Array.from({ length: 25 }, (_, n) => `2026-11-${String(n + 1).padStart(2, '0')}`)
  const RequestItems = {
    [TableName]: names.map(sk => ({ PutRequest: { Item: { ...key('days', sk), v: { S: sk } } } })),
  }
  await db.send(new BatchWriteItemCommand({ RequestItems }))
  const some = await db.send(
    new BatchGetItemCommand({
      RequestItems: { [TableName]: { Keys: [key('days', names[0]), key('days', 'x')] } },
    }),
  )
  expect(some.Responses?.[TableName]).toHaveLength(1)
  const found: (string | undefined)[] = []
  let start: Record<string, { S: string }> | undefined
  do {
    const page = await db.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :p and sk between :a and :b',
        ExpressionAttributeValues: {
          ':p': { S: 'days' },
          ':a': { S: '2026-11-05' },
          ':b': { S: '2026-11-20' },
        },
        Limit: 7,
        ScanIndexForward: false,
        ExclusiveStartKey: start,
      }),
    )
    found.push(...(page.Items ?? []).map(item => item.sk?.S))
    start = page.LastEvaluatedKey as typeof start
  } while (start)
  expect(found).toEqual(names.slice(4, 20).reverse())
  const scanned = await db.send(
    new ScanCommand({
      TableName,
      FilterExpression: 'begins_with(v, :v)',
      ExpressionAttributeValues: { ':v': { S: '2026' } },
    }),
  )
  expect(scanned.Count).toBe(25)
})

test('takes an item of 400 KB and no more, in bytes, not characters', async () => {
  const sized = (bytes: number) => ({ ...key('big'), v: { S: 'é'.repeat(bytes / 2) } })
  await db.send(new PutItemCommand({ TableName, Item: sized(400 * 1024 - 20) }))
  await expect(db.send(new PutItemCommand({ TableName, Item: sized(400 * 1024) }))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('maximum allowed size'),
  })
})

test('names what is wrong with a request', async () => {
  const wrong = [
    new PutItemCommand({ TableName, Item: { pk: { S: 'x' } } }),
    new PutItemCommand({ TableName, Item: { pk: { S: '' }, sk: { S: 's' } } }),
    new PutItemCommand({ TableName, Item: { ...key('x'), n: { N: 'seven' } } }),
  ]
  for (const command of wrong)
    await expect(db.send(command)).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(
    db.send(new UpdateItemCommand({ TableName, Key: key('x'), UpdateExpression: 'SET status = :s' })),
  ).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('reserved keyword'),
  })
  await expect(db.send(new GetItemCommand({ TableName: 'absent', Key: key('x') }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})
