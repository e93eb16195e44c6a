import {
  BatchGetItemCommand,
  type BatchGetItemInput,
  type BatchGetItemOutput,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDynamodb } from '../../../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { startTestCloud, type TestCloud } from '../../../../local-cloud/src/testing.ts'
import { createQuickCall } from './quick-call.ts'

let cloud: TestCloud
const key = { pk: { S: 'a' }, sk: { S: 'ä b' } }
const input: BatchGetItemInput = { RequestItems: { data: { Keys: [key], ConsistentRead: true } } }
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  const client = new DynamoDBClient(cloud.client)
  const names = ['pk', 'sk'] as const
  await client.send(
    new CreateTableCommand({
      TableName: 'data',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: names.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
      AttributeDefinitions: names.map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
    }),
  )
  await cloud.clock.advance(60_000)
  await client.send(new PutItemCommand({ TableName: 'data', Item: { ...key, n: { N: '7' } } }))
})
afterAll(() => cloud.dispose())

/** The call, with how often the SDK was asked for it; as from a task, with temporary credentials. */
function call() {
  const client = new DynamoDBClient({ ...cloud.client, maxAttempts: 2 })
  const told = { sdk: 0 }
  const get = createQuickCall<BatchGetItemInput, BatchGetItemOutput>(client, 'BatchGetItem', each => {
    told.sdk++
    return client.send(new BatchGetItemCommand(each))
  })
  return { client, told, get: async () => (await get(input)).Responses?.data }
}
const ITEM = [{ ...key, n: { N: '7' } }]

test('the first call is the SDK’s, those that follow are not, and say the same', async () => {
  const { told, get } = call()
  for (let i = 0; i < 3; i++) expect(await get()).toEqual(ITEM)
  expect(told.sdk).toBe(1)
})

test('what is refused or cut off is the SDK’s to repeat, and to name', async () => {
  const { told, get } = call()
  await get()
  cloud.faults.add({ service: 'dynamodb', kind: 'drop', times: 1 })
  expect(await get()).toEqual(ITEM)
  expect(told.sdk).toBe(2)
  await get()
  expect(told.sdk).toBe(2)
  cloud.faults.add({ service: 'dynamodb', kind: 'error', code: 'ThrottlingException', status: 400 })
  await expect(get()).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { attempts: 2 } })
  cloud.faults.clear()
  // The SDK has the word until it has done one: what its circuit leaves alone is left alone.
  expect(await get()).toEqual(ITEM)
  expect(await get()).toEqual(ITEM)
  expect(told.sdk).toBe(4)
})

test('a clock that is wrong by an hour is corrected by the SDK, for both', async () => {
  const { told, get } = call()
  await get()
  await cloud.clock.advance(3_600_000)
  expect(await get()).toEqual(ITEM)
  expect(await get()).toEqual(ITEM)
  expect(told.sdk).toBe(2)
})
