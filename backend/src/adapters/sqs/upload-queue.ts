import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { UploadPointer } from '../../domain/upload.ts'
import { currentTrace } from '../../trace.ts'

/** A received pointer, before anyone has looked into it. */
export interface QueueMessage {
  id: string
  body: string
  receipt: string
  /** How often it has been received, this time included. */
  receiveCount: number
}

/** The FIFO queue of pointers to uploads: in order for each user, users side by side. */
export interface UploadQueue {
  /**
   * The group is the user. The deduplication id is the upload's, which is a hash of user and content: of the content
   * alone it would swallow one of two users who send the same within five minutes.
   */
  send(pointer: UploadPointer): Promise<void>
  /** Waits for one message. @param signal ends the wait; then there is none */
  receive(
    waitSeconds: number,
    visibilitySeconds: number,
    signal: AbortSignal,
  ): Promise<QueueMessage | undefined>
  /** Hides a message for so many seconds from now. */
  extend(message: QueueMessage, seconds: number): Promise<void>
  remove(message: QueueMessage): Promise<void>
}

export function createUploadQueue({
  client,
  queueUrl,
}: {
  client: SQSClient
  queueUrl: string
}): UploadQueue {
  const QueueUrl = queueUrl
  return {
    send: async pointer => {
      await client.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: JSON.stringify({ ...pointer, trace_id: pointer.trace_id ?? currentTrace() }),
          MessageGroupId: pointer.user_id,
          MessageDeduplicationId: pointer.upload_id,
        }),
      )
    },
    receive: async (WaitTimeSeconds, VisibilityTimeout, abortSignal) => {
      const input = {
        QueueUrl,
        WaitTimeSeconds,
        VisibilityTimeout,
        MaxNumberOfMessages: 1,
        MessageSystemAttributeNames: ['ApproximateReceiveCount' as const],
      }
      try {
        const { Messages } = await client.send(new ReceiveMessageCommand(input), { abortSignal })
        const [found] = Messages ?? []
        if (!found) return undefined
        return {
          id: found.MessageId ?? '',
          body: found.Body ?? '',
          receipt: found.ReceiptHandle ?? '',
          receiveCount: Number(found.Attributes?.ApproximateReceiveCount ?? 1),
        }
      } catch (error) {
        if (abortSignal.aborted) return undefined
        throw error
      }
    },
    extend: async ({ receipt }, VisibilityTimeout) => {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout }),
      )
    },
    remove: async ({ receipt }) => {
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }))
    },
  }
}
