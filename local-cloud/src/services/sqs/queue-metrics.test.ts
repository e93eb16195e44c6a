import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createMonitoring } from '../monitoring/monitoring.ts'
import { createSqs } from './sqs.ts'

const MINUTE = 60_000
let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ speed: 1, services: [createMonitoring, createSqs] })
})
afterAll(() => cloud.dispose())

const sqs = () => new SQSClient({ ...cloud.client, systemClockOffset: cloud.clock.now() - Date.now() })
const create = async (QueueName: string, Attributes?: Record<string, string>) =>
  (await sqs().send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl as string
const send = (QueueUrl: string, MessageBody: string) =>
  sqs().send(new SendMessageCommand({ QueueUrl, MessageBody }))
const receive = async (QueueUrl: string, VisibilityTimeout: number) =>
  (await sqs().send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout }))).Messages?.[0]

/** Lets a minute pass and reads what CloudWatch was told of a queue at its end. */
async function minuteOf(queue: string): Promise<Record<string, number>> {
  const start = cloud.clock.now()
  cloud.clock.advance(MINUTE)
  const told: Record<string, number> = {}
  const names = [
    'ApproximateNumberOfMessagesVisible',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateAgeOfOldestMessage',
    'NumberOfMessagesSent',
    'NumberOfMessagesReceived',
    'NumberOfMessagesDeleted',
    'NumberOfEmptyReceives',
    'SentMessageSize',
  ]
  for (const MetricName of names) {
    const ask = () =>
      cloud.invoke<{ Datapoints?: { Sum?: number; Timestamp?: Date }[] }>(
        'monitoring',
        'GetMetricStatistics',
        {
          Namespace: 'AWS/SQS',
          MetricName,
          Dimensions: [{ Name: 'QueueName', Value: queue }],
          StartTime: new Date(start),
          EndTime: new Date(start + 2 * MINUTE),
          Period: 60,
          Statistics: ['Sum'],
        },
        'test',
      )
    const { Datapoints } = await ask()
    if (Datapoints?.length) told[MetricName] = Datapoints.at(-1)?.Sum as number
  }
  return told
}

test('tells CloudWatch each minute what a queue holds and what happened to it', async () => {
  const url = await create('work')
  await send(url, 'four')
  await send(url, 'again')
  const first = await receive(url, 300)
  await sqs().send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first?.ReceiptHandle }))
  await receive(url, 300)
  await receive(url, 300)
  expect(await minuteOf('work')).toEqual({
    ApproximateNumberOfMessagesVisible: 0,
    ApproximateNumberOfMessagesNotVisible: 1,
    ApproximateAgeOfOldestMessage: 60,
    NumberOfMessagesSent: 2,
    NumberOfMessagesReceived: 2,
    NumberOfMessagesDeleted: 1,
    NumberOfEmptyReceives: 1,
    SentMessageSize: 9,
  })
  expect(await minuteOf('work')).toMatchObject({
    ApproximateAgeOfOldestMessage: 120,
    NumberOfMessagesSent: 0,
  })
})

test('what was received more than three times is not the oldest, and a dead letter is as old as its move', async () => {
  const grave = await create('grave')
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:124355672559:grave'
  const url = await create('poisoned', {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 4 }),
  })
  await send(url, 'poison')
  for (let at = 0; at < 4; at++) await receive(url, 0)
  cloud.clock.advance(MINUTE)
  await send(url, 'fresh')
  expect(await minuteOf('poisoned')).toMatchObject({ ApproximateAgeOfOldestMessage: 60 })
  await receive(url, 300)
  expect(await minuteOf('grave')).toMatchObject({
    ApproximateAgeOfOldestMessage: 60,
    NumberOfMessagesSent: 0,
  })
  expect(grave).toContain('grave')
})
