import { createHash, randomUUID } from 'node:crypto'
import type {
  SendMessageBatchRequest,
  SendMessageBatchResult,
  SendMessageBatchResultEntry,
  SendMessageRequest,
  SendMessageResult,
} from '@aws-sdk/client-sqs'
import type { Operation, RequestContext, ServiceContext } from '../../core/service.ts'
import { eachEntry } from './batch.ts'
import type { Deduplication } from './deduplication.ts'
import type { Content, Letter } from './mailbox.ts'
import {
  attributesDigest,
  attributesSize,
  checkAttributes,
  md5,
  type WireAttributes,
} from './message-attributes.ts'
import { LARGEST_MESSAGE } from './queue-attributes.ts'
import type { Queue, Queues } from './queues.ts'
import { invalidValue, missing, sqsError, wholeNumber } from './sqs-errors.ts'

/** A message on its way into a queue, with the answer that its sender will get. */
interface Prepared {
  letter: Letter
  content: Content
  answer: SendMessageResult
  /** Set where the message must be remembered for five minutes. */
  dedup?: { scope: string; id: string }
  duplicate: boolean
}

/** SendMessage and SendMessageBatch: nothing is answered before it is in the store. */
export function sendOperations(
  { clock, store }: ServiceContext,
  queues: Queues,
  deduplication: Deduplication,
): Record<string, Operation> {
  function prepare(queue: Queue, input: SendMessageRequest, caller: RequestContext['caller']): Prepared {
    const { fifo } = queue.record
    const content = readContent(queue, input, caller)
    const group = readGroup(fifo, input.MessageGroupId)
    content.dedupId = readDedupId(queue, input, content)
    const answer: SendMessageResult = {
      MD5OfMessageBody: content.md5,
      MD5OfMessageAttributes: attributesDigest(content.attributes),
      MD5OfMessageSystemAttributes: attributesDigest(content.system),
    }
    const delay = readDelay(queue, input.DelaySeconds)
    const now = clock.now()
    const letter: Letter = {
      order: 0,
      messageId: randomUUID(),
      group,
      sentAt: now,
      enqueuedAt: now,
      visibleAt: now + delay,
      receiveCount: 0,
    }
    if (!fifo) return number(queue, { letter, content, answer, duplicate: false })
    const byGroup = queue.record.attributes.DeduplicationScope === 'messageGroup'
    const scope = byGroup ? `${queue.record.id}/${group}` : queue.record.id
    const dedup = { scope, id: content.dedupId as string }
    const first = deduplication.find(dedup.scope, dedup.id)
    if (!first) return number(queue, { letter, content, answer, dedup, duplicate: false })
    answer.MessageId = first.messageId
    answer.SequenceNumber = sequenceNumber(first.order)
    return { letter, content, answer, duplicate: true }
  }

  /** Gives a new message its place, and remembers it at once: the next entry of a batch may repeat it. */
  function number(queue: Queue, prepared: Prepared): Prepared {
    const { letter, answer, dedup } = prepared
    letter.order = queue.mailbox.nextOrder()
    answer.MessageId = letter.messageId
    if (queue.record.fifo) answer.SequenceNumber = sequenceNumber(letter.order)
    if (dedup) deduplication.remember(dedup.scope, dedup.id, letter)
    return prepared
  }

  /** One transaction: a deduplication id kept without its message would lose the sender's retry. */
  function post<Answer>(queue: Queue, prepare: (prepared: Prepared[]) => Answer): Answer {
    const prepared: Prepared[] = []
    try {
      const answer = store.transaction(() => {
        const made = prepare(prepared)
        const added = prepared.filter(({ duplicate }) => !duplicate)
        if (added.length > 0) queue.mailbox.add(added)
        return made
      })
      for (const { duplicate, content } of prepared) if (!duplicate) count(queue, content)
      return answer
    } catch (error) {
      for (const { dedup } of prepared) if (dedup) deduplication.undo(dedup.scope, dedup.id)
      throw error
    }
  }

  function sendMessage(input: SendMessageRequest, { caller }: RequestContext): SendMessageResult {
    const queue = queues.byUrl(input.QueueUrl)
    return post(queue, prepared => {
      const made = prepare(queue, input, caller)
      prepared.push(made)
      return made.answer
    })
  }

  function sendMessageBatch(
    input: SendMessageBatchRequest,
    { caller }: RequestContext,
  ): SendMessageBatchResult {
    const queue = queues.byUrl(input.QueueUrl)
    const total = (input.Entries ?? []).reduce(
      (sum, entry) =>
        sum +
        Buffer.byteLength(entry.MessageBody ?? '') +
        attributesSize((entry.MessageAttributes ?? {}) as WireAttributes),
      0,
    )
    if (total > LARGEST_MESSAGE)
      throw sqsError(
        'BatchRequestTooLong',
        `Batch requests cannot be longer than ${LARGEST_MESSAGE} bytes. You have sent ${total} bytes.`,
      )
    return post(queue, prepared =>
      eachEntry(input.Entries, entry => {
        const made = prepare(queue, { ...entry, QueueUrl: input.QueueUrl }, caller)
        prepared.push(made)
        return { Id: entry.Id, ...made.answer } as SendMessageBatchResultEntry
      }),
    )
  }

  return { SendMessage: sendMessage, SendMessageBatch: sendMessageBatch }
}

