import type { StateValue } from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { AlarmRecord, HistoryRecord } from './alarm-record.ts'
import { nameOf } from './alarm-rule.ts'

/** Writes an entry of an alarm's history. */
type WriteHistory = (alarm: AlarmRecord, type: HistoryRecord['type'], summary: string, data: object) => void

/**
 * Takes the actions of an alarm that has changed: topics are told, everything else is only written into its history.
 * @param suppressor the state of the alarm that holds a composite alarm's actions back
 */
export function takeActions(
  context: ServiceContext,
  record: WriteHistory,
  alarm: AlarmRecord,
  before: StateValue,
  suppressor: StateValue | undefined,
): void {
  const { ActionsEnabled, AlarmActions, OKActions, InsufficientDataActions } = alarm.settings
  const actions = { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: InsufficientDataActions }[
    alarm.state
  ]
  for (const actionResource of (ActionsEnabled && actions) || []) {
    if (suppressor === 'ALARM')
      record(alarm, 'Action', `Action suppressed by the suppressor alarm: ${actionResource}`, {
        actionState: 'Suppressed',
        actionResource,
      })
    else if (actionResource.startsWith('arn:aws:sns:')) void publish(actionResource)
    else notPerformed(actionResource)
  }

  function notPerformed(actionResource: string): void {
    record(alarm, 'Action', `Recorded, not performed by the local cloud: ${actionResource}`, {
      actionState: 'NotPerformed',
      actionResource,
    })
  }

  async function publish(TopicArn: string): Promise<void> {
    const message = {
      TopicArn,
      Subject: `${alarm.state}: "${alarm.name}" in ${context.region}`.slice(0, 100),
      Message: JSON.stringify(messageOf(context, alarm, before)),
    }
    try {
      await context.invoke('sns', 'Publish', message, 'cloudwatch.amazonaws.com')
      record(alarm, 'Action', `Successfully executed action ${TopicArn}`, {
        actionState: 'Succeeded',
        actionResource: TopicArn,
        stateUpdateTimestamp: alarm.updatedAt,
      })
    } catch (error) {
      if (error instanceof AwsError && error.status === 501) return notPerformed(TopicArn)
      const why = error instanceof AwsError ? error.message : 'internal error'
      record(alarm, 'Action', `Failed to execute action ${TopicArn}. Received error: "${why}"`, {
        actionState: 'Failed',
        actionResource: TopicArn,
        error: why,
      })
    }
  }
}

/** The name of the alarm that holds a composite alarm's actions back. */
export function suppressorOf(alarm: AlarmRecord): string | undefined {
  const named = alarm.kind === 'composite' ? alarm.settings.ActionsSuppressor : undefined
  return named && nameOf(named)
}

/** What AWS sends to topics. */
function messageOf({ accountId, region }: ServiceContext, alarm: AlarmRecord, before: StateValue): object {
  const { settings } = alarm
  const metric = alarm.kind === 'metric' ? alarm.settings : undefined
  return {
    AlarmName: alarm.name,
    AlarmDescription: settings.AlarmDescription ?? null,
    AWSAccountId: accountId,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt).toISOString(),
    NewStateValue: alarm.state,
    NewStateReason: alarm.reason,
    StateChangeTime: new Date(alarm.transitionedAt).toISOString(),
    Region: region,
    AlarmArn: alarm.arn,
    OldStateValue: before,
    OKActions: settings.OKActions,
    AlarmActions: settings.AlarmActions,
    InsufficientDataActions: settings.InsufficientDataActions,
    ...(metric
      ? {
          Trigger: {
            MetricName: metric.MetricName,
            Namespace: metric.Namespace,
            Metrics: metric.Metrics,
            Statistic: metric.Statistic ?? metric.ExtendedStatistic,
            Dimensions: metric.Dimensions?.map(({ Name, Value }) => ({ name: Name, value: Value })),
            Period: metric.Period,
            EvaluationPeriods: metric.EvaluationPeriods,
            DatapointsToAlarm: metric.DatapointsToAlarm,
            ComparisonOperator: metric.ComparisonOperator,
            Threshold: metric.Threshold,
            TreatMissingData: metric.TreatMissingData,
          },
        }
      : { AlarmRule: alarm.kind === 'composite' ? alarm.settings.AlarmRule : undefined }),
  }
}
