import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { createLogs as createLogsService } from '@clarity/local-cloud/services/logs'
import { createMonitoring } from '@clarity/local-cloud/services/monitoring'
import { createSqs } from '@clarity/local-cloud/services/sqs'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogs } from '../aws/logs.ts'
import { createQueueAge } from '../aws/queue-age.ts'
import { createQueues } from '../aws/queues.ts'
import type { Event } from '../ui/events.ts'
import { type QueueWorld, readQueueStatus } from './read-status.ts'
import { redrive } from './redrive.ts'
import { queueLines } from './report.ts'

const GROUP = '/ecs/clarity-backend-worker'
const SECRET = 'user-with-a-name'
let cloud: TestCloud
let sqs: SQSClient
let world: QueueWorld

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSqs, createLogsService, createMonitoring] })
  sqs = new SQSClient(cloud.client)
  const deadUrl = await queue('dead.fifo')
  const deadLetterTargetArn = (await attributes(deadUrl)).QueueArn
  const url = await queue('work.fifo', {
    VisibilityTimeout: '0',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
  })
  const access = cloud.client
  world = {
    queues: createQueues(access),
    age: createQueueAge(access),
    logs: createLogs(access),
    queue: { name: 'work.fifo', url },
    deadLetters: { name: 'dead.fifo', url: deadUrl },
    workerLogGroup: GROUP,
    now: () => new Date(),
  }
})
afterAll(() => cloud.dispose())

async function queue(QueueName: string, more: Record<string, string> = {}): Promise<string> {
  const Attributes = { FifoQueue: 'true', ...more }
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
  return QueueUrl as string
}

async function attributes(QueueUrl: string): Promise<Record<string, string>> {
  const asked = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  return asked.Attributes ?? {}
}

/** Sends a message, has it received once more than it may be, and @returns its id. */
async function giveUp(group: string): Promise<string> {
  const QueueUrl = world.queue.url
  const { MessageId } = await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: JSON.stringify({ user_id: SECRET }),
      MessageGroupId: group,
      MessageDeduplicationId: group,
    }),
  )
  for (let i = 0; i < 2; i++) await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
  return MessageId as string
}

async function write(...lines: object[]): Promise<void> {
  const logs = new CloudWatchLogsClient(cloud.client)
  const logStreamName = 'ecs/worker/task'
  await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }))
  await logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName }))
  const logEvents = lines.map(line => ({ timestamp: Date.now() + 1000, message: JSON.stringify(line) }))
  await logs.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName, logEvents }))
}

const move = () => {
  const events: Event[] = []
  const signal = AbortSignal.timeout(20_000)
  return redrive({
    queues: world.queues,
    deadLetterUrl: world.deadLetters.url,
    emit: event => void events.push(event),
    signal,
    pollMs: 5,
  })
}

test('shows what was given up and why, without a body, and moves it back', async () => {
  expect(await move()).toBeUndefined()
  const [known, unknown] = [await giveUp('a'), await giveUp('b')]
  await write(
    { level: 'error', event: 'upload not processed', message_id: known, error: { type: 'OldError' } },
    {
      level: 'error',
      event: 'upload not processed',
      message_id: known,
      upload_id: 'upload-1',
      error: { type: 'TimeoutError', http_status: 503 },
    },
    { level: 'info', event: 'upload processed', message_id: 'another' },
  )
  const status = await readQueueStatus(world)
  expect(status).toMatchObject({
    queue: { waiting: 0, inFlight: 0, maxReceives: 1 },
    deadLetters: { waiting: 2 },
    unchecked: [],
  })
  expect(status.looked.map(({ message, reason, upload }) => [message, reason, upload])).toEqual([
    [known, 'upload not processed: TimeoutError (http 503)', 'upload-1'],
    [unknown, 'unknown', undefined],
  ])
  const text = queueLines(status, 'local', new Date()).join('\n')
  expect(text).toContain('1 × upload not processed: TimeoutError (http 503)')
  expect(text).toContain('clarity queue local redrive')
  expect(text + JSON.stringify(status)).not.toContain(SECRET)
  // looking has hidden nothing
  expect((await readQueueStatus(world)).looked).toHaveLength(2)

  expect(await move()).toEqual({ status: 'COMPLETED', moved: 2, toMove: 2, deadLettersLeft: 0 })
  expect(await readQueueStatus(world)).toMatchObject({
    queue: { waiting: 2 },
    deadLetters: { waiting: 0 },
    looked: [],
    move: { status: 'COMPLETED', moved: 2 },
  })
})

test('what cannot be asked is named, and hides nothing else', async () => {
  await giveUp('c')
  const refusing = {
    ...world,
    logs: { since: () => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDeniedException' })) },
  }
  const { looked, unchecked } = await readQueueStatus(refusing)
  expect(looked.map(({ reason }) => reason)).toContain('unknown')
  expect(unchecked).toEqual(["the worker's log: AccessDeniedException"])
})
