import {
  DynamoDBClient,
  GetItemCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createDynamodb } from './dynamodb.ts'
import { activeTable } from './testing.ts'

const TableName = 'transactions'
let cloud: TestCloud
let db: DynamoDBClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  db = new DynamoDBClient(cloud.client)
  await activeTable(db, TableName)
})
afterAll(() => cloud.dispose())

const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 's' } })
const put = (pk: string, n: number): TransactWriteItem => ({
  Put: { TableName, Item: { ...key(pk), n: { N: String(n) } } },
})
const add = (pk: string, token?: string) =>
  new TransactWriteItemsCommand({
    ClientRequestToken: token,
    TransactItems: [
      {
        Update: {
          TableName,
          Key: key(pk),
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
    ],
  })
const read = async (pk: string) => (await db.send(new GetItemCommand({ TableName, Key: key(pk) }))).Item?.n?.N

test('puts, updates, deletes and checks at once', async () => {
  await db.send(new TransactWriteItemsCommand({ TransactItems: [put('a', 1), put('b', 2)] }))
  await db.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        { Delete: { TableName, Key: key('a') } },
        ...(add('c').input.TransactItems ?? []),
        { ConditionCheck: { TableName, Key: key('b'), ConditionExpression: 'attribute_exists(pk)' } },
      ],
    }),
  )
  const { Responses } = await db.send(
    new TransactGetItemsCommand({
      TransactItems: ['a', 'b', 'c'].map(pk => ({
        Get: { TableName, Key: key(pk), ProjectionExpression: 'n' },
      })),
    }),
  )
  expect(Responses?.map(response => response.Item)).toEqual([undefined, { n: { N: '2' } }, { n: { N: '1' } }])
})

test('writes nothing when one condition fails, and says which and on what', async () => {
  const failing = new TransactWriteItemsCommand({
    TransactItems: [
      put('new', 1),
      {
        Put: {
          TableName,
          Item: { ...key('b'), n: { N: '99' } },
          ConditionExpression: 'n = :n',
          ExpressionAttributeValues: { ':n': { N: '1' } },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
      { ConditionCheck: { TableName, Key: key('x'), ConditionExpression: 'attribute_exists(pk)' } },
    ],
  })
  await expect(db.send(failing)).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    message: expect.stringContaining('[None, ConditionalCheckFailed, ConditionalCheckFailed]'),
    CancellationReasons: [
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Item: { ...key('b'), n: { N: '2' } } },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
    ],
  })
  expect(await read('new')).toBeUndefined()
  expect(await read('b')).toBe('2')
})

test('a repeated token changes nothing for ten minutes, a reused one is refused', async () => {
  await db.send(add('once', 'token-1'))
  await db.send(add('once', 'token-1'))
  expect(await read('once')).toBe('1')
  await expect(db.send(add('other', 'token-1'))).rejects.toMatchObject({
    name: 'IdempotentParameterMismatchException',
  })
  await cloud.stop()
  cloud = await startTestCloud({ services: [createDynamodb], state: cloud.state })
  db = new DynamoDBClient(cloud.client)
  await db.send(add('once', 'token-1'))
  expect(await read('once')).toBe('1')
  cloud.clock.advance(10 * 60_000 + 1000)
  await db.send(add('once', 'token-1'))
  expect(await read('once')).toBe('2')
})

test('holds to the limits: 100 actions, 4 MB, one action an item', async () => {
  const many = Array.from({ length: 101 }, (_, n) => put(`many${n}`, n))
  await db.send(new TransactWriteItemsCommand({ TransactItems: many.slice(0, 100) }))
  const heavy = Array.from({ length: 11 }, (_, n) => ({
    Put: { TableName, Item: { ...key(`heavy${n}`), v: { S: 'x'.repeat(390 * 1024) } } },
  }))
  for (const TransactItems of [many, heavy, [], [put('a', 1), { Delete: { TableName, Key: key('a') } }]])
    await expect(db.send(new TransactWriteItemsCommand({ TransactItems }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
  expect(await read('heavy0')).toBeUndefined()
})

test('concurrent transfers keep the sum', async () => {
  await db.send(new TransactWriteItemsCommand({ TransactItems: [put('left', 100), put('right', 0)] }))
  const move = () => {
    const change = (pk: string, by: string): TransactWriteItem => ({
      Update: {
        TableName,
        Key: key(pk),
        UpdateExpression: 'ADD n :by',
        ConditionExpression: 'n >= :least',
        ExpressionAttributeValues: { ':by': { N: by }, ':least': { N: pk === 'left' ? '5' : '0' } },
      },
    })
    return db.send(
      new TransactWriteItemsCommand({ TransactItems: [change('left', '-5'), change('right', '5')] }),
    )
  }
  const results = await Promise.allSettled(Array.from({ length: 30 }, move))
  expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(20)
  expect([await read('left'), await read('right')]).toEqual(['0', '100'])
})
