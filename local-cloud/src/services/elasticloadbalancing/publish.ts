import type { Dimension, MetricDatum } from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../core/aws-error.ts'
import { type Counters, emptyCounters } from './metrics.ts'
import type { Parts } from './parts.ts'
import { metricName } from './state.ts'

/** Most samples in one PutMetricData, as on AWS. */
const MAX_DATA = 1000

/**
 * Hands the counters of each minute to CloudWatch, in its namespace, names and dimensions.
 * While the local cloud has no CloudWatch nothing is lost but these samples.
 * @returns what ends it
 */
export function publishMetrics(parts: Parts): () => void {
  const { context, plane } = parts
  let before = plane.metrics.read()
  let cancel = () => {}

  async function publish(): Promise<void> {
    const now = plane.metrics.read()
    const data = minuteOf(parts, before, now)
    before = now
    schedule()
    for (let i = 0; i < data.length; i += MAX_DATA)
      await context.invoke(
        'monitoring',
        'PutMetricData',
        { Namespace: 'AWS/ApplicationELB', MetricData: data.slice(i, i + MAX_DATA) },
        'elasticloadbalancing.amazonaws.com',
      )
  }

  function schedule(): void {
    cancel = context.clock.after(context.clock.minutes(1), () => {
      publish().catch(error => {
        if (!(error instanceof AwsError && error.status === 501))
          context.log('elasticloadbalancing', 'metrics were not published', {
            error: (error as Error).message,
          })
      })
    })
  }

  schedule()
  return () => cancel()
}

/** What happened between two readings: sums per load balancer and per target group, and hosts by health. */
function minuteOf({ context, state, plane }: Parts, before: Counters[], now: Counters[]): MetricDatum[] {
  const Timestamp = new Date(context.clock.now())
  const sums = new Map<string, { dimensions: Dimension[]; counters: Counters }>()
  for (const counters of now) {
    const last = before.find(
      one => one.ruleArn === counters.ruleArn && one.targetGroupArn === counters.targetGroupArn,
    )
    const balancer = { Name: 'LoadBalancer', Value: metricName(counters.loadBalancerArn) }
    const group = counters.targetGroupArn && {
      Name: 'TargetGroup',
      Value: metricName(counters.targetGroupArn),
    }
    for (const dimensions of group ? [[balancer], [group, balancer]] : [[balancer]]) {
      const key = dimensions.map(one => one.Value).join(' ')
      const sum = sums.get(key) ?? { dimensions, counters: emptyCounters(counters) }
      sums.set(key, sum)
      addDifference(sum.counters, counters, last ?? emptyCounters(counters))
    }
  }
  const data: MetricDatum[] = []
  for (const { dimensions: Dimensions, counters } of sums.values()) {
    for (const [MetricName, Value] of Object.entries(counters))
      if (typeof Value === 'number' && Value > 0)
        data.push({ MetricName, Dimensions, Timestamp, Value, Unit: 'Count' })
    const { SampleCount, Sum, Minimum, Maximum } = counters.TargetResponseTime
    if (SampleCount > 0)
      data.push({
        MetricName: 'TargetResponseTime',
        Dimensions,
        Timestamp,
        StatisticValues: { SampleCount, Sum, Minimum, Maximum },
        Unit: 'Seconds',
      })
  }
  for (const group of state.targetGroups.list())
    for (const user of state.usersOf(group.arn)) {
      const Dimensions = [
        { Name: 'TargetGroup', Value: metricName(group.arn) },
        { Name: 'LoadBalancer', Value: metricName(user) },
      ]
      const states = plane.fleet.describe(group.arn).map(target => target.health.State)
      const count = (state: string) => states.filter(one => one === state).length
      data.push({
        MetricName: 'HealthyHostCount',
        Dimensions,
        Timestamp,
        Value: count('healthy'),
        Unit: 'Count',
      })
      data.push({
        MetricName: 'UnHealthyHostCount',
        Dimensions,
        Timestamp,
        Value: count('unhealthy'),
        Unit: 'Count',
      })
    }
  return data
}

function addDifference(sum: Counters, now: Counters, before: Counters): void {
  for (const name of Object.keys(now) as (keyof Counters)[]) {
    const value = now[name]
    if (typeof value === 'number') (sum[name] as number) += value - (before[name] as number)
  }
  const samples = now.TargetResponseTime.SampleCount - before.TargetResponseTime.SampleCount
  if (samples === 0) return
  const time = sum.TargetResponseTime
  time.SampleCount += samples
  time.Sum += now.TargetResponseTime.Sum - before.TargetResponseTime.Sum
  time.Minimum = Math.min(time.Minimum, now.TargetResponseTime.Minimum)
  time.Maximum = Math.max(time.Maximum, now.TargetResponseTime.Maximum)
}
