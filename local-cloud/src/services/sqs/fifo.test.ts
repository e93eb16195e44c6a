import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type Message,
  ReceiveMessageCommand,
  ResourceNotFoundException,
  SendMessageCommand,
  type SendMessageRequest,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSqs } from './sqs.ts'

let cloud: TestCloud
let sqs: SQSClient
let dead: string
let QueueUrl: string
let made = 0

const clientNow = () => new SQSClient({ ...cloud.client, systemClockOffset: cloud.clock.now() - Date.now() })
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSqs] })
})
afterAll(() => cloud.dispose())
beforeEach(async () => {
  sqs = clientNow()
  const create = async (QueueName: string, more: Record<string, string> = {}) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true', ...more } })))
      .QueueUrl as string
  dead = await create(`dead-${made}.fifo`)
  const deadLetterTargetArn = arn(dead)
  QueueUrl = await create(`queue-${made++}.fifo`, {
    ContentBasedDeduplication: 'true',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
  })
})

const arn = (url: string) => `arn:aws:sqs:us-east-1:124355672559:${url.split('/').pop()}`
function advance(ms: number): void {
  cloud.clock.advance(ms)
  sqs = clientNow()
}
const send = (MessageBody: string, MessageGroupId: string, more: Partial<SendMessageRequest> = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId, ...more }))
const receive = async (MaxNumberOfMessages = 10, url = QueueUrl) =>
  (
    await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages,
        VisibilityTimeout: 30,
        MessageSystemAttributeNames: ['All'],
      }),
    )
  ).Messages ?? []
const remove = (message: Message | undefined) =>
  sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }))
const bodies = (messages: Message[]) => messages.map(m => m.Body)

test('gives back the first send of a deduplication id for five minutes, even once deleted', async () => {
  const first = await send('same', 'a')
  const again = await send('same', 'b')
  expect([again.MessageId, again.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber])
  expect((await send('same', 'a', { MessageDeduplicationId: 'other' })).MessageId).not.toBe(first.MessageId)
  for (const message of await receive()) await remove(message)
  expect((await send('same', 'a')).MessageId).toBe(first.MessageId)
  expect(await receive()).toEqual([])
  advance(5 * 60_000)
  const later = await send('same', 'a')
  expect(later.MessageId).not.toBe(first.MessageId)
  expect(BigInt(later.SequenceNumber as string)).toBeGreaterThan(BigInt(first.SequenceNumber as string))
})

test('one receive gives a run of a group, which is then locked while the others flow', async () => {
  for (const [body, group] of ['a0', 'b0', 'a1', 'a2', 'b1'].map(b => [b, b[0]] as [string, string]))
    await send(body, group)
  const run = await receive(2)
  expect(bodies(run)).toEqual(['a0', 'a1'])
  expect(bodies(await receive(10))).toEqual(['b0', 'b1'])
  expect(await receive()).toEqual([])
  await remove(run[0])
  expect(await receive()).toEqual([])
  await remove(run[1])
  expect(bodies(await receive())).toEqual(['a2'])
})

test('keeps the order after a visibility timeout, and refuses the receipt that ran out', async () => {
  for (const body of ['0', '1', '2']) await send(body, 'a')
  const [late] = await receive(1)
  advance(30_000)
  await expect(remove(late)).rejects.toThrow('The receipt handle has expired')
  expect(bodies(await receive())).toEqual(['0', '1', '2'])
})

test('a message given back by hand comes first again', async () => {
  for (const body of ['0', '1']) await send(body, 'a')
  const [first] = await receive(1)
  const ReceiptHandle = first?.ReceiptHandle
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }))
  expect(bodies(await receive())).toEqual(['0', '1'])
})

test('moves what fails too often to the dead-letter queue, lets the group flow on, and redrives it', async () => {
  await send('poison', 'a')
  await send('good', 'a')
  for (let attempt = 1; attempt <= 2; attempt++) {
    expect(bodies(await receive(1))).toEqual(['poison'])
    advance(30_000)
  }
  expect(bodies(await receive())).toEqual(['good'])
  const [buried] = await receive(10, dead)
  expect(buried).toMatchObject({
    Body: 'poison',
    Attributes: { MessageGroupId: 'a', DeadLetterQueueSourceArn: arn(QueueUrl) },
  })

  await expect(sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn(QueueUrl) }))).rejects.toMatchObject(
    { name: 'InvalidParameterValue' },
  )
  await expect(
    sqs.send(new StartMessageMoveTaskCommand({ SourceArn: `${arn(dead)}x` })),
  ).rejects.toBeInstanceOf(ResourceNotFoundException)
  advance(30_000)
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn(dead) }))
  await vi.waitFor(async () => {
    const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn(dead) }))
    expect(Results).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }])
  })
  const [back] = (await receive()).filter(m => m.Body === 'poison')
  expect(back?.Attributes).toMatchObject({ ApproximateReceiveCount: '1', MessageGroupId: 'a' })
})

test('a restart keeps messages, order, flight, deletions and deduplication', async () => {
  const state = cloud.state
  const sent = await send('0', 'a')
  await send('1', 'a')
  await send('2', 'b')
  const taken = await receive(1)
  const other = (await receive(10))[0]
  await remove(other)
  await cloud.stop()
  const before = cloud
  cloud = await startTestCloud({ state, services: [createSqs] })
  try {
    cloud.clock.advance(before.clock.now() - cloud.clock.now())
    sqs = clientNow()
    QueueUrl = `${cloud.endpoint}/124355672559/${QueueUrl.split('/').pop()}`
    expect((await send('0', 'a')).MessageId).toBe(sent.MessageId)
    expect(await receive()).toEqual([])
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
    })
    await remove(taken[0])
    expect(bodies(await receive())).toEqual(['1'])
  } finally {
    await cloud.stop()
    cloud = before
  }
})
