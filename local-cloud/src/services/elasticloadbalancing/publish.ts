import type { Dimension, MetricDatum } from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../core/aws-error.ts'
import { type Counters, emptyCounters, secondsOf } from './metrics.ts'
import type { Parts } from './parts.ts'
import { metricName } from './state.ts'

/** Most samples in one PutMetricData, and most values in one sample, as on AWS. */
const MAX_DATA = 1000
const MAX_VALUES = 150

/**
 * Hands the counters of each minute to CloudWatch, in its namespace, names and dimensions.
 * While the local cloud has no CloudWatch nothing is lost but these samples.
 * @returns what ends it
 */
export function publishMetrics(parts: Parts): () => void {
  const { context, plane } = parts
  let cancel = () => {}

  async function publish(): Promise<void> {
    const data = minuteOf(parts, plane.metrics.take())
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

/** Sums per load balancer and per target group, connections, and hosts by health. */
function minuteOf({ context, state, plane }: Parts, taken: Counters[]): MetricDatum[] {
  const Timestamp = new Date(context.clock.now())
  const sums = new Map<string, { dimensions: Dimension[]; counters: Counters }>()
  for (const counters of taken) {
    const balancer = { Name: 'LoadBalancer', Value: metricName(counters.loadBalancerArn) }
    const group = counters.targetGroupArn && {
      Name: 'TargetGroup',
      Value: metricName(counters.targetGroupArn),
    }
    for (const dimensions of group ? [[balancer], [group, balancer]] : [[balancer]]) {
      const key = dimensions.map(one => one.Value).join(' ')
      const sum = sums.get(key) ?? { dimensions, counters: emptyCounters(counters) }
      sums.set(key, sum)
      add(sum.counters, counters)
    }
  }
  const data: MetricDatum[] = []
  const count = (MetricName: string, Dimensions: Dimension[], Value: number) =>
    data.push({ MetricName, Dimensions, Timestamp, Value, Unit: 'Count' })
  for (const { dimensions, counters } of sums.values()) {
    for (const [name, value] of Object.entries(counters))
      if (typeof value === 'number' && value > 0) count(name, dimensions, value)
    data.push(...timesOf(counters, dimensions, Timestamp))
  }
  for (const { arn } of state.loadBalancers.list()) {
    const active = plane.connections(arn)
    if (active > 0) count('ActiveConnectionCount', [{ Name: 'LoadBalancer', Value: metricName(arn) }], active)
  }
  for (const group of state.targetGroups.list())
    for (const user of state.usersOf(group.arn)) {
      const own = { Name: 'TargetGroup', Value: metricName(group.arn) }
      const dimensions = [own, { Name: 'LoadBalancer', Value: metricName(user) }]
      const states = plane.fleet.describe(group.arn).map(target => target.health.State)
      const healthy = states.filter(one => one === 'healthy').length
      count('HealthyHostCount', dimensions, healthy)
      count('UnHealthyHostCount', dimensions, states.filter(one => one === 'unhealthy').length)
      const requests = sums.get(dimensions.map(one => one.Value).join(' '))?.counters.RequestCount ?? 0
      // AWS: "the average number of requests per target", of which Sum is the only meaningful statistic
      if (healthy > 0)
        for (const each of [dimensions, [own]]) count('RequestCountPerTarget', each, requests / healthy)
    }
  return data
}

/** Response times as values and how often each came, so that CloudWatch knows their percentiles. */
function timesOf({ responseTimes }: Counters, Dimensions: Dimension[], Timestamp: Date): MetricDatum[] {
  const times = [...responseTimes]
  const data: MetricDatum[] = []
  for (let i = 0; i < times.length; i += MAX_VALUES) {
    const some = times.slice(i, i + MAX_VALUES)
    data.push({
      MetricName: 'TargetResponseTime',
      Dimensions,
      Timestamp,
      Values: some.map(([step]) => secondsOf(step)),
      Counts: some.map(([, times]) => times),
      Unit: 'Seconds',
    })
  }
  return data
}

function add(sum: Counters, more: Counters): void {
  for (const name of Object.keys(more) as (keyof Counters)[])
    if (typeof more[name] === 'number') (sum[name] as number) += more[name]
  for (const [step, times] of more.responseTimes)
    sum.responseTimes.set(step, (sum.responseTimes.get(step) ?? 0) + times)
}
