import assert from 'node:assert/strict'
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandInput,
  ListMetricsCommand,
  ListTagsForResourceCommand,
  type MetricDatum,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('AmazonCloudWatch/latest/APIReference/')
const MINUTE = 60_000

/** CloudWatch: metrics, alarms, dashboards. */
export const cloudwatch: Suite = {
  service: 'cloudwatch',
  cases: ({ config }) => {
    const client = new CloudWatchClient(config)
    /** The whole minute before the last one: all of it is past. */
    const then = () => new Date(Math.floor(Date.now() / MINUTE) * MINUTE - 2 * MINUTE)
    const span = (at: Date) => ({ StartTime: at, EndTime: new Date(at.getTime() + 2 * MINUTE) })
    const put = (Namespace: string, ...MetricData: MetricDatum[]) =>
      client.send(new PutMetricDataCommand({ Namespace, MetricData }))
    /** What is known of the metric `Latency` in the minute of a time. */
    const latency = (
      Namespace: string,
      at: Date,
      asked: Pick<GetMetricStatisticsCommandInput, 'Statistics' | 'ExtendedStatistics'>,
    ) =>
      client.send(
        new GetMetricStatisticsCommand({
          Namespace,
          MetricName: 'Latency',
          ...span(at),
          Period: 60,
          ...asked,
        }),
      )
    const alarm = (AlarmName: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
      client.send(
        new PutMetricAlarmCommand({
          AlarmName,
          Namespace: 'App',
          MetricName: 'Errors',
          Statistic: 'Sum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanThreshold',
          ...more,
        }),
      )

    return [
      says('API_GetMetricStatistics.html', 'sums, counts and extremes of a period', async () => {
        const Namespace = freshName('App')
        const at = then()
        const datum = (Value: number) => ({
          MetricName: 'Latency',
          Timestamp: at,
          Value,
          Unit: 'Milliseconds' as const,
        })
        await put(Namespace, datum(1), datum(2), datum(6))
        const { Datapoints } = await latency(Namespace, at, {
          Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum', 'Average'],
        })
        has(Datapoints, [
          { Sum: 9, SampleCount: 3, Minimum: 1, Maximum: 6, Average: 3, Unit: 'Milliseconds' },
        ])
      }),
      says('API_MetricDatum.html', 'values with counts count as often as they say', async () => {
        const Namespace = freshName('App')
        const at = then()
        await put(Namespace, { MetricName: 'Latency', Timestamp: at, Values: [1, 10], Counts: [3, 1] })
        const { Datapoints } = await latency(Namespace, at, { Statistics: ['Sum', 'SampleCount'] })
        has(Datapoints, [{ Sum: 13, SampleCount: 4 }])
      }),
      says('API_GetMetricStatistics.html', 'percentiles of single values', async () => {
        const Namespace = freshName('App')
        const at = then()
        const values = Array.from({ length: 100 }, (_, index) => index + 1)
        await put(Namespace, { MetricName: 'Latency', Timestamp: at, Values: values })
        const { Datapoints } = await latency(Namespace, at, { ExtendedStatistics: ['p90'] })
        const p90 = Datapoints?.[0]?.ExtendedStatistics?.p90 ?? 0
        assert.ok(p90 >= 89 && p90 <= 92, `p90 is ${p90}`)
      }),
      says('API_GetMetricData.html', 'metric math over two metrics', async () => {
        const Namespace = freshName('App')
        const at = then()
        await put(
          Namespace,
          { MetricName: 'Errors', Timestamp: at, Value: 1 },
          { MetricName: 'Requests', Timestamp: at, Value: 4 },
        )
        const stat = (Id: string, MetricName: string) => ({
          Id,
          ReturnData: false,
          MetricStat: { Metric: { Namespace, MetricName }, Period: 60, Stat: 'Sum' },
        })
        const { MetricDataResults } = await client.send(
          new GetMetricDataCommand({
            ...span(at),
            MetricDataQueries: [
              stat('e', 'Errors'),
              stat('r', 'Requests'),
              { Id: 'rate', Expression: '100 * e / r' },
            ],
          }),
        )
        has(MetricDataResults, [{ Id: 'rate', Values: [25], StatusCode: 'Complete' }])
      }),
      says('API_ListMetrics.html', 'lists metrics by namespace and dimension', async () => {
        const Namespace = freshName('App')
        const Dimensions = [{ Name: 'Service', Value: 'api' }]
        await put(
          Namespace,
          { MetricName: 'Latency', Value: 1, Dimensions },
          { MetricName: 'Other', Value: 1 },
        )
        const { Metrics } = await client.send(new ListMetricsCommand({ Namespace, Dimensions }))
        assert.deepEqual(Metrics, [{ Namespace, MetricName: 'Latency', Dimensions }])
      }),
      says('API_PutMetricData.html', 'namespaces of AWS are refused', () =>
        refused(put('AWS/Mine', { MetricName: 'x', Value: 1 }), 'InvalidParameterValueException', 400),
      ),
      says('API_PutMetricData.html', 'a value or a set of values, not both', () =>
        refused(
          put(freshName('App'), { MetricName: 'x', Value: 1, Values: [1] }),
          'InvalidParameterCombinationException',
          400,
        ),
      ),
      says('API_PutMetricAlarm.html', 'a new alarm has too little data', async () => {
        const AlarmName = freshName('alarm')
        await alarm(AlarmName, { AlarmDescription: 'too many' })
        const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }))
        has(MetricAlarms, [
          { AlarmName, AlarmDescription: 'too many', StateValue: 'INSUFFICIENT_DATA', ActionsEnabled: true },
        ])
      }),
      says('API_DescribeAlarms.html', 'alarms by prefix in pages', async () => {
        const prefix = freshName('alarm')
        for (const end of ['a', 'b', 'c']) await alarm(prefix + end)
        const list = (NextToken?: string) =>
          client.send(new DescribeAlarmsCommand({ AlarmNamePrefix: prefix, MaxRecords: 2, NextToken }))
        const first = await list()
        assert.equal(first.MetricAlarms?.length, 2)
        const second = await list(first.NextToken)
        assert.equal(second.MetricAlarms?.length, 1)
      }),
      says('API_SetAlarmState.html', 'a state set by hand is shown and remembered', async () => {
        const AlarmName = freshName('alarm')
        await alarm(AlarmName)
        const set = (name: string) =>
          client.send(
            new SetAlarmStateCommand({ AlarmName: name, StateValue: 'ALARM', StateReason: 'a drill' }),
          )
        await set(AlarmName)
        const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }))
        has(MetricAlarms, [{ StateValue: 'ALARM', StateReason: 'a drill' }])
        const { AlarmHistoryItems } = await client.send(
          new DescribeAlarmHistoryCommand({ AlarmName, HistoryItemType: 'StateUpdate' }),
        )
        assert.equal(AlarmHistoryItems?.length, 1)
        await refused(set(`${AlarmName}-none`), 'ResourceNotFound', 404)
      }),
      says('API_DeleteAlarms.html', 'a deleted alarm is gone', async () => {
        const AlarmName = freshName('alarm')
        await alarm(AlarmName, { Tags: [{ Key: 'team', Value: 'a' }] })
        const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }))
        const ResourceARN = MetricAlarms?.[0]?.AlarmArn
        const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN }))
        assert.deepEqual(Tags, [{ Key: 'team', Value: 'a' }])
        await client.send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] }))
        const after = await client.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }))
        assert.deepEqual(after.MetricAlarms ?? [], [])
      }),
      says('API_PutDashboard.html', 'a dashboard is kept as it was put', async () => {
        const DashboardName = freshName('board')
        const body = {
          widgets: [{ type: 'text', x: 0, y: 0, width: 3, height: 3, properties: { markdown: 'x' } }],
        }
        await client.send(new PutDashboardCommand({ DashboardName, DashboardBody: JSON.stringify(body) }))
        const { DashboardBody } = await client.send(new GetDashboardCommand({ DashboardName }))
        assert.deepEqual(JSON.parse(DashboardBody ?? ''), body)
      }),
    ]
  },
}
