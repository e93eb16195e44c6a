import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  type ReceiveMessageRequest,
  SendMessageCommand,
  type SendMessageRequest,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSqs } from './sqs.ts'

let cloud: TestCloud
let sqs: SQSClient
let QueueUrl: string
let made = 0

/** A client whose signatures follow the cloud's clock. */
const clientNow = () => new SQSClient({ ...cloud.client, systemClockOffset: cloud.clock.now() - Date.now() })

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSqs] })
})
afterAll(() => cloud.dispose())
beforeEach(async () => {
  sqs = clientNow()
  QueueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: `standard-${made++}` }))).QueueUrl as string
})

function advance(ms: number): void {
  cloud.clock.advance(ms)
  sqs = clientNow()
}
const send = (MessageBody: string, more: Partial<SendMessageRequest> = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }))
const receive = async (more: Partial<ReceiveMessageRequest> = {}) =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))).Messages ?? []
const counts = async () =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes

test('delivers a message with its attributes, digests and system attributes', async () => {
  const MessageAttributes = {
    trace: { DataType: 'String', StringValue: 'abc' },
    count: { DataType: 'Number.int', StringValue: '42' },
    bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 7]) },
  }
  const sent = await send('grüße', { MessageAttributes })
  expect(sent.MD5OfMessageAttributes).toMatch(/^[0-9a-f]{32}$/)
  const [message] = await receive({ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] })
  expect(message).toMatchObject({
    MessageId: sent.MessageId,
    Body: 'grüße',
    MessageAttributes,
    MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
    Attributes: { ApproximateReceiveCount: '1', SenderId: 'AIDALOCALOPERATOR000' },
  })
  expect(await counts()).toMatchObject({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '1',
  })
})

test('hides a message for its timeout, and deletes by the newest receipt only', async () => {
  await send('work')
  const [first] = await receive({ VisibilityTimeout: 30 })
  expect(await receive()).toEqual([])
  advance(30_000)
  const [second] = await receive({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] })
  expect(second?.Attributes).toEqual({ ApproximateReceiveCount: '2' })
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }))
  expect((await counts())?.ApproximateNumberOfMessagesNotVisible).toBe('1')
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle }))
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle }))
  expect((await counts())?.ApproximateNumberOfMessagesNotVisible).toBe('0')
})

test('refuses a handle that it never gave, and a visibility change of what is not in flight', async () => {
  await expect(
    sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'garbage' })),
  ).rejects.toBeInstanceOf(ReceiptHandleIsInvalid)
  await send('work')
  const [{ ReceiptHandle } = {}] = await receive()
  const change = (VisibilityTimeout: number) =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }))
  await expect(change(43_201)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await change(0)
  await expect(change(10)).rejects.toBeInstanceOf(MessageNotInflight)
  expect(await receive()).toHaveLength(1)
})

test('long-polls until a message comes, or the wait is over', async () => {
  const waiting = receive({ WaitTimeSeconds: 20 })
  const started = performance.now()
  const other = clientNow()
  await other.send(new SendMessageCommand({ QueueUrl, MessageBody: 'at last' }))
  expect((await waiting).map(m => m.Body)).toEqual(['at last'])
  expect(performance.now() - started).toBeLessThan(2000)

  const nothing = receive({ WaitTimeSeconds: 20 })
  await polling(nothing)
  advance(20_000)
  expect(await nothing).toEqual([])
})

test('a poll whose client went away takes nothing with it', async () => {
  const leaving = new AbortController()
  const gone = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
    abortSignal: leaving.signal,
  })
  await polling(gone)
  leaving.abort()
  await expect(gone).rejects.toMatchObject({ name: 'AbortError' })
  await polling(gone)
  await send('for the next')
  expect(await receive({ WaitTimeSeconds: 5 })).toHaveLength(1)
})

test('delays', async () => {
  await send('later', { DelaySeconds: 60 })
  expect((await counts())?.ApproximateNumberOfMessagesDelayed).toBe('1')
  expect(await receive()).toEqual([])
  const waiting = receive({ WaitTimeSeconds: 20 })
  await polling(waiting)
  advance(60_000)
  expect((await waiting).map(m => m.Body)).toEqual(['later'])
})

test('forgets what is older than the retention period', async () => {
  await send('old')
  advance(345_600_000)
  expect((await counts())?.ApproximateNumberOfMessages).toBe('0')
  expect(await receive()).toEqual([])
})

/** Lets requests that were sent reach the cloud: one more round trip on a connection of its own. */
async function polling(request: Promise<unknown>): Promise<void> {
  request.catch(() => {})
  for (let i = 0; i < 5; i++) await counts()
}
