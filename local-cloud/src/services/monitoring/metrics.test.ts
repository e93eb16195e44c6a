import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  ListMetricsCommand,
  MissingRequiredParameterException,
  PutMetricDataCommand,
  PutMetricStreamCommand,
} from '@aws-sdk/client-cloudwatch'
import { SmithyRpcV2CborProtocol } from '@smithy/core/cbor'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { postForm } from '../../testing-signed.ts'
import { createMonitoring } from './monitoring.ts'

const MINUTE = 60_000
let cloud: TestCloud
let client: CloudWatchClient
let start: number
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createMonitoring] })
  client = new CloudWatchClient(cloud.client)
  start = Math.floor(cloud.clock.now() / MINUTE) * MINUTE - 10 * MINUTE
})
afterAll(() => cloud.dispose())

const Dimensions = [{ Name: 'service', Value: 'api' }]
const put = (MetricName: string, minute: number, Values: number[], more: object = {}) =>
  client.send(
    new PutMetricDataCommand({
      Namespace: 'Clarity/Test',
      MetricData: [{ MetricName, Dimensions, Timestamp: new Date(start + minute * MINUTE), Values, ...more }],
    }),
  )
const statistics = (MetricName: string, more: object = {}) =>
  client.send(
    new GetMetricStatisticsCommand({
      Namespace: 'Clarity/Test',
      MetricName,
      Dimensions,
      StartTime: new Date(start),
      EndTime: new Date(start + 10 * MINUTE),
      Period: 60,
      Statistics: ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'],
      ...more,
    }),
  )

test('gives statistics and percentiles of what was put, by minute and by longer periods', async () => {
  await put('latency', 0, [1, 2, 3], { Counts: [97, 2, 1], Unit: 'Milliseconds' })
  await put('latency', 1, [10], { Unit: 'Milliseconds' })
  const { Datapoints } = await statistics('latency')
  expect(Datapoints).toEqual([
    {
      Timestamp: new Date(start),
      Unit: 'Milliseconds',
      Sum: 104,
      Average: 1.04,
      Minimum: 1,
      Maximum: 3,
      SampleCount: 100,
    },
    expect.objectContaining({ Timestamp: new Date(start + MINUTE), Sum: 10, SampleCount: 1 }),
  ])
  const longer = await statistics('latency', {
    Period: 300,
    Statistics: undefined,
    ExtendedStatistics: ['p50', 'p99', 'p100'],
  })
  expect(longer.Datapoints).toMatchObject([{ ExtendedStatistics: { p50: 1, p99: 3, p100: 10 } }])
  expect((await statistics('latency', { Unit: 'Count' })).Datapoints).toEqual([])
})

test('takes statistic sets, which have no percentiles, and large requests that the client compresses', async () => {
  const StatisticValues = { SampleCount: 4, Sum: 10, Minimum: 1, Maximum: 4 }
  await put('set', 0, [], { Values: undefined, StatisticValues })
  const { Datapoints } = await statistics('set', { ExtendedStatistics: ['p50'] })
  expect(Datapoints).toMatchObject([{ Average: 2.5, SampleCount: 4, ExtendedStatistics: {} }])
  const MetricData = Array.from({ length: 1000 }, (_, at) => ({
    MetricName: 'many',
    Dimensions: [{ Name: 'number', Value: String(at % 20) }],
    Value: at,
  }))
  await client.send(new PutMetricDataCommand({ Namespace: 'Clarity/Many', MetricData }))
  const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: 'Clarity/Many' }))
  expect(Metrics).toHaveLength(20)
})

