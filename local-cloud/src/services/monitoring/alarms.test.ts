import {
  CloudWatchClient,
  DashboardInvalidInputError,
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  GetDashboardCommand,
  ListDashboardsCommand,
  ListTagsForResourceCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmInput,
  PutMetricDataCommand,
  ResourceNotFound,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createLogs } from '../logs/logs.ts'
import { createSns } from '../sns/sns.ts'
import { createMonitoring } from './monitoring.ts'

let cloud: TestCloud
let client: CloudWatchClient
// At the speed of the world no minute passes by itself in a test.
beforeEach(async () => {
  cloud = await startTestCloud({ services: [createSns, createMonitoring, createLogs], speed: 1 })
  connect()
})
afterEach(() => cloud.dispose())

function connect(): void {
  const systemClockOffset = cloud.clock.now() - Date.now()
  client = new CloudWatchClient({ ...cloud.client, systemClockOffset })
}

const ALARM = {
  AlarmName: 'errors',
  Namespace: 'Clarity/Test',
  MetricName: 'errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  AlarmActions: ['arn:aws:sns:us-east-1:124355672559:pager'],
} satisfies PutMetricAlarmInput
const putAlarm = (change: Partial<PutMetricAlarmInput> = {}) =>
  client.send(new PutMetricAlarmCommand({ ...ALARM, ...change }))
const put = (MetricName: string, Values: number[]) =>
  client.send(new PutMetricDataCommand({ Namespace: 'Clarity/Test', MetricData: [{ MetricName, Values }] }))
const alarmOf = async (AlarmName = 'errors') =>
  (await client.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }))).MetricAlarms?.[0]
const stateOf = async (AlarmName?: string) => (await alarmOf(AlarmName))?.StateValue
/** Lets a minute pass, at whose end every alarm is evaluated. */
function minutePasses(): void {
  cloud.clock.advance(60_000)
  connect()
}

test('goes off when its metric crosses the threshold, and tells of it in its history', async () => {
  await putAlarm()
  expect(await alarmOf()).toMatchObject({
    StateValue: 'INSUFFICIENT_DATA',
    AlarmArn: expect.stringMatching(/:alarm:errors$/),
  })
  await put('errors', [2, 3])
  minutePasses()
  expect(await alarmOf()).toMatchObject({
    StateValue: 'ALARM',
    StateReason: expect.stringMatching(
      /^Threshold Crossed: 1 out of the last 1 datapoints \[5\] was greater than or equal to the threshold \(5\)/,
    ),
  })
  await put('errors', [4])
  minutePasses()
  expect(await stateOf()).toBe('OK')
  for (let i = 0; i < 4; i++) minutePasses()
  expect(await stateOf()).toBe('INSUFFICIENT_DATA')
  const history = await client.send(new DescribeAlarmHistoryCommand({ AlarmName: 'errors' }))
  expect(history.AlarmHistoryItems?.map(item => item.HistorySummary)).toEqual([
    'Alarm updated from OK to INSUFFICIENT_DATA',
    'Alarm updated from ALARM to OK',
    'Failed to execute action arn:aws:sns:us-east-1:124355672559:pager. Received error: "Topic does not exist"',
    'Alarm updated from INSUFFICIENT_DATA to ALARM',
    'Alarm "errors" created',
  ])
  expect(JSON.parse(history.AlarmHistoryItems?.[3]?.HistoryData ?? '')).toMatchObject({
    oldState: { stateValue: 'INSUFFICIENT_DATA' },
    newState: { stateValue: 'ALARM', stateReasonData: { recentDatapoints: [5] } },
  })
})

test('counts datapoints to alarm over its periods, by percentile and by metric math', async () => {
  await putAlarm({ EvaluationPeriods: 3, DatapointsToAlarm: 2, TreatMissingData: 'notBreaching' })
  await putAlarm({
    AlarmName: 'slow',
    MetricName: 'latency',
    Statistic: undefined,
    ExtendedStatistic: 'p90',
    Threshold: 100,
  })
  const stat = (MetricName: string) => ({
    Metric: { Namespace: 'Clarity/Test', MetricName },
    Period: 60,
    Stat: 'Sum',
  })
  const { AlarmName: _, AlarmActions, EvaluationPeriods, ComparisonOperator } = ALARM
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName: 'share',
      AlarmActions,
      EvaluationPeriods,
      ComparisonOperator,
      Threshold: 50,
      Metrics: [
        { Id: 'e', MetricStat: stat('errors'), ReturnData: false },
        { Id: 'r', MetricStat: stat('requests'), ReturnData: false },
        { Id: 'share', Expression: '100 * FILL(e, 0) / r' },
      ],
    }),
  )
  await put('errors', [9])
  await put('requests', [10])
  await put('latency', [...Array(89).fill(1), ...Array(11).fill(200)])
  minutePasses()
  expect(await stateOf()).toBe('OK')
  expect(await stateOf('slow')).toBe('ALARM')
  expect(await stateOf('share')).toBe('ALARM')
  await put('errors', [9])
  await put('requests', [100])
  await put('latency', [...Array(91).fill(1), ...Array(9).fill(200)])
  minutePasses()
  expect(await stateOf()).toBe('ALARM')
  expect(await stateOf('slow')).toBe('OK')
  expect(await stateOf('share')).toBe('OK')
})