function count({ tally }: Queue, { body, attributes }: Content): void {
  const size = Buffer.byteLength(body) + attributesSize(attributes)
  tally.NumberOfMessagesSent++
  tally.sizes.set(size, (tally.sizes.get(size) ?? 0) + 1)
}

/** The 20 digits that AWS shows of a FIFO message's place. */
export function sequenceNumber(order: number): string {
  return `1${String(order).padStart(19, '0')}`
}

function readContent(queue: Queue, input: SendMessageRequest, caller: RequestContext['caller']): Content {
  const body = input.MessageBody
  if (!body) throw missing('MessageBody')
  // XML 1.0 characters only, as the API reference of SendMessage lists them
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(body))
    throw sqsError('InvalidMessageContents', 'The message contains characters outside the allowed set.')
  const attributes = (input.MessageAttributes ?? {}) as WireAttributes
  const system = (input.MessageSystemAttributes ?? {}) as WireAttributes
  checkAttributes(attributes)
  const stranger = Object.keys(system).find(name => name !== 'AWSTraceHeader')
  if (stranger) throw invalidValue('MessageSystemAttributes', stranger, 'Only AWSTraceHeader may be sent.')
  const most = Number(queue.record.attributes.MaximumMessageSize)
  if (Buffer.byteLength(body) + attributesSize(attributes) > most)
    throw sqsError(
      'InvalidParameterValueException',
      `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
    )
  return { body, md5: md5(body), attributes, system, senderId: caller.userId }
}

function readGroup(fifo: boolean, group: string | undefined): string | undefined {
  if (fifo && !group) throw missing('MessageGroupId')
  if (group !== undefined) checkToken('MessageGroupId', group)
  return group
}

function readDedupId(queue: Queue, input: SendMessageRequest, content: Content): string | undefined {
  const id = input.MessageDeduplicationId
  if (!queue.record.fifo) {
    if (id === undefined) return undefined
    throw invalidValue(
      'MessageDeduplicationId',
      id,
      'The request include parameter that is not valid for this queue type.',
    )
  }
  if (id !== undefined) return checkToken('MessageDeduplicationId', id)
  if (queue.record.attributes.ContentBasedDeduplication === 'true')
    return createHash('sha256').update(content.body).digest('hex')
  throw sqsError(
    'InvalidParameterValueException',
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  )
}

function readDelay(queue: Queue, delay: number | undefined): number {
  const seconds = wholeNumber('DelaySeconds', delay, 0, 900)
  if (seconds === undefined) return queue.milliseconds('DelaySeconds')
  if (queue.record.fifo && seconds > 0)
    throw invalidValue(
      'DelaySeconds',
      seconds,
      'The request include parameter that is not valid for this queue type.',
    )
  return queue.record.fifo ? queue.milliseconds('DelaySeconds') : seconds * 1000
}

function checkToken(parameter: string, value: string): string {
  if (!/^[\x21-\x7e]{1,128}$/.test(value))
    throw invalidValue(
      parameter,
      value,
      `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    )
  return value
}