test('answers queries with metric math, and 501 to what it has not', async () => {
  await put('errors', 2, [1])
  await put('requests', 2, [4])
  await put('requests', 3, [4])
  const metric = (Id: string, MetricName: string) => ({
    Id,
    ReturnData: false,
    MetricStat: { Metric: { Namespace: 'Clarity/Test', MetricName, Dimensions }, Period: 60, Stat: 'Sum' },
  })
  const ask = (Expression: string) =>
    client.send(
      new GetMetricDataCommand({
        StartTime: new Date(start),
        EndTime: new Date(start + 5 * MINUTE),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          metric('e', 'errors'),
          metric('r', 'requests'),
          { Id: 'rate', Expression, Label: 'rate' },
        ],
      }),
    )
  expect((await ask('100 * e / r')).MetricDataResults).toEqual([
    {
      Id: 'rate',
      Label: 'rate',
      StatusCode: 'Complete',
      Timestamps: [new Date(start + 2 * MINUTE)],
      Values: [25],
    },
  ])
  expect((await ask('(FILL(e, 0) - -1) / r')).MetricDataResults?.[0]?.Values).toEqual([0.5, 0.25])
  const values = async (expression: string) => (await ask(expression)).MetricDataResults?.[0]?.Values
  // errors: 1 in the second minute; requests: 4 in the second and the third
  expect(await values('SUM(METRICS())')).toEqual([5, 4])
  expect(await values('MAX([e, r]) ^ 2')).toEqual([16, 16])
  expect(await values('r / SUM(METRICS("r"))')).toEqual([1, 1])
  expect(await values('IF(FILL(e, 0) > 0, e / r, 0)')).toEqual([0, 0, 0.25, 0, 0])
  expect(await values('IF(r >= 4 AND r != 5, r % 3)')).toEqual([1, 1])
  expect(await values('RATE(r)')).toEqual([0])
  expect(await values('RUNNING_SUM(r) / PERIOD(r)')).toEqual([4 / 60, 8 / 60])
  expect(await values('FILL(r, REPEAT) + 0')).toEqual([4, 4, 4])
  expect(await values('TIME_SERIES(2) * ABS(-1)')).toEqual([2, 2, 2, 2, 2])
  await expect(ask('METRICS()')).rejects.toThrow('it gives several series')
  await expect(ask('SUM(r')).rejects.toThrow("')' expected")
  await expect(ask('ANOMALY_DETECTION_BAND(e)')).rejects.toMatchObject({ name: 'NotImplemented' })
  await expect(ask('e / nothing')).rejects.toThrow('No query has the id nothing')
  await expect(ask('rate + 1')).rejects.toThrow('depends on itself')
  await expect(statistics('errors', { ExtendedStatistics: ['tm99'] })).rejects.toMatchObject({
    name: 'NotImplemented',
  })
  await expect(
    client.send(
      new PutMetricStreamCommand({ Name: 's', FirehoseArn: 'a', RoleArn: 'r', OutputFormat: 'json' }),
    ),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } })
})

test('lists metrics by name and dimension', async () => {
  await put('listed', 0, [1])
  const list = async (more: object) =>
    (await client.send(new ListMetricsCommand({ Namespace: 'Clarity/Test', MetricName: 'listed', ...more })))
      .Metrics
  expect(await list({})).toEqual([{ Namespace: 'Clarity/Test', MetricName: 'listed', Dimensions }])
  expect(await list({ Dimensions: [{ Name: 'service', Value: 'worker' }] })).toEqual([])
  expect(await list({ Dimensions: [{ Name: 'service' }] })).toHaveLength(1)
})

test('refuses as CloudWatch does', async () => {
  await expect(put('old', -30 * 24 * 60, [1])).rejects.toBeInstanceOf(InvalidParameterValueException)
  await expect(put('both', 0, [1], { Value: 1 })).rejects.toBeInstanceOf(InvalidParameterCombinationException)
  await expect(put('unit', 0, [1], { Unit: 'Furlongs' })).rejects.toBeInstanceOf(
    InvalidParameterValueException,
  )
  await expect(statistics('latency', { Period: 61 })).rejects.toThrow('multiple of 60')
  await expect(statistics('latency', { Statistics: undefined })).rejects.toBeInstanceOf(
    InvalidParameterCombinationException,
  )
  const own = new PutMetricDataCommand({
    Namespace: 'AWS/ApplicationELB',
    MetricData: [{ MetricName: 'a', Value: 1 }],
  })
  await expect(client.send(own)).rejects.toBeInstanceOf(InvalidParameterValueException)
  await expect(
    client.send(new PutMetricDataCommand({ Namespace: 'X', MetricData: [] })),
  ).rejects.toBeInstanceOf(MissingRequiredParameterException)
})

