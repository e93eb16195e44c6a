import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** The calls that reading logs makes. */
export interface Logs {
  /** Events of all streams of a group since `startTime` (ms since the epoch), oldest first. */
  since(logGroup: string, startTime: number): Promise<FilteredLogEvent[]>
}

export function createLogs(access: Access): Logs {
  const client = new CloudWatchLogsClient(clientConfig(access))
  return {
    since: async (logGroupName, startTime) => {
      const events: FilteredLogEvent[] = []
      let nextToken: string | undefined
      do {
        const page = await client.send(new FilterLogEventsCommand({ logGroupName, startTime, nextToken }))
        events.push(...(page.events ?? []))
        nextToken = page.nextToken
      } while (nextToken)
      return events.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))
    },
  }
}
