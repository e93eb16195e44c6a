import assert from 'node:assert/strict'
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type Message,
  PurgeQueueCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageRequest,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { casesOf, freshName, has, refused, type Suite, until } from '../suite.ts'

const says = casesOf('AWSSimpleQueueService/latest/APIReference/')
const GUIDE = '/AWSSimpleQueueService/latest/SQSDeveloperGuide/'

/** SQS: queues, messages, FIFO, dead letters and their redrive. */
export const sqs: Suite = {
  service: 'sqs',
  cases: ({ config }) => {
    const client = new SQSClient({ ...config, useQueueUrlAsEndpoint: false })
    const create = async (Attributes: Partial<Record<QueueAttributeName, string>> = {}, name = 'queue') =>
      (
        await client.send(
          new CreateQueueCommand({
            QueueName: freshName(name) + (Attributes.FifoQueue ? '.fifo' : ''),
            Attributes,
          }),
        )
      ).QueueUrl as string
    const fifo = () => create({ FifoQueue: 'true', ContentBasedDeduplication: 'true' })
    const attributes = async (QueueUrl: string) =>
      (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ??
      {}
    const send = (QueueUrl: string, MessageBody: string, more: Partial<SendMessageRequest> = {}) =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }))
    const receive = async (QueueUrl: string, VisibilityTimeout = 30, MaxNumberOfMessages = 10) =>
      (
        await client.send(
          new ReceiveMessageCommand({
            QueueUrl,
            VisibilityTimeout,
            MaxNumberOfMessages,
            MessageSystemAttributeNames: ['All'],
          }),
        )
      ).Messages ?? []
    const remove = (QueueUrl: string, ReceiptHandle: string | undefined) =>
      client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    const bodies = (messages: Message[]) => messages.map(({ Body }) => Body)
    /** A queue whose messages go to a dead-letter queue after one receive. */
    async function withGrave() {
      const grave = await create({}, 'grave')
      const deadLetterTargetArn = (await attributes(grave)).QueueArn as string
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 })
      return { grave, graveArn: deadLetterTargetArn, source: await create({ RedrivePolicy }) }
    }

    return [
      says(
        'API_CreateQueue.html',
        'creating a queue again gives its URL, unless an attribute differs',
        async () => {
          const QueueName = freshName('twice')
          const make = (VisibilityTimeout: string) =>
            client.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout } }))
          assert.equal((await make('40')).QueueUrl, (await make('40')).QueueUrl)
          await refused(make('41'), 'QueueNameExists', 400)
        },
      ),
      says('API_SetQueueAttributes.html', 'a new queue has the default attributes', async () => {
        has(await attributes(await create()), {
          DelaySeconds: '0',
          MaximumMessageSize: '1048576',
          MessageRetentionPeriod: '345600',
          ReceiveMessageWaitTimeSeconds: '0',
          VisibilityTimeout: '30',
          SqsManagedSseEnabled: 'true',
        })
      }),
      says('API_SetQueueAttributes.html', 'attributes change, and bad ones are refused', async () => {
        const QueueUrl = await create()
        const set = (Attributes: Record<string, string>) =>
          client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))
        await set({ VisibilityTimeout: '7' })
        assert.equal((await attributes(QueueUrl)).VisibilityTimeout, '7')
        await refused(set({ VisibilityTimeout: '43201' }), 'InvalidAttributeValue', 400)
        await refused(set({ NoSuchThing: '1' }), 'InvalidAttributeName', 400)
      }),
      says('API_GetQueueUrl.html', 'a queue that does not exist is QueueDoesNotExist', () =>
        refused(
          client.send(new GetQueueUrlCommand({ QueueName: freshName('none') })),
          'QueueDoesNotExist',
          400,
        ),
      ),
      says('API_ListQueues.html', 'lists by prefix, in pages where MaxResults is given', async () => {
        const prefix = freshName('page')
        for (const end of ['a', 'b', 'c'])
          await client.send(new CreateQueueCommand({ QueueName: prefix + end }))
        const list = (NextToken?: string) =>
          client.send(new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2, NextToken }))
        const first = await list()
        assert.equal(first.QueueUrls?.length, 2)
        const second = await list(first.NextToken)
        assert.equal(second.QueueUrls?.length, 1)
        assert.equal(second.NextToken, undefined)
      }),
      says('API_UntagQueue.html', 'tags are kept and removed', async () => {
        const { QueueUrl } = await client.send(
          new CreateQueueCommand({ QueueName: freshName('tags'), tags: { a: '1', b: '2' } }),
        )
        await client.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['a'] }))
        assert.deepEqual((await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags, { b: '2' })
      }),
      says('API_Message.html', 'a message arrives with its id, digest and system attributes', async () => {
        const QueueUrl = await create()
        const sent = await send(QueueUrl, 'hello')
        const [message] = await receive(QueueUrl)
        has(message, { MessageId: sent.MessageId, Body: 'hello', MD5OfBody: sent.MD5OfMessageBody })
        has(message?.Attributes, { ApproximateReceiveCount: '1' })
        assert.match(message?.Attributes?.SentTimestamp ?? '', /^\d{13}$/)
      }),
      says(
        'API_ChangeMessageVisibility.html',
        'a received message is hidden until it is given back',
        async () => {
          const QueueUrl = await create()
          await send(QueueUrl, 'once')
          const [first] = await receive(QueueUrl)
          assert.deepEqual(await receive(QueueUrl), [])
          const give = () =>
            client.send(
              new ChangeMessageVisibilityCommand({
                QueueUrl,
                ReceiptHandle: first?.ReceiptHandle,
                VisibilityTimeout: 0,
              }),
            )
          await give()
          assert.equal((await receive(QueueUrl))[0]?.Attributes?.ApproximateReceiveCount, '2')
        },
      ),
      says('API_DeleteMessage.html', 'a deleted message is gone, and a made-up receipt refused', async () => {
        const QueueUrl = await create()
        await send(QueueUrl, 'x')
        const [message] = await receive(QueueUrl, 0)
        await remove(QueueUrl, message?.ReceiptHandle)
        assert.deepEqual(await receive(QueueUrl), [])
        await refused(remove(QueueUrl, 'made-up'), 'ReceiptHandleIsInvalid', 400)
      }),
      says('API_SendMessage.html', 'a delayed message is counted, not delivered', async () => {
        const QueueUrl = await create()
        await send(QueueUrl, 'later', { DelaySeconds: 900 })
        assert.deepEqual(await receive(QueueUrl), [])
        assert.equal((await attributes(QueueUrl)).ApproximateNumberOfMessagesDelayed, '1')
        await refused(send(QueueUrl, 'x', { DelaySeconds: 901 }), 'InvalidParameterValue', 400)
      }),
      says('API_SendMessage.html', 'a body has the characters of XML and no others', async () => {
        const QueueUrl = await create()
        await send(QueueUrl, 'tab\t and \u{1F600}')
        await refused(send(QueueUrl, 'bell \u0007'), 'InvalidMessageContents', 400)
      }),
      says(`${GUIDE}quotas-messages.html`, 'a message has at most 1 MiB', async () => {
        const QueueUrl = await create()
        await send(QueueUrl, 'x'.repeat(1_048_576))
        await refused(send(QueueUrl, 'x'.repeat(1_048_577)), 'InvalidParameterValue', 400)
      }),
      says('API_ReceiveMessage.html', 'a long poll ends with the message sent meanwhile', async () => {
        const QueueUrl = await create()
        const poll = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }))
        await send(QueueUrl, 'awaited')
        assert.deepEqual(bodies((await poll).Messages ?? []), ['awaited'])
      }),
      says(
        'API_SendMessageBatch.html',
        'an entry of a batch fails alone, a bad batch fails whole',
        async () => {
          const QueueUrl = await create()
          const batch = (...entries: { Id: string; MessageBody: string; DelaySeconds?: number }[]) =>
            client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }))
          const good = { Id: 'good', MessageBody: 'x' }
          const mixed = await batch(good, { Id: 'bad', MessageBody: 'x', DelaySeconds: 901 })
          has(mixed, { Successful: [{ Id: 'good' }], Failed: [{ Id: 'bad', SenderFault: true }] })
          await refused(batch(good, good), 'BatchEntryIdsNotDistinct', 400)
          await refused(batch(), 'EmptyBatchRequest', 400)
          const half = 'x'.repeat(524_289)
          const long = ['a', 'b'].map(Id => ({ Id, MessageBody: half }))
          await refused(batch(...long), 'BatchRequestTooLong', 400)
          const eleven = Array.from({ length: 11 }, (_, at) => ({ Id: `e${at}`, MessageBody: 'x' }))
          await refused(batch(...eleven), 'TooManyEntriesInBatchRequest', 400)
        },
      ),
      says('API_DeleteMessageBatch.html', 'a batch of deletions answers for each entry', async () => {
        const QueueUrl = await create()
        await send(QueueUrl, 'x')
        const [message] = await receive(QueueUrl)
        const Entries = [
          { Id: 'good', ReceiptHandle: message?.ReceiptHandle },
          { Id: 'bad', ReceiptHandle: 'made-up' },
        ]
        const answer = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
        has(answer, { Successful: [{ Id: 'good' }], Failed: [{ Id: 'bad', Code: 'ReceiptHandleIsInvalid' }] })
      }),
      says('API_PurgeQueue.html', 'a second purge within a minute is refused', async () => {
        const QueueUrl = await create()
        await send(QueueUrl, 'x')
        await client.send(new PurgeQueueCommand({ QueueUrl }))
        assert.deepEqual(await receive(QueueUrl), [])
        await refused(client.send(new PurgeQueueCommand({ QueueUrl })), 'PurgeQueueInProgress', 400)
      }),
      says(
        `${GUIDE}FIFO-queues-understanding-logic.html`,
        'a FIFO group comes in order and is locked',
        async () => {
          const QueueUrl = await fifo()
          for (const body of ['a1', 'a2', 'a3']) await send(QueueUrl, body, { MessageGroupId: 'a' })
          const run = await receive(QueueUrl, 30, 2)
          assert.deepEqual(bodies(run), ['a1', 'a2'])
          await send(QueueUrl, 'b1', { MessageGroupId: 'b' })
          assert.deepEqual(bodies(await receive(QueueUrl)), ['b1'])
          for (const message of run) await remove(QueueUrl, message.ReceiptHandle)
          assert.deepEqual(bodies(await receive(QueueUrl)), ['a3'])
        },
      ),
      says(
        `${GUIDE}FIFO-queues-exactly-once-processing.html`,
        'a repeated deduplication id is one message',
        async () => {
          const QueueUrl = await fifo()
          const first = await send(QueueUrl, 'x', { MessageGroupId: 'a', MessageDeduplicationId: 'same' })
          const again = await send(QueueUrl, 'y', { MessageGroupId: 'a', MessageDeduplicationId: 'same' })
          assert.equal(again.MessageId, first.MessageId)
          assert.equal(again.SequenceNumber, first.SequenceNumber)
          assert.deepEqual(bodies(await receive(QueueUrl)), ['x'])
        },
      ),
      says('API_SendMessage.html', 'a FIFO queue wants a group and no delay of one message', async () => {
        const QueueUrl = await fifo()
        await refused(send(QueueUrl, 'x'), 'MissingParameter', 400)
        await refused(
          send(QueueUrl, 'x', { MessageGroupId: 'a', DelaySeconds: 5 }),
          'InvalidParameterValue',
          400,
        )
      }),
      says(
        `${GUIDE}sqs-dead-letter-queues.html`,
        'a message received too often goes to the dead-letter queue',
        async () => {
          const { grave, source } = await withGrave()
          const { MessageId } = await send(source, 'dead')
          await receive(source, 0)
          await receive(source, 0)
          const [dead] = await receive(grave)
          has(dead, { MessageId, Body: 'dead' })
          assert.equal(dead?.Attributes?.DeadLetterQueueSourceArn, (await attributes(source)).QueueArn)
          const { queueUrls } = await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: grave }))
          assert.deepEqual(queueUrls, [source])
        },
      ),
      says('API_StartMessageMoveTask.html', 'a redrive moves dead letters back to their source', async () => {
        const { grave, graveArn, source } = await withGrave()
        await send(source, 'dead')
        await receive(source, 0)
        await receive(source, 0)
        await until(
          () => attributes(grave),
          found => found.ApproximateNumberOfMessages === '1',
        )
        await client.send(new StartMessageMoveTaskCommand({ SourceArn: graveArn }))
        const list = () => client.send(new ListMessageMoveTasksCommand({ SourceArn: graveArn }))
        const { Results } = await until(list, ({ Results: tasks }) => tasks?.[0]?.Status === 'COMPLETED')
        has(Results, [{ SourceArn: graveArn, ApproximateNumberOfMessagesMoved: 1 }])
        assert.deepEqual(bodies(await receive(source)), ['dead'])
      }),
      says(
        'API_StartMessageMoveTask.html',
        'a queue that is nobody’s dead-letter queue is not redriven',
        async () => {
          const { QueueArn: SourceArn } = await attributes(await create())
          await refused(
            client.send(new StartMessageMoveTaskCommand({ SourceArn })),
            'InvalidParameterValue',
            400,
          )
          await refused(
            client.send(new StartMessageMoveTaskCommand({ SourceArn: `${SourceArn}-none` })),
            'ResourceNotFoundException',
            400,
          )
        },
      ),
    ]
  },
}
