import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

export interface QueueCounts {
  arn: string
  /** Messages that wait, are being worked on, and are not due yet: SQS's own approximations. */
  waiting: number
  inFlight: number
  delayed: number
  /** Receives after which a message becomes a dead letter; absent on a queue without a dead-letter queue. */
  maxReceives?: number
}

/** A dead letter without its body. */
export interface DeadLetter {
  id: string
  sentAt: Date
  /** The message attribute `reason`, where whoever gave it up has set one. */
  reason?: string
}

/** A redrive as SQS tells of it. Counts are approximations. */
export interface MoveTask {
  status: string
  moved: number
  toMove?: number
  startedAt: Date
  failure?: string
}

/** The calls that looking after queues makes. */
export interface Queues {
  counts(url: string): Promise<QueueCounts>
  /** Up to ten messages of a dead-letter queue; they stay visible. Never the bodies. */
  look(url: string): Promise<DeadLetter[]>
  /** Starts to move all messages of a dead-letter queue back to where they came from. */
  startMove(arn: string, perSecond?: number): Promise<void>
  /** The newest move out of a dead-letter queue. */
  lastMove(arn: string): Promise<MoveTask | undefined>
}

export function createQueues(access: Access): Queues {
  const client = new SQSClient(clientConfig(access))
  return {
    counts: async QueueUrl => {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: [
            'QueueArn',
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
            'RedrivePolicy',
          ],
        }),
      )
      const { maxReceiveCount } = JSON.parse(Attributes.RedrivePolicy ?? '{}') as {
        maxReceiveCount?: number | string
      }
      return {
        arn: Attributes.QueueArn ?? '',
        waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
        delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
        maxReceives: maxReceiveCount === undefined ? undefined : Number(maxReceiveCount),
      }
    },
    look: async QueueUrl => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 0,
          MessageSystemAttributeNames: ['SentTimestamp'],
          MessageAttributeNames: ['reason'],
        }),
      )
      return Messages.map(({ MessageId = '', Attributes, MessageAttributes }) => ({
        id: MessageId,
        sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)),
        reason: MessageAttributes?.reason?.StringValue,
      }))
    },
    startMove: async (SourceArn, MaxNumberOfMessagesPerSecond) => {
      await client.send(new StartMessageMoveTaskCommand({ SourceArn, MaxNumberOfMessagesPerSecond }))
    },
    lastMove: async SourceArn => {
      const { Results } = await client.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }))
      const [task] = Results ?? []
      return (
        task && {
          status: task.Status ?? 'UNKNOWN',
          moved: task.ApproximateNumberOfMessagesMoved ?? 0,
          toMove: task.ApproximateNumberOfMessagesToMove,
          startedAt: new Date(task.StartedTimestamp ?? 0),
          failure: task.FailureReason,
        }
      )
    },
  }
}
