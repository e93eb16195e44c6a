import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** How far back a figure still says something of now, in ms: SQS publishes one a minute, some minutes late. */
const LOOK_BACK_MS = 15 * 60_000

/** The age of the oldest message of a queue, which SQS tells through CloudWatch alone. */
export interface QueueAge {
  /** Seconds, as of the newest figure; undefined where CloudWatch has none. */
  oldest(queueName: string, now: Date): Promise<{ seconds: number; at: Date } | undefined>
}

export function createQueueAge(access: Access): QueueAge {
  const client = new CloudWatchClient(clientConfig(access))
  return {
    oldest: async (Value, EndTime) => {
      const { Datapoints = [] } = await client.send(
        new GetMetricStatisticsCommand({
          Namespace: 'AWS/SQS',
          MetricName: 'ApproximateAgeOfOldestMessage',
          Dimensions: [{ Name: 'QueueName', Value }],
          StartTime: new Date(EndTime.getTime() - LOOK_BACK_MS),
          EndTime,
          Period: 60,
          Statistics: ['Maximum'],
        }),
      )
      const newest = Datapoints.toSorted((a, b) => Number(a.Timestamp) - Number(b.Timestamp)).at(-1)
      return newest?.Timestamp && newest.Maximum !== undefined
        ? { seconds: newest.Maximum, at: newest.Timestamp }
        : undefined
    },
  }
}
