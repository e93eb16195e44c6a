import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns'
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSqs } from '../sqs/sqs.ts'
import { createSns } from './sns.ts'

let cloud: TestCloud
let sns: SNSClient
let TopicArn: string
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSqs, createSns] })
  sns = new SNSClient(cloud.client)
  const made = await sns.send(new CreateTopicCommand({ Name: 'pager', Tags: [{ Key: 'a', Value: 'b' }] }))
  TopicArn = made.TopicArn as string
})
afterAll(() => cloud.dispose())

test('what is published reaches queues, wrapped or raw, and nobody else', async () => {
  const sqs = new SQSClient(cloud.client)
  const queue = async (QueueName: string, RawMessageDelivery: string) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }))
    await sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: `arn:aws:sqs:us-east-1:124355672559:${QueueName}`,
        Attributes: { RawMessageDelivery },
      }),
    )
    return async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0]?.Body
  }
  const [wrapped, raw] = [await queue('wrapped', 'false'), await queue('raw', 'true')]
  const mail = await sns.send(
    new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'operator@example.org' }),
  )
  expect(mail.SubscriptionArn).toBe('pending confirmation')
  const { MessageId } = await sns.send(new PublishCommand({ TopicArn, Subject: 'hot', Message: 'it burns' }))
  expect(await raw()).toBe('it burns')
  expect(JSON.parse((await wrapped()) ?? '')).toMatchObject({
    Type: 'Notification',
    MessageId,
    TopicArn,
    Subject: 'hot',
    Message: 'it burns',
  })
  const answer = await fetch(`${cloud.endpoint}/_sns/messages`)
  const { messages } = (await answer.json()) as { messages: { id: string; deliveries: string[] }[] }
  expect(messages[0]?.id).toBe(MessageId)
  expect(messages[0]?.deliveries.sort()).toEqual([
    'email operator@example.org: not confirmed',
    'sqs arn:aws:sqs:us-east-1:124355672559:raw: delivered',
    'sqs arn:aws:sqs:us-east-1:124355672559:wrapped: delivered',
  ])
  const { Subscriptions } = await sns.send(new ListSubscriptionsCommand())
  expect(Subscriptions).toHaveLength(3)
})

test('a topic is made once, and refused as on AWS', async () => {
  expect((await sns.send(new CreateTopicCommand({ Name: 'pager' }))).TopicArn).toBe(TopicArn)
  const changed = new CreateTopicCommand({ Name: 'pager', Attributes: { DisplayName: 'other' } })
  await expect(sns.send(changed)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  await expect(sns.send(new CreateTopicCommand({ Name: 'no spaces' }))).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  const nowhere = `${TopicArn}-not`
  await expect(sns.send(new PublishCommand({ TopicArn: nowhere, Message: 'x' }))).rejects.toMatchObject({
    name: 'NotFoundException',
  })
  await expect(
    sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [] })),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } })
  await sns.send(new DeleteTopicCommand({ TopicArn: nowhere }))
})

test('topics outlive a restart', async () => {
  const { state } = cloud
  await cloud.stop()
  cloud = await startTestCloud({ services: [createSqs, createSns], state })
  const { Attributes } = await new SNSClient(cloud.client).send(new GetTopicAttributesCommand({ TopicArn }))
  expect(Attributes).toMatchObject({ SubscriptionsConfirmed: '2', SubscriptionsPending: '1' })
})
