import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeQueriesCommand,
  GetQueryResultsCommand,
  PutLogEventsCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../../testing.ts'
import { createLogs } from '../logs.ts'

const logGroupName = '/ecs/api'
let cloud: TestCloud
let logs: CloudWatchLogsClient
let now: number
const EVENTS = [
  { event: 'request', route: '/a', status: 200, duration_ms: 10 },
  { event: 'request', route: '/a', status: 200, duration_ms: 30 },
  { event: 'request', route: '/b', status: 500, duration_ms: 900, error: { name: 'Timeout' } },
  { event: 'start' },
]

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createLogs] })
  logs = new CloudWatchLogsClient(cloud.client)
  // a full five minutes, so that all falls into one bin
  now = Math.floor(cloud.clock.now() / 300_000) * 300_000
  await logs.send(new CreateLogGroupCommand({ logGroupName }))
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'one' }))
  const logEvents = [...EVENTS.map(event => JSON.stringify(event)), 'plain words'].map((message, i) => ({
    timestamp: now + i,
    message,
  }))
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: 'one', logEvents }))
})
afterAll(() => cloud.dispose())

async function ask(queryString: string, limit?: number) {
  const [startTime, endTime] = [now / 1000 - 60, now / 1000 + 60]
  const { queryId } = await logs.send(
    new StartQueryCommand({ logGroupName, startTime, endTime, queryString, limit }),
  )
  const { status, results = [], statistics } = await logs.send(new GetQueryResultsCommand({ queryId }))
  expect(status).toBe('Complete')
  const rows = results.map(fields =>
    Object.fromEntries(fields.flatMap(({ field, value }) => (field === '@ptr' ? [] : [[field, value]]))),
  )
  return { rows, statistics }
}

test('filters events by their fields, newest first, and shows what is asked for', async () => {
  const { rows, statistics } = await ask(
    `fields @timestamp, route, error.name as why
     | filter event = "request" and (status >= 500 or route like /^.a$/)`,
  )
  expect(rows.map(({ route }) => route)).toEqual(['/b', '/a', '/a'])
  expect(rows[0]).toMatchObject({
    why: 'Timeout',
    '@timestamp': new Date(now + 2).toISOString().slice(0, 23).replace('T', ' '),
  })
  expect(statistics).toMatchObject({ recordsMatched: 3, recordsScanned: 5 })
  const words = await ask('filter @message like "plain"')
  expect(words.rows).toEqual([{ '@timestamp': expect.any(String), '@message': 'plain words' }])
  expect((await ask('filter not ispresent(status) | limit 1')).rows).toHaveLength(1)
  expect((await ask('filter status in [500, 502]')).rows).toHaveLength(1)
  expect((await ask('fields status', 2)).rows).toHaveLength(2)
})

test('groups, counts, sorts', async () => {
  const byRoute = await ask(
    'filter event = "request" | stats pct(duration_ms, 99) as p99, count() as requests, avg(duration_ms) by route | sort p99 desc',
  )
  expect(byRoute.rows).toEqual([
    { route: '/b', p99: '900', requests: '1', 'avg(duration_ms)': '900' },
    { route: '/a', p99: '30', requests: '2', 'avg(duration_ms)': '20' },
  ])
  const overTime = await ask('stats max(duration_ms / 1000), count_distinct(route) by bin(5m)')
  expect(overTime.rows).toEqual([
    {
      'bin(5m)': new Date(now).toISOString().slice(0, 23).replace('T', ' '),
      'max(duration_ms/1000)': '0.9',
      'count_distinct(route)': '2',
    },
  ])
})

test('says where a query is wrong, what it has not, and lists what was asked', async () => {
  const refused = { name: 'MalformedQueryException' }
  for (const query of [
    '',
    'filter status >',
    'stats count() by route | sort by 1 desc',
    'stats route',
    'nonsense x',
  ])
    await expect(ask(query), query).rejects.toMatchObject(refused)
  await expect(ask('parse @message "a * b" as c')).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
  const { queries = [] } = await logs.send(new DescribeQueriesCommand({ logGroupName }))
  expect(queries[0]).toMatchObject({ status: 'Complete', logGroupName })
  await expect(logs.send(new GetQueryResultsCommand({ queryId: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})
