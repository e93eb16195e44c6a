import { BatchExecuteStatementCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createDynamodb } from './dynamodb.ts'
import { activeTable } from './testing.ts'

let cloud: TestCloud
let db: DynamoDBClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  db = new DynamoDBClient(cloud.client)
  await activeTable(db, 'items')
})
afterAll(() => cloud.dispose())

const insert = (pk: string, n: string, table = 'items') => ({
  Statement: `INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?, 'n': ?}`,
  Parameters: [{ S: pk }, { S: 's' }, { N: n }],
})
const run = async (...Statements: ReturnType<typeof insert>[]) =>
  (await db.send(new BatchExecuteStatementCommand({ Statements }))).Responses

test('inserts where nothing is, each statement on its own', async () => {
  expect(await run(insert('a', '1'))).toEqual([{ TableName: 'items' }])
  const duplicate = { TableName: 'items', Error: { Code: 'DuplicateItem', Message: expect.any(String) } }
  expect(await run(insert('a', '2'), insert('b', '3'), insert('b', '4'), insert('c', '5', 'none'))).toEqual([
    duplicate,
    { TableName: 'items' },
    duplicate,
    { TableName: 'none', Error: { Code: 'ResourceNotFound', Message: expect.any(String) } },
  ])
  const read = async (pk: string) =>
    (await db.send(new GetItemCommand({ TableName: 'items', Key: { pk: { S: pk }, sk: { S: 's' } } }))).Item
      ?.n
  expect([await read('a'), await read('b')]).toEqual([{ N: '1' }, { N: '3' }])
  expect(
    await run({ ...insert('d', '1'), Statement: `INSERT INTO "items" VALUE {'pk': ?, 'x': ?, 'n': ?}` }),
  ).toEqual([{ TableName: 'items', Error: { Code: 'ValidationError', Message: expect.any(String) } }])
})

test.each([
  ['ValidationException', { Statement: 'NONSENSE' }],
  ['ValidationException', { Statement: `INSERT INTO items VALUE {'pk': ?}`, Parameters: [] }],
  ['NotImplemented', { Statement: `SELECT * FROM "items"` }],
  ['NotImplemented', { Statement: `INSERT INTO "items" VALUE {'pk': 'literal'}` }],
])('%s for %o', async (name, statement) => {
  await expect(
    db.send(new BatchExecuteStatementCommand({ Statements: [statement as never] })),
  ).rejects.toMatchObject({ name })
})
