import type {
  Message,
  MessageSystemAttributeName,
  ReceiveMessageRequest,
  ReceiveMessageResult,
} from '@aws-sdk/client-sqs'
import type { RequestContext, ServiceContext } from '../../core/service.ts'
import { bury } from './dead-letters.ts'
import type { Content, Letter } from './mailbox.ts'
import { attributesDigest, pickAttributes } from './message-attributes.ts'
import type { Queue, Queues } from './queues.ts'
import { newReceipt, receiptHandle } from './receipts.ts'
import { sequenceNumber } from './send.ts'
import { invalidValue, sqsError, wholeNumber } from './sqs-errors.ts'

/** Most messages of a queue that may be in flight: 120 000, standard and (since November 2024) FIFO. */
const MOST_IN_FLIGHT = 120_000

const SYSTEM_NAMES = new Set<string>([
  'All',
  'AWSTraceHeader',
  'ApproximateFirstReceiveTimestamp',
  'ApproximateReceiveCount',
  'DeadLetterQueueSourceArn',
  'MessageDeduplicationId',
  'MessageGroupId',
  'SenderId',
  'SentTimestamp',
  'SequenceNumber',
])

/** ReceiveMessage: what is deliverable now, or as soon as it is within the wait. */
export function receiveOperation(context: ServiceContext, queues: Queues, stopping: AbortSignal) {
  const { clock, store } = context

  async function receiveMessage(
    input: ReceiveMessageRequest,
    { signal }: RequestContext,
  ): Promise<ReceiveMessageResult> {
    const queue = queues.byUrl(input.QueueUrl)
    const most = wholeNumber('MaxNumberOfMessages', input.MaxNumberOfMessages, 1, 10) ?? 1
    const hidden = wholeNumber('VisibilityTimeout', input.VisibilityTimeout, 0, 43_200)
    const wait = wholeNumber('WaitTimeSeconds', input.WaitTimeSeconds, 0, 20)
    const systemNames = readSystemNames(input)
    const deadline =
      clock.now() + (wait === undefined ? queue.milliseconds('ReceiveMessageWaitTimeSeconds') : wait * 1000)
    const until = AbortSignal.any([signal, stopping, queue.deleted.signal])
    for (;;) {
      if (queue.deleted.signal.aborted) throw queue.deleted.signal.reason
      // nobody would get what were taken now
      if (until.aborted) return {}
      const timeout = hidden === undefined ? queue.milliseconds('VisibilityTimeout') : hidden * 1000
      const taken = take(queue, most, timeout)
      queue.tally.NumberOfMessagesReceived += taken.length
      if (taken.length > 0)
        return { Messages: taken.map(letter => deliver(queue, letter, systemNames, input)) }
      if (clock.now() >= deadline) {
        queue.tally.NumberOfEmptyReceives++
        return {}
      }
      await queue.mailbox.changed(deadline, until)
    }
  }

  function take(queue: Queue, most: number, timeout: number): Letter[] {
    return store.transaction(() => {
      const { mailbox } = queue
      const room = MOST_IN_FLIGHT - mailbox.inFlight()
      if (room <= 0 && !queue.record.fifo)
        throw sqsError('OverLimit', `More than ${MOST_IN_FLIGHT} messages are in flight.`)
      const redrive = queue.redrive()
      const grave = redrive && queues.byArn(redrive.deadLetterTargetArn)
      const letters = mailbox.choose(Math.min(most, Math.max(0, room)), letter => {
        if (!grave || letter.receiveCount < redrive.maxReceiveCount) return true
        bury(queue, grave, letter, clock.now())
        return false
      })
      const now = clock.now()
      for (const letter of letters) {
        letter.receipt = newReceipt()
        letter.receiveCount++
        letter.receivedAt = now
        letter.firstReceivedAt ??= now
        letter.visibleAt = now + timeout
      }
      mailbox.update(letters)
      return letters
    })
  }

  function deliver(
    queue: Queue,
    letter: Letter,
    names: ReadonlySet<string>,
    input: ReceiveMessageRequest,
  ): Message {
    const content = queue.mailbox.content(letter)
    const attributes = pickAttributes(content.attributes, input.MessageAttributeNames)
    const some = Object.keys(attributes).length > 0
    const system = systemAttributes(queue, letter, content)
    const shown = Object.entries(system).filter(
      ([name, value]) => value !== undefined && (names.has('All') || names.has(name)),
    )
    return {
      MessageId: letter.messageId,
      ReceiptHandle: receiptHandle(queue, letter),
      MD5OfBody: content.md5,
      Body: content.body,
      Attributes: shown.length > 0 ? (Object.fromEntries(shown) as Message['Attributes']) : undefined,
      // binary values stay as they came: base64 on the wire both ways
      MessageAttributes: some ? (attributes as unknown as Message['MessageAttributes']) : undefined,
      MD5OfMessageAttributes: attributesDigest(attributes),
    }
  }

  return receiveMessage
}

function systemAttributes(
  queue: Queue,
  letter: Letter,
  content: Content,
): Partial<Record<MessageSystemAttributeName, string>> {
  return {
    AWSTraceHeader: content.system.AWSTraceHeader?.StringValue,
    ApproximateFirstReceiveTimestamp: String(letter.firstReceivedAt),
    ApproximateReceiveCount: String(letter.receiveCount),
    DeadLetterQueueSourceArn: letter.source,
    MessageDeduplicationId: content.dedupId,
    MessageGroupId: letter.group,
    SenderId: content.senderId,
    SentTimestamp: String(letter.sentAt),
    SequenceNumber: queue.record.fifo ? sequenceNumber(letter.order) : undefined,
  }
}

function readSystemNames(input: ReceiveMessageRequest): ReadonlySet<string> {
  const names: string[] = [...(input.MessageSystemAttributeNames ?? []), ...(input.AttributeNames ?? [])]
  const unknown = names.find(name => !SYSTEM_NAMES.has(name))
  if (unknown !== undefined) throw invalidValue('MessageSystemAttributeNames', unknown, 'Unknown attribute.')
  return new Set(names)
}
