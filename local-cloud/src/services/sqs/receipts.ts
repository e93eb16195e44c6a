import { randomBytes } from 'node:crypto'
import type { Letter } from './mailbox.ts'
import type { Queue } from './queues.ts'
import { missing, sqsError } from './sqs-errors.ts'

/** A new nonce for one receive of one message. */
export function newReceipt(): string {
  return randomBytes(12).toString('base64url')
}

/** The handle that a consumer deletes by: names the queue, the message and this one receive of it. */
export function receiptHandle(queue: Queue, letter: Letter): string {
  return Buffer.from(`sqs1 ${queue.record.id} ${letter.order} ${letter.receipt}`).toString('base64')
}

/**
 * The message of a handle; `letter` is undefined once the message is gone.
 * `current` says whether the handle is of the last receive.
 * @throws AwsError `ReceiptHandleIsInvalid` for what this queue never gave out
 */
export function readHandle(
  queue: Queue,
  handle: string | undefined,
): { letter: Letter | undefined; current: boolean } {
  if (!handle) throw missing('ReceiptHandle')
  const text = Buffer.from(handle, 'base64').toString('latin1')
  const parts = /^sqs1 ([0-9a-f-]{36}) (\d+) ([\w-]{16})$/.exec(text)
  if (!parts || parts[1] !== queue.record.id)
    throw sqsError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle.slice(0, 200)}" is not a valid receipt handle.`,
    )
  const letter = queue.mailbox.find(Number(parts[2]))
  return { letter, current: letter?.receipt === parts[3] }
}
