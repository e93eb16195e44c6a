import { randomUUID } from 'node:crypto'
import type { Letter } from './mailbox.ts'
import type { Queue } from './queues.ts'

/**
 * Moves a message that was received too often into the dead-letter queue: same id, group and body.
 * Retention goes on from the first sending, except in a FIFO queue, where it begins again (SQS guide).
 */
export function bury(from: Queue, grave: Queue, letter: Letter, now: number): void {
  const content = from.mailbox.content(letter)
  from.mailbox.remove([letter])
  const buried: Letter = {
    order: grave.mailbox.nextOrder(),
    messageId: letter.messageId,
    group: letter.group,
    sentAt: letter.sentAt,
    enqueuedAt: grave.record.fifo ? now : letter.enqueuedAt,
    visibleAt: now,
    firstReceivedAt: letter.firstReceivedAt,
    receiveCount: letter.receiveCount,
    source: from.arn,
  }
  grave.mailbox.add([{ letter: buried, content }])
}

/** Moves a dead letter back to where it may be worked on: a new message, with a new id and a count of zero. */
export function resurrect(grave: Queue, target: Queue, letter: Letter, now: number): void {
  const content = grave.mailbox.content(letter)
  grave.mailbox.remove([letter])
  const fresh: Letter = {
    order: target.mailbox.nextOrder(),
    messageId: randomUUID(),
    group: letter.group,
    sentAt: now,
    enqueuedAt: now,
    visibleAt: now,
    receiveCount: 0,
  }
  target.mailbox.add([{ letter: fresh, content }])
}
