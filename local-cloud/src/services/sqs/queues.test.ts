import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  InvalidAttributeName,
  InvalidAttributeValue,
  ListDeadLetterSourceQueuesCommand,
  PurgeQueueCommand,
  PurgeQueueInProgress,
  QueueDeletedRecently,
  QueueDoesNotExist,
  QueueNameExists,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSqs } from './sqs.ts'

let cloud: TestCloud
let sqs: SQSClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSqs] })
  sqs = new SQSClient(cloud.client)
})
afterAll(() => cloud.dispose())

const create = async (QueueName: string, Attributes?: Record<string, string>) =>
  (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl as string
const attributes = async (QueueUrl: string) =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes

test('creates a queue once, on this endpoint, and finds it whatever host its URL carries', async () => {
  const url = await create('plain', { VisibilityTimeout: '10' })
  expect(url).toBe(`${cloud.endpoint}/124355672559/plain`)
  expect(await create('plain', { VisibilityTimeout: '10' })).toBe(url)
  expect(await create('plain')).toBe(url)
  await expect(create('plain', { VisibilityTimeout: '11' })).rejects.toBeInstanceOf(QueueNameExists)
  expect(await sqs.send(new GetQueueUrlCommand({ QueueName: 'plain' }))).toMatchObject({ QueueUrl: url })
  expect(await attributes('https://sqs.us-east-1.amazonaws.com/1/plain')).toMatchObject({
    ApproximateNumberOfMessages: '0',
    DelaySeconds: '0',
    MaximumMessageSize: '1048576',
    QueueArn: 'arn:aws:sqs:us-east-1:124355672559:plain',
    SqsManagedSseEnabled: 'true',
    VisibilityTimeout: '10',
  })
})

test('refuses bad names and attributes', async () => {
  await expect(create('no spaces')).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await expect(create('no-suffix', { FifoQueue: 'true' })).rejects.toThrow('.fifo suffix')
  await expect(create('suffix.fifo')).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await expect(create('q', { FifoQueue: 'false' })).rejects.toBeInstanceOf(InvalidAttributeName)
  await expect(create('q', { VisibilityTimeout: '43201' })).rejects.toBeInstanceOf(InvalidAttributeValue)
  await expect(create('q', { Shoe: 'size' })).rejects.toBeInstanceOf(InvalidAttributeName)
  await expect(create('q', { RedrivePolicy: 'none' })).rejects.toBeInstanceOf(InvalidAttributeValue)
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:124355672559:nowhere'
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 })
  await expect(create('q', { RedrivePolicy })).rejects.toThrow('Dead letter target does not exist')
  await expect(attributes(`${cloud.endpoint}/1/nowhere`)).rejects.toBeInstanceOf(QueueDoesNotExist)
})

test('names what redrives into a dead-letter queue, of its own kind and allowed', async () => {
  const dlq = await create('dead.fifo', { FifoQueue: 'true' })
  const { QueueArn } = (await attributes(dlq)) as Record<string, string>
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount: '3' })
  await expect(create('standard-source', { RedrivePolicy })).rejects.toThrow('same type')
  const url = await create('source.fifo', { FifoQueue: 'true', RedrivePolicy })
  expect(await create('source.fifo', { FifoQueue: 'true', RedrivePolicy })).toBe(url)
  expect(await attributes(url)).toMatchObject({
    FifoQueue: 'true',
    RedrivePolicy: `{"deadLetterTargetArn":"${QueueArn}","maxReceiveCount":3}`,
  })
  const sources = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dlq }))
  expect(sources.queueUrls).toEqual([url])
  const RedriveAllowPolicy = JSON.stringify({ redrivePermission: 'denyAll' })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: dlq, Attributes: { RedriveAllowPolicy } }))
  await expect(create('other.fifo', { FifoQueue: 'true', RedrivePolicy })).rejects.toThrow('does not allow')
})

test('sets, removes and forbids attributes', async () => {
  const QueueUrl = await create('settings')
  const set = (Attributes: Record<string, string>) =>
    sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))
  await set({ KmsMasterKeyId: 'alias/health', VisibilityTimeout: '90' })
  expect(await attributes(QueueUrl)).toMatchObject({
    KmsMasterKeyId: 'alias/health',
    SqsManagedSseEnabled: 'false',
    VisibilityTimeout: '90',
  })
  await set({ KmsMasterKeyId: '' })
  expect(await attributes(QueueUrl)).not.toHaveProperty('KmsMasterKeyId')
  await expect(set({ FifoQueue: 'true' })).rejects.toBeInstanceOf(InvalidAttributeName)
})

test('makes a deleted name wait a minute, and a purge too', async () => {
  const slow = await startTestCloud({ services: [createSqs], speed: 1 })
  try {
    const client = new SQSClient(slow.client)
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'brief' }))
    await client.send(new PurgeQueueCommand({ QueueUrl }))
    await expect(client.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toBeInstanceOf(
      PurgeQueueInProgress,
    )
    await client.send(new DeleteQueueCommand({ QueueUrl }))
    await expect(client.send(new DeleteQueueCommand({ QueueUrl }))).rejects.toBeInstanceOf(QueueDoesNotExist)
    const again = new CreateQueueCommand({ QueueName: 'brief' })
    await expect(client.send(again)).rejects.toBeInstanceOf(QueueDeletedRecently)
    slow.clock.advance(60_000)
    expect(await client.send(again)).toMatchObject({ QueueUrl })
  } finally {
    await slow.dispose()
  }
})
