import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

export interface AlarmState {
  name: string
  state: string
  reason: string
}

/** CloudWatch's alarms; it only reads. */
export interface Alarms {
  /** All whose name begins so. */
  withPrefix(prefix: string): Promise<AlarmState[]>
}

export function createAlarms(access: Access): Alarms {
  const client = new CloudWatchClient(clientConfig(access))
  return {
    withPrefix: async AlarmNamePrefix => {
      const alarms: AlarmState[] = []
      for await (const page of paginateDescribeAlarms(
        { client },
        { AlarmNamePrefix, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
      ))
        for (const alarm of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])])
          alarms.push({
            name: alarm.AlarmName ?? '',
            state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
            reason: alarm.StateReason ?? '',
          })
      return alarms
    },
  }
}
