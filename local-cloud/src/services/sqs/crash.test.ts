import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { startTestCloud } from '../../testing.ts'
import { createSqs } from './sqs.ts'

test('after kill -9 every acknowledged send is there and no deleted message returns', async () => {
  const state = await mkdtemp(join(tmpdir(), 'local-cloud-crash-'))
  let child: ChildProcess | undefined
  try {
    const setUp = await startTestCloud({ state, services: [createSqs] })
    const { credentials } = setUp.client
    await setUp.stop()

    child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../../main.ts'), '--state', state, '--port', '0'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const sqs = new SQSClient({ ...setUp.client, credentials, endpoint: await readyEndpoint(child) })
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'crash' }))
    const acknowledged = new Set<string>()
    const deleting = new Set<string>()
    const deleted = new Set<string>()
    const sending = Array.from({ length: 8 }, async (_, sender) => {
      for (let i = 0; ; i++) {
        const MessageBody = `${sender}/${i}`
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
        acknowledged.add(MessageBody)
        if (i % 3 !== 0) continue
        const [message] = (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages ?? []
        if (!message) continue
        deleting.add(message.Body as string)
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }))
        deleted.add(message.Body as string)
        if (deleted.size === 25) child?.kill('SIGKILL')
      }
    })
    await Promise.allSettled(sending)

    const cloud = await startTestCloud({ state, services: [createSqs] })
    cloud.clock.advance(60_000)
    const after = new SQSClient({ ...cloud.client, systemClockOffset: 60_000 })
    const found = new Set<string>()
    for (;;) {
      const { Messages } = await after.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 3600 }),
      )
      if (!Messages) break
      for (const { Body } of Messages) found.add(Body as string)
    }
    await cloud.stop()
    expect(deleted.size).toBeGreaterThanOrEqual(25)
    expect([...deleted].filter(body => found.has(body))).toEqual([])
    // a delete whose answer never came may have been done or not
    expect([...acknowledged].filter(body => !deleting.has(body) && !found.has(body))).toEqual([])
  } finally {
    child?.kill('SIGKILL')
    await rm(state, { recursive: true, force: true })
  }
})

async function readyEndpoint(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  for await (const line of lines) {
    const { message, endpoint } = JSON.parse(line) as { message: string; endpoint?: string }
    if (message === 'ready' && endpoint) return endpoint
  }
  await once(child, 'exit')
  throw new Error('the cloud ended before it was ready')
}
