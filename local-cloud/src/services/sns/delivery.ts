import { randomUUID } from 'node:crypto'
import type { PublishInput } from '@aws-sdk/client-sns'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import type { RestHandler, ServiceContext } from '../../core/service.ts'
import { invalid, type Message, type SnsRecords, type Subscription } from './records.ts'

/** Largest message, in bytes (SNS quotas). */
const MAX_BYTES = 262_144
/** Messages that are kept to be read; the oldest go. */
const KEPT = 500

/** Publishing, and the place where what was published can be read. */
export function createDelivery(context: ServiceContext, records: SnsRecords) {
  async function publish(input: PublishInput) {
    const { Message: text = '', Subject: subject, TopicArn } = input
    if (!TopicArn) throw notImplemented('sns', 'Publish to a TargetArn or PhoneNumber')
    const topic = records.topic(TopicArn)
    if (text === '') throw invalid('Empty message')
    if (Buffer.byteLength(text) > MAX_BYTES) throw invalid('Message too long')
    if (subject !== undefined && (subject.length > 100 || /[\n\r]/.test(subject))) throw invalid('Subject')
    const id = randomUUID()
    const publishedAt = new Date(context.clock.now()).toISOString()
    const message: Message = {
      id,
      topicArn: topic.arn,
      subject,
      message: text,
      attributes: input.MessageAttributes,
      publishedAt,
      deliveries: [],
    }
    for (const one of records.of(topic.arn)) message.deliveries.push(await deliver(one, message))
    records.messages.put(`${publishedAt} ${id}`, message)
    const keys = records.messages.keys()
    for (const key of keys.slice(0, Math.max(0, keys.length - KEPT))) records.messages.delete(key)
    return { MessageId: id }
  }

  /** Queues get it; everything else is only written down. @returns what became of it */
  async function deliver(one: Subscription, message: Message): Promise<string> {
    const to = `${one.protocol} ${one.endpoint}`
    if (one.pending) return `${to}: not confirmed`
    if (one.protocol !== 'sqs') return `${to}: recorded, not sent`
    const raw = one.attributes.RawMessageDelivery === 'true'
    const [name = ''] = one.endpoint.split(':').slice(-1)
    try {
      const { QueueUrl } = await context.invoke<{ QueueUrl: string }>(
        'sqs',
        'GetQueueUrl',
        { QueueName: name },
        'sns.amazonaws.com',
      )
      const fifo = name.endsWith('.fifo')
      await context.invoke(
        'sqs',
        'SendMessage',
        {
          QueueUrl,
          MessageBody: raw ? message.message : JSON.stringify(envelope(message)),
          ...(fifo ? { MessageGroupId: message.topicArn, MessageDeduplicationId: message.id } : {}),
        },
        'sns.amazonaws.com',
      )
      return `${to}: delivered`
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      return `${to}: ${error.code}`
    }
  }

  /** `GET /_sns/messages`: what was published, newest first. Loopback only, like all of the cloud. */
  const read: RestHandler = async (_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ messages: records.messages.list().reverse() }))
  }

  return { publish, read }
}

/** What a queue receives unless it asked for the raw message; unsigned, as there is no certificate to sign with. */
function envelope({ id, topicArn, subject, message, publishedAt }: Message): object {
  return {
    Type: 'Notification',
    MessageId: id,
    TopicArn: topicArn,
    Subject: subject,
    Message: message,
    Timestamp: publishedAt,
  }
}