test('is set, silenced, found by its metric and removed; a restart keeps it', async () => {
  await putAlarm({ TreatMissingData: 'ignore', Tags: [{ Key: 'team', Value: 'health' }] })
  await client.send(
    new SetAlarmStateCommand({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' }),
  )
  await client.send(new DisableAlarmActionsCommand({ AlarmNames: ['errors'] }))
  await cloud.stop()
  cloud = await startTestCloud({
    state: cloud.state,
    services: [createSns, createMonitoring, createLogs],
    speed: 1,
  })
  connect()
  minutePasses()
  expect(await alarmOf()).toMatchObject({ StateValue: 'ALARM', StateReason: 'drill', ActionsEnabled: false })
  const ringing = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['errors'], StateValue: 'OK' }))
  expect(ringing.MetricAlarms).toEqual([])
  const { Namespace, MetricName } = ALARM
  const { MetricAlarms } = await client.send(new DescribeAlarmsForMetricCommand({ Namespace, MetricName }))
  expect(MetricAlarms).toHaveLength(1)
  const ResourceARN = MetricAlarms?.[0]?.AlarmArn
  expect(await client.send(new ListTagsForResourceCommand({ ResourceARN }))).toMatchObject({
    Tags: [{ Key: 'team', Value: 'health' }],
  })
  await client.send(new DeleteAlarmsCommand({ AlarmNames: ['errors'] }))
  expect(await alarmOf()).toBeUndefined()
  await expect(client.send(new DeleteAlarmsCommand({ AlarmNames: ['errors'] }))).rejects.toBeInstanceOf(
    ResourceNotFound,
  )
  await expect(
    client.send(new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: '' })),
  ).rejects.toBeInstanceOf(ResourceNotFound)
})

test('refuses alarms that say nothing, or too much', async () => {
  await expect(putAlarm({ ComparisonOperator: undefined })).rejects.toMatchObject({
    name: 'ValidationException',
  })
  await expect(putAlarm({ DatapointsToAlarm: 2 })).rejects.toThrow('less than or equal to EvaluationPeriods')
  await expect(putAlarm({ Period: 7 })).rejects.toThrow('multiple of 60')
  await expect(putAlarm({ ExtendedStatistic: 'p99' })).rejects.toMatchObject({
    name: 'InvalidParameterCombinationException',
  })
  await expect(putAlarm({ ThresholdMetricId: 'band' })).rejects.toMatchObject({ name: 'NotImplemented' })
})

test('keeps dashboards', async () => {
  const DashboardBody = JSON.stringify({ widgets: [{ type: 'text', properties: { markdown: 'hi' } }] })
  const named = { DashboardName: 'clarity' }
  await client.send(new PutDashboardCommand({ ...named, DashboardBody }))
  expect(await client.send(new GetDashboardCommand(named))).toMatchObject({
    DashboardBody,
    DashboardArn: 'arn:aws:cloudwatch::124355672559:dashboard/clarity',
  })
  expect((await client.send(new ListDashboardsCommand({}))).DashboardEntries).toMatchObject([
    { ...named, Size: DashboardBody.length, LastModified: expect.any(Date) },
  ])
  await expect(
    client.send(new PutDashboardCommand({ ...named, DashboardBody: '{"widgets":[{}]}' })),
  ).rejects.toBeInstanceOf(DashboardInvalidInputError)
  await client.send(new DeleteDashboardsCommand({ DashboardNames: ['clarity'] }))
  await expect(client.send(new GetDashboardCommand(named))).rejects.toMatchObject({
    name: 'ResourceNotFound',
  })
})

test('the embedded metrics of log lines set it off', async () => {
  await putAlarm({
    Namespace: 'Clarity/Backend',
    MetricName: 'server_errors',
    Dimensions: [
      { Name: 'service', Value: 'api' },
      { Name: 'environment', Value: 'local' },
    ],
    Threshold: 2,
  })
  const logs = new CloudWatchLogsClient(cloud.client)
  await logs.send(new CreateLogGroupCommand({ logGroupName: 'api' }))
  const stream = { logGroupName: 'api', logStreamName: 'one' }
  await logs.send(new CreateLogStreamCommand(stream))
  const timestamp = cloud.clock.now()
  const line = (more: object) => ({
    timestamp,
    message: JSON.stringify({
      environment: 'local',
      service: 'api',
      server_errors: 1,
      _aws: {
        Timestamp: timestamp,
        CloudWatchMetrics: [
          {
            Namespace: 'Clarity/Backend',
            Dimensions: [['environment', 'service']],
            Metrics: [
              { Name: 'duration_ms', Unit: 'Milliseconds' },
              { Name: 'server_errors', Unit: 'Count' },
            ],
          },
        ],
      },
      ...more,
    }),
  })
  const logEvents = [
    line({ duration_ms: 3 }),
    line({}),
    line({ _aws: 'no metric' }),
    { timestamp, message: '"_aws" {' },
  ]
  await logs.send(new PutLogEventsCommand({ ...stream, logEvents }))
  minutePasses()
  expect(await stateOf()).toBe('ALARM')
})
