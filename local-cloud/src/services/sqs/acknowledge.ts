import type {
  ChangeMessageVisibilityBatchRequest,
  ChangeMessageVisibilityBatchResult,
  ChangeMessageVisibilityRequest,
  DeleteMessageBatchRequest,
  DeleteMessageBatchResult,
  DeleteMessageRequest,
} from '@aws-sdk/client-sqs'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { eachEntry } from './batch.ts'
import type { Queue, Queues } from './queues.ts'
import { readHandle } from './receipts.ts'
import { invalidValue, missing, sqsError, wholeNumber } from './sqs-errors.ts'

/** Longest that a message stays hidden after one receive, in seconds: 12 hours. */
const LONGEST_SECONDS = 43_200

/** What a consumer does with a message that it received: delete it, or hide it longer or shorter. */
export function acknowledgeOperations(
  { clock, store }: ServiceContext,
  queues: Queues,
): Record<string, Operation> {
  /**
   * A standard queue accepts any handle that it gave out, and deletes by the last one only.
   * A FIFO queue refuses one whose visibility timeout has run out: the order could no longer be kept.
   */
  function remove(queue: Queue, handle: string | undefined): void {
    const { letter, current } = readHandle(queue, handle)
    // a receipt of a message that is gone counts as well (SQS guide, NumberOfMessagesDeleted)
    queue.tally.NumberOfMessagesDeleted++
    if (!letter) return
    if (queue.record.fifo && (!current || letter.visibleAt <= clock.now()))
      throw invalidValue('ReceiptHandle', handle, 'The receipt handle has expired.')
    if (current) queue.mailbox.remove([letter])
  }

  function hide(queue: Queue, handle: string | undefined, timeout: number | undefined): void {
    if (timeout === undefined) throw missing('VisibilityTimeout')
    const seconds = wholeNumber('VisibilityTimeout', timeout, 0, LONGEST_SECONDS) as number
    const { letter, current } = readHandle(queue, handle)
    const now = clock.now()
    if (!letter)
      throw invalidValue(
        'ReceiptHandle',
        handle,
        'Message does not exist or is not available for visibility timeout change.',
      )
    if (!current || letter.visibleAt <= now)
      throw sqsError('MessageNotInflight', 'The specified message is not in flight.')
    if (now + seconds * 1000 > (letter.receivedAt ?? now) + LONGEST_SECONDS * 1000)
      throw invalidValue(
        'VisibilityTimeout',
        seconds,
        `Total VisibilityTimeout for the message is beyond the limit [${LONGEST_SECONDS} seconds]`,
      )
    letter.visibleAt = now + seconds * 1000
    queue.mailbox.update([letter])
  }

  function deleteMessageBatch(input: DeleteMessageBatchRequest): DeleteMessageBatchResult {
    const queue = queues.byUrl(input.QueueUrl)
    return store.transaction(() =>
      eachEntry(input.Entries, entry => {
        remove(queue, entry.ReceiptHandle)
        return { Id: entry.Id }
      }),
    )
  }

  function changeMessageVisibilityBatch(
    input: ChangeMessageVisibilityBatchRequest,
  ): ChangeMessageVisibilityBatchResult {
    const queue = queues.byUrl(input.QueueUrl)
    return store.transaction(() =>
      eachEntry(input.Entries, entry => {
        hide(queue, entry.ReceiptHandle, entry.VisibilityTimeout)
        return { Id: entry.Id }
      }),
    )
  }

  return {
    DeleteMessage: (input: DeleteMessageRequest) => remove(queues.byUrl(input.QueueUrl), input.ReceiptHandle),
    DeleteMessageBatch: deleteMessageBatch,
    ChangeMessageVisibility: (input: ChangeMessageVisibilityRequest) =>
      hide(queues.byUrl(input.QueueUrl), input.ReceiptHandle, input.VisibilityTimeout),
    ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
  }
}
