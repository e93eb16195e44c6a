import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** The calls that reading logs makes. */
export interface Logs {
  /**
   * Events of all streams of a group since `startTime` (ms since the epoch), oldest first.
   * @param filterPattern in CloudWatch's syntax; all events when absent
   */
  since(logGroup: string, startTime: number, filterPattern?: string): Promise<FilteredLogEvent[]>
  /** The last lines of one stream; none when it does not exist. */
  tail(logGroup: string, logStream: string, lines: number): Promise<string[]>
}

export function createLogs(access: Access): Logs {
  const client = new CloudWatchLogsClient(clientConfig(access))
  return {
    since: async (logGroupName, startTime, filterPattern) => {
      const events: FilteredLogEvent[] = []
      let nextToken: string | undefined
      do {
        const page = await client.send(
          new FilterLogEventsCommand({ logGroupName, startTime, filterPattern, nextToken }),
        )
        events.push(...(page.events ?? []))
        nextToken = page.nextToken
      } while (nextToken)
      return events.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))
    },
    tail: async (logGroupName, logStreamName, limit) => {
      try {
        const { events = [] } = await client.send(
          new GetLogEventsCommand({ logGroupName, logStreamName, limit }),
        )
        return events.map(event => event.message ?? '')
      } catch (error) {
        if ((error as Error).name === 'ResourceNotFoundException') return []
        throw error
      }
    },
  }
}
