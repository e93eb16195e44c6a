import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import {
  BatchGetItemCommand,
  type BatchGetItemInput,
  type BatchGetItemOutput,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createQuickCall } from '../../backend/src/adapters/dynamodb/quick-call.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { startTestCloud, type TestCloud } from '../../local-cloud/src/testing.ts'
import { createTable } from './resources.ts'

let cloud: TestCloud
const key = { pk: { S: 'a' }, sk: { S: 'ä b' } }
const input: BatchGetItemInput = { RequestItems: { data: { Keys: [key], ConsistentRead: true } } }
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  const client = new DynamoDBClient(cloud.client)
  await createTable(client, 'data')
  await client.send(new PutItemCommand({ TableName: 'data', Item: { ...key, n: { N: '7' } } }))
})
afterAll(() => cloud.dispose())

/** The call, with how often the SDK was asked for it. */
function call(more: object = {}) {
  const client = new DynamoDBClient({ ...cloud.client, maxAttempts: 2, ...more })
  const told = { sdk: 0 }
  const get = createQuickCall<BatchGetItemInput, BatchGetItemOutput>(client, 'BatchGetItem', each => {
    told.sdk++
    return client.send(new BatchGetItemCommand(each))
  })
  return { told, get: async () => (await get(input)).Responses?.data }
}
const ITEM = [{ ...key, n: { N: '7' } }]

test('the first call is the SDK’s, those that follow are not, and say the same', async () => {
  const { told, get } = call()
  for (let i = 0; i < 3; i++) expect(await get()).toEqual(ITEM)
  expect(told.sdk).toBe(1)
})

test('it goes where the SDK goes, also where a variable says so', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', cloud.endpoint)
  const asked: unknown[] = []
  const hear = (message: unknown) => asked.push((message as { request: ClientRequest }).request.host)
  subscribe('http.client.request.start', hear)
  const { told, get } = call({ endpoint: undefined })
  for (let i = 0; i < 2; i++) expect(await get()).toEqual(ITEM)
  unsubscribe('http.client.request.start', hear)
  vi.unstubAllEnvs()
  expect([told.sdk, asked]).toEqual([1, ['127.0.0.1', '127.0.0.1']])
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
