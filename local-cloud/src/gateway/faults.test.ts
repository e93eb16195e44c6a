import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createDynamodb } from '../services/dynamodb/dynamodb.ts'
import { activeTable } from '../services/dynamodb/testing.ts'
import { createEc2 } from '../services/ec2/ec2.ts'
import { createS3 } from '../services/s3/s3.ts'
import { createSqs } from '../services/sqs/sqs.ts'
import { createSts } from '../services/sts/sts.ts'
import { startTestCloud, type TestCloud } from '../testing.ts'
import { startCrashableCloud } from '../testing-crash.ts'
import type { Fault } from './faults.ts'

let cloud: TestCloud
let sqs: SQSClient
let s3: S3Client
let QueueUrl: string
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSts, createSqs, createS3, createDynamodb, createEc2] })
  sqs = new SQSClient(cloud.client)
  s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  QueueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'work' }))).QueueUrl as string
  await s3.send(new CreateBucketCommand({ Bucket: 'raw' }))
})
afterAll(() => cloud.dispose())

async function control(method: string, path: string, body?: object, endpoint = cloud.client.endpoint) {
  const answer = await fetch(`${endpoint}/_clarity/${path}`, { method, body: body && JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as { faults?: Fault[]; now?: number } }
}
const inject = (fault: Fault, endpoint?: string) => control('POST', 'faults', fault, endpoint)
afterEach(() => control('DELETE', 'faults'))

const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket: 'raw', Key, Body: 'x' }))
const held = async () => {
  const ask = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] })
  return Number((await sqs.send(ask)).Attributes?.ApproximateNumberOfMessages)
}

test('an error strikes its operation as often as it says, with any code and status', async () => {
  await inject({
    service: 'sqs',
    operation: 'SendMessage',
    kind: 'error',
    code: 'ServiceUnavailable',
    status: 503,
    times: 2,
  })
  await sqs.send(new ListQueuesCommand({}))
  for (let at = 0; at < 2; at++)
    await expect(send()).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      $metadata: { httpStatusCode: 503 },
    })
  await send()
  expect((await control('GET', 'faults')).body.faults).toEqual([])
})

test('a denial is what IAM would say, in the words of each protocol', async () => {
  await inject({ kind: 'deny' })
  const refusals = [
    [send, 'AccessDenied', 403],
    [() => put('denied'), 'AccessDenied', 403],
    [() => new EC2Client(cloud.client).send(new DescribeVpcsCommand({})), 'UnauthorizedOperation', 403],
    [() => new STSClient(cloud.client).send(new GetCallerIdentityCommand({})), 'AccessDenied', 403],
    [
      () =>
        new DynamoDBClient(cloud.client).send(
          new GetItemCommand({ TableName: 't', Key: { pk: { S: '1' } } }),
        ),
      'AccessDeniedException',
      400,
    ],
  ] as const
  for (const [refusal, name, status] of refusals)
    await expect(refusal()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } })
})

test('a delay is one of the cloud’s clock', async () => {
  await inject({ service: 'sqs', operation: 'SendMessage', kind: 'delay', delayMs: 600_000, times: 1 })
  const before = await held()
  const sent = send()
  await expect.poll(async () => (await control('GET', 'faults')).body.faults).toEqual([])
  expect(await held()).toBe(before)
  await control('POST', 'clock', { advanceMs: 600_000 })
  await sent
  const later = new SQSClient({ ...cloud.client, systemClockOffset: cloud.clock.now() - Date.now() })
  sqs = later
  s3 = new S3Client({
    ...cloud.client,
    forcePathStyle: true,
    systemClockOffset: cloud.clock.now() - Date.now(),
  })
  expect(await held()).toBe(before + 1)
})

test('a request is dropped before it is done, or its answer when it was', async () => {
  const before = await held()
  await inject({ service: 'sqs', operation: 'SendMessage', kind: 'drop', times: 1 })
  await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await held()).toBe(before)
  await inject({ service: 'sqs', operation: 'SendMessage', kind: 'drop', moment: 'answer', times: 1 })
  await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await held()).toBe(before + 1)
})

test('S3 is struck by operation or by method', async () => {
  await put('there')
  await inject({ service: 's3', operation: 'PutObject', kind: 'drop', moment: 'answer', times: 1 })
  await expect(put('lost-answer')).rejects.toMatchObject({ code: 'ECONNRESET' })
  await s3.send(new GetObjectCommand({ Bucket: 'raw', Key: 'lost-answer' }))
  await inject({ service: 's3', operation: 'GET', kind: 'error', code: 'SlowDown', status: 503, times: 1 })
  await expect(s3.send(new GetObjectCommand({ Bucket: 'raw', Key: 'there' }))).rejects.toMatchObject({
    name: 'SlowDown',
  })
})

test('on a full disk nothing is acknowledged that is not kept, and what was there stays', async () => {
  const TableName = 'full'
  const db = new DynamoDBClient({ ...cloud.client, systemClockOffset: cloud.clock.now() - Date.now() })
  await activeTable(db, TableName)
  const item = (pk: string) => new PutItemCommand({ TableName, Item: { pk: { S: pk }, sk: { S: '0' } } })
  await db.send(item('before'))
  const before = await held()
  await inject({ kind: 'full-disk' })
  for (const write of [send, () => put('full'), () => db.send(item('during'))])
    await expect(write()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } })
  // the body itself found no room, not only the record of it
  await expect(put('full')).rejects.toMatchObject({
    name: 'InternalError',
    message: expect.stringMatching(/disk under the local/),
  })
  expect(await held()).toBe(before)
  await expect(s3.send(new GetObjectCommand({ Bucket: 'raw', Key: 'full' }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  })
  await control('DELETE', 'faults')
  await Promise.all([send(), put('full'), db.send(item('after'))])
  const read = async (pk: string) =>
    (await db.send(new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: '0' } } }))).Item
  expect([await read('before'), await read('during'), await read('after')].map(found => !!found)).toEqual([
    true,
    false,
    true,
  ])
})

test('what is no fault is refused, and the clock goes forward only', async () => {
  expect((await inject({ kind: 'explode' as 'drop' })).status).toBe(400)
  expect((await inject({ kind: 'error', moment: 'answer' })).status).toBe(400)
  expect((await control('POST', 'clock', { advanceMs: -1 })).status).toBe(400)
  expect((await fetch(`${cloud.endpoint}/_clarity/nothing`)).status).toBe(404)
})

test('killed in the middle of an answer, the cloud has kept what it did', async () => {
  const state = await mkdtemp(join(tmpdir(), 'local-cloud-kill-'))
  try {
    const crashing = await startCrashableCloud(state, 'sqs/sqs.ts#createSqs')
    const client = new SQSClient(crashing.client)
    const made = await client.send(new CreateQueueCommand({ QueueName: 'work' }))
    await inject({ operation: 'SendMessage', kind: 'kill', moment: 'answer' }, crashing.client.endpoint)
    const lost = client.send(new SendMessageCommand({ QueueUrl: made.QueueUrl, MessageBody: 'x' }))
    await expect(lost).rejects.toThrow()
    await crashing.crash()
    const again = await startTestCloud({ state, services: [createSqs] })
    const ask = new GetQueueAttributesCommand({ QueueUrl: made.QueueUrl, AttributeNames: ['All'] })
    const { Attributes } = await new SQSClient(again.client).send(ask)
    expect(Attributes?.ApproximateNumberOfMessages).toBe('1')
    await again.stop()
  } finally {
    await rm(state, { recursive: true, force: true })
  }
})
