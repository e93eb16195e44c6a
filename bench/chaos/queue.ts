import type { MortalCloud } from './cloud.ts'
import { type Json, jsonCall } from './json-call.ts'
import { BrokenPromise, type Model } from './model.ts'

/** SQS, a standard queue: nothing acknowledged is lost, nothing deleted comes back. */
export function createQueue(cloud: MortalCloud): Model {
  const call: Json = jsonCall(cloud, 'sqs', 'AmazonSQS')
  /** Sent and not known to be deleted. */
  const waiting = new Set<string>()
  const deleting = new Set<string>()
  const deleted = new Set<string>()
  let QueueUrl = ''
  let sent = 0

  async function take(): Promise<number> {
    const { Messages = [] } = await call('ReceiveMessage', {
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 30,
    })
    for (const { Body, ReceiptHandle } of Messages) {
      if (deleted.has(Body)) throw new BrokenPromise(`SQS: ${Body} was deleted and came back`)
      deleting.add(Body)
      await call('DeleteMessage', { QueueUrl, ReceiptHandle })
      deleted.add(Body)
      waiting.delete(Body)
    }
    return Messages.length
  }

  return {
    name: 'SQS',
    workers: 2,
    prepare: async () => {
      ;({ QueueUrl } = await call('CreateQueue', { QueueName: 'chaos' }))
    },
    step: async (worker, random) => {
      if (random.chance(35)) return void (await take())
      const MessageBody = `${worker}/${sent++}`
      await call('SendMessage', { QueueUrl, MessageBody })
      waiting.add(MessageBody)
    },
    // everything acknowledged must come out, once what is in flight shows again
    verify: async () => {
      for (const body of [...waiting]) if (deleting.has(body)) waiting.delete(body)
      for (let empty = 0; waiting.size > 0 && empty < 3; ) {
        if ((await take()) > 0) continue
        empty++
        await cloud.advance(31_000)
      }
      if (waiting.size > 0)
        throw new BrokenPromise(`SQS: ${waiting.size} acknowledged messages are gone: ${[...waiting][0]}`)
    },
    told: () => `${sent} messages sent, ${deleted.size} taken`,
  }
}
