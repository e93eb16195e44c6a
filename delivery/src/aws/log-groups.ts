import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** Which log groups there are. */
export interface LogGroups {
  exists(name: string): Promise<boolean>
}

export function createLogGroups(access: Access): LogGroups {
  const client = new CloudWatchLogsClient(clientConfig(access))
  return {
    exists: async name => {
      // answers are in the order of names: the group itself comes before all that merely begin like it
      const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }))
      return logGroups?.some(({ logGroupName }) => logGroupName === name) ?? false
    },
  }
}
