import type { MortalCloud } from './cloud.ts'
import { type Json, jsonCall } from './json-call.ts'
import { BrokenPromise, type Model } from './model.ts'

const GROUPS = 5

interface Group {
  /** The next number to send; sent again, under the same deduplication id, until it is acknowledged. */
  next: number
  /** The highest that was deleted for certain. */
  deleted: number
  /** The highest whose deletion was tried. */
  deleting: number
}

/** SQS, a FIFO queue: each group's numbers come once each and in order, though senders repeat what got no answer. */
export function createFifo(cloud: MortalCloud): Model {
  const call: Json = jsonCall(cloud, 'sqs', 'AmazonSQS')
  const groups = Array.from({ length: GROUPS }, (): Group => ({ next: 1, deleted: 0, deleting: 0 }))
  let QueueUrl = ''
  let sent = 0
  let taken = 0

  async function send(at: number): Promise<void> {
    const group = groups[at] as Group
    const body = `${at}/${group.next}`
    await call('SendMessage', {
      QueueUrl,
      MessageBody: body,
      MessageGroupId: `group-${at}`,
      MessageDeduplicationId: body.replace('/', '-'),
    })
    group.next++
    sent++
  }

  async function take(): Promise<number> {
    const { Messages = [] } = await call('ReceiveMessage', {
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 30,
    })
    for (const { Body, ReceiptHandle } of Messages as Record<string, string>[]) {
      const [at = 0, number = 0] = String(Body).split('/').map(Number)
      const group = groups[at] as Group
      if (number <= group.deleted) throw new BrokenPromise(`FIFO: ${Body} was deleted and came back`)
      // what was deleted without an answer may be gone
      const due = Math.max(group.deleted, Math.min(group.deleting, number - 1)) + 1
      if (number !== due)
        throw new BrokenPromise(`FIFO: ${Body} came where ${at}/${group.deleted + 1} was due`)
      group.deleting = Math.max(group.deleting, number)
      await call('DeleteMessage', { QueueUrl, ReceiptHandle })
      group.deleted = number
      taken++
    }
    return Messages.length
  }

  return {
    name: 'SQS FIFO',
    workers: GROUPS + 1,
    prepare: async () => {
      ;({ QueueUrl } = await call('CreateQueue', {
        QueueName: 'chaos.fifo',
        Attributes: { FifoQueue: 'true' },
      }))
    },
    // one sender a group, one who takes: two would see a group in turns and could not tell its order
    step: async worker => {
      if (worker < GROUPS) await send(worker)
      else await take()
    },
    verify: async () => {
      const left = () => groups.some(({ next, deleted, deleting }) => Math.max(deleted, deleting) < next - 1)
      for (let empty = 0; left() && empty < 3; ) {
        if ((await take()) > 0) continue
        empty++
        await cloud.advance(31_000)
      }
      if (left()) throw new BrokenPromise(`FIFO: acknowledged messages are gone: ${JSON.stringify(groups)}`)
    },
    told: () => `${sent} messages sent, ${taken} taken in order`,
  }
}