test('speaks CBOR, as boto3 of today does', async () => {
  const cbor = new CloudWatchClient({ ...cloud.client, protocol: SmithyRpcV2CborProtocol })
  const Timestamp = new Date(start + MINUTE)
  await cbor.send(
    new PutMetricDataCommand({
      Namespace: 'Clarity/Cbor',
      MetricData: [
        { MetricName: 'm', Timestamp, Value: -1.5 },
        { MetricName: 'm', Timestamp, Value: 70_000 },
      ],
    }),
  )
  const question = {
    Namespace: 'Clarity/Cbor',
    MetricName: 'm',
    StartTime: new Date(start),
    EndTime: new Date(start + 5 * MINUTE),
    Period: 60,
  }
  const { Datapoints } = await cbor.send(
    new GetMetricStatisticsCommand({
      ...question,
      Statistics: ['Sum', 'Minimum'],
      ExtendedStatistics: ['p100'],
    }),
  )
  expect(Datapoints).toEqual([
    { Timestamp, Unit: 'None', Sum: 69_998.5, Minimum: -1.5, ExtendedStatistics: { p100: 70_000 } },
  ])
  await expect(cbor.send(new GetMetricStatisticsCommand(question))).rejects.toMatchObject({
    name: 'InvalidParameterCombinationException',
  })
})

test('speaks the query protocol, as awscli 2.9 does', async () => {
  const post = (form: Record<string, string>) =>
    postForm(cloud, 'monitoring', { Version: '2010-08-01', ...form })
  const sent = await post({
    Action: 'PutMetricData',
    Namespace: 'Clarity/Form',
    'MetricData.member.1.MetricName': 'm',
    'MetricData.member.1.Value': '2.5',
    'MetricData.member.1.Unit': 'Seconds',
    'MetricData.member.1.Timestamp': new Date(start).toISOString(),
    'MetricData.member.1.Dimensions.member.1.Name': 'service',
    'MetricData.member.1.Dimensions.member.1.Value': 'api',
  })
  expect(sent.text).toMatch(
    /^<PutMetricDataResponse xmlns="http:\/\/monitoring.amazonaws.com\/doc\/2010-08-01\/">/,
  )
  const question = {
    Action: 'GetMetricStatistics',
    Namespace: 'Clarity/Form',
    MetricName: 'm',
    StartTime: new Date(start).toISOString(),
    EndTime: new Date(start + MINUTE).toISOString(),
    Period: '60',
    'Dimensions.member.1.Name': 'service',
    'Dimensions.member.1.Value': 'api',
  }
  const { text } = await post({
    ...question,
    'Statistics.member.1': 'Sum',
    'ExtendedStatistics.member.1': 'p99',
  })
  expect(text).toContain('<Datapoints><member>')
  expect(text).toContain('<Sum>2.5</Sum>')
  expect(text).toContain(
    '<ExtendedStatistics><entry><key>p99</key><value>2.5</value></entry></ExtendedStatistics>',
  )
  expect((await post(question)).text).toContain('<Code>InvalidParameterCombination</Code>')
})

test('keeps samples over a restart for fifteen days', async () => {
  await put('kept', 0, [7])
  await cloud.stop()
  cloud = await startTestCloud({ state: cloud.state, services: [createMonitoring] })
  client = new CloudWatchClient(cloud.client)
  expect((await statistics('kept')).Datapoints).toMatchObject([{ Sum: 7 }])
  cloud.clock.advance(16 * 86_400_000)
  client = new CloudWatchClient({ ...cloud.client, systemClockOffset: cloud.clock.now() - Date.now() })
  expect((await statistics('kept')).Datapoints).toEqual([])
})
