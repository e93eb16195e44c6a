import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type MetricTransformation,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  TestMetricFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createMonitoring } from '../monitoring/monitoring.ts'
import { createLogs } from './logs.ts'

const logGroupName = '/ecs/clarity-backend'
const logStreamName = 'api/1'
let cloud: TestCloud
let logs: CloudWatchLogsClient
// At the speed of the world no minute passes by itself in a test.
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createMonitoring, createLogs], speed: 1 })
  connect()
  await logs.send(new CreateLogGroupCommand({ logGroupName }))
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }))
})
afterAll(() => cloud.dispose())

const offset = () => ({ systemClockOffset: cloud.clock.now() - Date.now() })
function connect(): void {
  logs = new CloudWatchLogsClient({ ...cloud.client, ...offset() })
}

const filter = (
  filterName: string,
  filterPattern: string,
  metricValue: string,
  more: Partial<MetricTransformation> = {},
) =>
  logs.send(
    new PutMetricFilterCommand({
      logGroupName,
      filterName,
      filterPattern,
      metricTransformations: [
        { metricName: filterName, metricNamespace: 'Clarity/Filters', metricValue, ...more },
      ],
    }),
  )

const say = (...messages: string[]) =>
  logs.send(
    new PutLogEventsCommand({
      logGroupName,
      logStreamName,
      logEvents: messages.map(message => ({ timestamp: cloud.clock.now(), message })),
    }),
  )

async function sums(MetricName: string, dimensions: Record<string, string> = {}) {
  const client = new CloudWatchClient({ ...cloud.client, ...offset() })
  const now = cloud.clock.now()
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace: 'Clarity/Filters',
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(now - 600_000),
      EndTime: new Date(now + 60_000),
      Period: 60,
      Statistics: ['Sum', 'SampleCount'],
    }),
  )
  return Datapoints.map(({ Sum, SampleCount, Unit }) => ({ Sum, SampleCount, Unit }))
}

test('publishes what matches: counts, fields of messages, dimensions and words', async () => {
  await filter('errors', '{ $.level = "error" }', '1', { unit: 'Count' })
  await filter('latency', '{ $.ms EXISTS }', '$.ms', { dimensions: { route: '$.route' } })
  await filter('bytes', '[ip, status = 5*, bytes]', '$bytes')
  await say(
    '{"level":"error","ms":20,"route":"/a"}',
    '{"level":"error","ms":30,"route":"/a"}',
    '{"level":"info","ms":7,"route":"/b"}',
    '{"level":"info","ms":"slow","route":"/b"}',
    '{"level":"info","ms":9}',
    '127.0.0.1 503 120',
    '127.0.0.1 200 999',
  )
  expect(await sums('errors')).toEqual([{ Sum: 2, SampleCount: 2, Unit: 'Count' }])
  expect(await sums('latency', { route: '/a' })).toMatchObject([{ Sum: 50, SampleCount: 2 }])
  expect(await sums('latency', { route: '/b' })).toMatchObject([{ Sum: 7, SampleCount: 1 }])
  expect(await sums('bytes')).toMatchObject([{ Sum: 120, SampleCount: 1 }])
})

test('publishes a default for a minute in which events came and none matched', async () => {
  cloud.clock.advance(60_000 - (cloud.clock.now() % 60_000))
  connect()
  await filter('quiet', 'panic', '1', { defaultValue: 0 })
  await say('all is well', 'still well')
  expect(await sums('quiet')).toEqual([])
  cloud.clock.advance(60_000)
  connect()
  expect(await sums('quiet')).toMatchObject([{ Sum: 0, SampleCount: 1 }])
  await say('all is well', 'panic now')
  cloud.clock.advance(60_000)
  connect()
  const found = (await sums('quiet')).map(one => one.Sum)
  expect(found.sort()).toEqual([0, 1])
})

test('is tried out without being made, and refused as on AWS', async () => {
  const trial = await logs.send(
    new TestMetricFilterCommand({
      filterPattern: '{ $.level = "error" && $.ms > 5 }',
      logEventMessages: ['{"level":"error","ms":20}', '{"level":"error","ms":2}', 'text'],
    }),
  )
  expect(trial.matches).toEqual([
    {
      eventNumber: 1,
      eventMessage: '{"level":"error","ms":20}',
      extractedValues: { '$.level': 'error', '$.ms': '20' },
    },
  ])
  await expect(filter('bad', '', 'many')).rejects.toThrow('is no number and no field')
  await expect(
    filter('bad', '{ $.a = 1 }', '1', { defaultValue: 0, dimensions: { a: '$.a' } }),
  ).rejects.toThrow('mutually exclusive')
})
