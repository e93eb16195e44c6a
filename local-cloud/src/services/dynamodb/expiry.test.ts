import {
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createDynamodb } from './dynamodb.ts'
import { activeTable } from './testing.ts'

const TableName = 'expiring'
let cloud: TestCloud
let db: DynamoDBClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createDynamodb] })
  db = new DynamoDBClient(cloud.client)
  await activeTable(db, TableName)
})
afterAll(() => cloud.dispose())

const seconds = (fromNow: number) => String(Math.floor(cloud.clock.now() / 1000) + fromNow)
const put = (pk: string, expires: { N: string } | { S: string }) =>
  db.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, sk: { S: 's' }, expires_at: expires } }))
const ttl = (Enabled: boolean) =>
  db.send(
    new UpdateTimeToLiveCommand({
      TableName,
      TimeToLiveSpecification: { Enabled, AttributeName: 'expires_at' },
    }),
  )
async function names(): Promise<(string | undefined)[]> {
  return ((await db.send(new ScanCommand({ TableName }))).Items ?? []).map(item => item.pk?.S).sort()
}

test('deletes items once their time has come by the clock, and only those', async () => {
  await put('old', { N: seconds(60) })
  await ttl(true)
  await expect(ttl(true)).rejects.toMatchObject({ name: 'ValidationException' })
  await put('soon', { N: seconds(100) })
  await put('later', { N: seconds(7200) })
  await put('prolonged', { N: seconds(60) })
  await put('text', { S: seconds(60) })
  await put('years-past', { N: seconds(-6 * 365 * 86_400) })
  await db.send(
    new UpdateItemCommand({
      TableName,
      Key: { pk: { S: 'prolonged' }, sk: { S: 's' } },
      UpdateExpression: 'SET expires_at = :later',
      ExpressionAttributeValues: { ':later': { N: seconds(7200) } },
    }),
  )
  expect(await names()).toEqual(['later', 'old', 'prolonged', 'soon', 'text', 'years-past'])
  cloud.clock.advance(200_000)
  await expect.poll(names).toEqual(['later', 'prolonged', 'text', 'years-past'])
})

test('is described, survives a restart, and can be switched off', async () => {
  await cloud.stop()
  cloud = await startTestCloud({ services: [createDynamodb], state: cloud.state })
  db = new DynamoDBClient(cloud.client)
  expect((await db.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription).toEqual({
    TimeToLiveStatus: 'ENABLED',
    AttributeName: 'expires_at',
  })
  await put('again', { N: seconds(10) })
  cloud.clock.advance(100_000)
  await expect.poll(names).toEqual(['later', 'prolonged', 'text', 'years-past'])
  await ttl(false)
  await put('stays', { N: seconds(10) })
  cloud.clock.advance(100_000)
  cloud.clock.advance(100_000)
  expect(await names()).toContain('stays')
})
