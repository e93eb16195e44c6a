import { randomUUID } from 'node:crypto'
import type { TargetTrackingScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling'
import type {
  DescribeAlarmsCommandOutput,
  GetMetricDataCommandOutput,
  MetricAlarm,
  MetricDataQuery,
  PutMetricAlarmInput,
} from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { labelOf } from './policy-rules.ts'
import type { PolicyRecord } from './records.ts'

const PRINCIPAL = 'application-autoscaling.amazonaws.com'
/** Minutes over the target before scaling out, and below it before scaling in, as AWS makes its alarms. */
const HIGH_MINUTES = 3
const LOW_MINUTES = 15
/** The low alarm rings this far below the target. */
const LOW_SHARE = 0.9
/** Periods of CloudWatch below a minute, in seconds. */
const FINE = [30, 20, 10, 5, 1]

/** The alarms by which policies scale. */
export type PolicyAlarms = ReturnType<typeof createPolicyAlarms>

/** Makes, removes and reads the alarms of policies in CloudWatch. */
export function createPolicyAlarms({ invoke, clock, region, accountId }: ServiceContext) {
  const call = <T>(operation: string, input: object) => invoke<T>('monitoring', operation, input, PRINCIPAL)

  /** Makes the pair of a target tracking policy, or brings it up to date. */
  async function make(policy: PolicyRecord): Promise<NonNullable<PolicyRecord['alarms']>> {
    const name = (which: string) => `TargetTracking-${policy.resourceId}-Alarm${which}-${randomUUID()}`
    const alarms = policy.alarms ?? { high: name('High'), low: name('Low') }
    const settings = policy.tracking as TargetTrackingScalingPolicyConfiguration
    const target = Number(settings.TargetValue)
    const common = {
      ...metricOf(settings, policy.resourceId),
      AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.arn}.`,
      AlarmActions: [policy.arn],
    }
    await call('PutMetricAlarm', {
      ...common,
      AlarmName: alarms.high,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: target,
      EvaluationPeriods: HIGH_MINUTES,
    })
    await call('PutMetricAlarm', {
      ...common,
      AlarmName: alarms.low,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: Number((target * LOW_SHARE).toPrecision(12)),
      EvaluationPeriods: LOW_MINUTES,
    })
    return alarms
  }

  async function remove({ alarms }: PolicyRecord): Promise<void> {
    for (const name of alarms ? [alarms.high, alarms.low] : [])
      await call('DeleteAlarms', { AlarmNames: [name] }).catch(error => {
        if (!(error instanceof AwsError && error.code === 'ResourceNotFound')) throw error
      })
  }

  /** The alarms of a policy that ring: its own pair, or those that name it among their actions. */
  async function ringing(policy: PolicyRecord): Promise<MetricAlarm[]> {
    const which = policy.alarms
      ? { AlarmNames: [policy.alarms.high, policy.alarms.low] }
      : { ActionPrefix: policy.arn }
    const answer = await call<DescribeAlarmsCommandOutput>('DescribeAlarms', {
      ...which,
      StateValue: 'ALARM',
    })
    return (answer.MetricAlarms ?? []).filter(
      alarm => alarm.ActionsEnabled && alarm.AlarmActions?.includes(policy.arn),
    )
  }

  /** The newest whole period of what an alarm watches. Periods last as long as the clock's minutes say. */
  async function metricValue(alarm: MetricAlarm): Promise<number | undefined> {
    const queries = alarm.Metrics?.length ? alarm.Metrics : [queryOf(alarm)]
    const period = queries.find(one => one.MetricStat)?.MetricStat?.Period ?? 60
    const span = clock.minutes(period / 60)
    const seconds = span >= 60_000 ? period : (FINE.find(one => one * 1000 <= span) ?? 1)
    const end = Math.floor(clock.now() / span) * span
    const answer = await call<GetMetricDataCommandOutput>('GetMetricData', {
      StartTime: new Date(end - 3 * Math.max(span, seconds * 1000)),
      EndTime: new Date(end),
      MetricDataQueries: queries.map(
        (one): MetricDataQuery =>
          one.MetricStat ? { ...one, MetricStat: { ...one.MetricStat, Period: seconds } } : one,
      ),
    })
    const value = answer.MetricDataResults?.[0]?.Values?.[0]
    const counted = queries.length === 1 && /^(Sum|SampleCount)$/.test(queries[0]?.MetricStat?.Stat ?? '')
    return value !== undefined && counted ? (value * span) / (seconds * 1000) : value
  }

  return {
    make,
    remove,
    ringing,
    metricValue,
    show: ({ alarms }: PolicyRecord) =>
      (alarms ? [alarms.high, alarms.low] : []).map(name => ({
        AlarmName: name,
        AlarmARN: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
      })),
  }
}

/** What of a metric an alarm wants to know. */
function metricOf(
  {
    PredefinedMetricSpecification: predefined,
    CustomizedMetricSpecification: own,
  }: TargetTrackingScalingPolicyConfiguration,
  resourceId: string,
): Partial<PutMetricAlarmInput> {
  if (own?.Metrics?.length)
    return {
      Metrics: own.Metrics.map(
        ({ MetricStat, ...query }) =>
          ({ ...query, ...(MetricStat && { MetricStat: { ...MetricStat, Period: 60 } }) }) as MetricDataQuery,
      ),
    }
  if (own) {
    const { MetricName, Namespace, Dimensions, Statistic, Unit } = own
    return { MetricName, Namespace, Dimensions, Statistic, Unit: Unit as 'Count' | undefined, Period: 60 }
  }
  if (predefined?.PredefinedMetricType === 'ALBRequestCountPerTarget') {
    const { LoadBalancer, TargetGroup } = labelOf(predefined.ResourceLabel)
    return {
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'RequestCountPerTarget',
      Statistic: 'Sum',
      Period: 60,
      Dimensions: [
        { Name: 'LoadBalancer', Value: LoadBalancer },
        { Name: 'TargetGroup', Value: TargetGroup },
      ],
    }
  }
  const [, cluster, service] = resourceId.split('/')
  return {
    Namespace: 'AWS/ECS',
    MetricName:
      predefined?.PredefinedMetricType === 'ECSServiceAverageMemoryUtilization'
        ? 'MemoryUtilization'
        : 'CPUUtilization',
    Statistic: 'Average',
    Period: 60,
    Dimensions: [
      { Name: 'ClusterName', Value: cluster },
      { Name: 'ServiceName', Value: service },
    ],
  }
}

function queryOf(alarm: MetricAlarm): MetricDataQuery {
  const { Namespace, MetricName, Dimensions, Period, Unit } = alarm
  const Stat = alarm.Statistic ?? alarm.ExtendedStatistic
  return { Id: 'm1', MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat, Unit } }
}
