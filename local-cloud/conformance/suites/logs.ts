import assert from 'node:assert/strict'
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeMetricFiltersCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  GetQueryResultsCommand,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { casesOf, freshName, has, refused, type Suite, until } from '../suite.ts'

const says = casesOf('AmazonCloudWatchLogs/latest/APIReference/')
const INSIGHTS = '/AmazonCloudWatch/latest/logs/CWL_QuerySyntax'
const PATTERNS = '/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html'

/** CloudWatch Logs: groups, streams, events and filters. */
export const logs: Suite = {
  service: 'logs',
  cases: ({ config }) => {
    const client = new CloudWatchLogsClient(config)
    async function stream(prefix = 'group'): Promise<{ logGroupName: string; logStreamName: string }> {
      const place = { logGroupName: `/conformance/${freshName(prefix)}`, logStreamName: 'one' }
      await client.send(new CreateLogGroupCommand({ logGroupName: place.logGroupName }))
      await client.send(new CreateLogStreamCommand(place))
      return place
    }
    const put = (
      place: { logGroupName: string; logStreamName: string },
      messages: string[],
      timestamp = Date.now(),
    ) =>
      client.send(
        new PutLogEventsCommand({
          ...place,
          logEvents: messages.map((message, at) => ({ message, timestamp: timestamp + at })),
        }),
      )
    const find = async (logGroupName: string, filterPattern?: string) =>
      (await client.send(new FilterLogEventsCommand({ logGroupName, filterPattern }))).events?.map(
        event => event.message,
      )

    /** The rows of a query over the last minute, by field, without the pointer to an event. */
    async function ask(logGroupName: string, queryString: string): Promise<Record<string, string>[]> {
      const now = Math.floor(Date.now() / 1000)
      const range = { startTime: now - 60, endTime: now + 60 }
      const { queryId } = await client.send(new StartQueryCommand({ logGroupName, ...range, queryString }))
      const { results = [] } = await until(
        () => client.send(new GetQueryResultsCommand({ queryId })),
        ({ status }) => status === 'Complete',
      )
      const shown = results.map(row => row.filter(({ field }) => field !== '@ptr'))
      return shown.map(row => Object.fromEntries(row.map(({ field = '', value = '' }) => [field, value])))
    }

    return [
      says('API_CreateLogGroup.html', 'a group is made once', async () => {
        const { logGroupName } = await stream()
        await refused(
          client.send(new CreateLogGroupCommand({ logGroupName })),
          'ResourceAlreadyExistsException',
          400,
        )
      }),
      says('API_CreateLogStream.html', 'a stream is made once, in a group that exists', async () => {
        const place = await stream()
        const create = (logGroupName: string) =>
          client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'one' }))
        await refused(create(place.logGroupName), 'ResourceAlreadyExistsException', 400)
        await refused(create(`${place.logGroupName}-none`), 'ResourceNotFoundException', 400)
      }),
      says('API_DescribeLogGroups.html', 'groups by prefix in pages', async () => {
        const prefix = freshName('pages')
        for (let at = 0; at < 3; at++) await stream(prefix)
        const list = (nextToken?: string) =>
          client.send(
            new DescribeLogGroupsCommand({
              logGroupNamePrefix: `/conformance/${prefix}`,
              limit: 2,
              nextToken,
            }),
          )
        const first = await list()
        assert.equal(first.logGroups?.length, 2)
        const second = await list(first.nextToken)
        assert.equal(second.logGroups?.length, 1)
        assert.equal(second.nextToken, undefined)
      }),
      says('API_PutRetentionPolicy.html', 'retention takes only certain numbers of days', async () => {
        const { logGroupName } = await stream()
        const keep = (retentionInDays: number) =>
          client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }))
        await keep(30)
        const { logGroups } = await client.send(
          new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
        )
        has(logGroups, [{ retentionInDays: 30 }])
        await refused(keep(31), 'InvalidParameterException', 400)
      }),
      says('API_GetLogEvents.html', 'events from the head, and the same token at the end', async () => {
        const place = await stream()
        await put(place, ['a', 'b', 'c'])
        const read = (more: object = {}) =>
          client.send(new GetLogEventsCommand({ ...place, startFromHead: true, ...more }))
        const first = await read({ limit: 2 })
        has(first.events, [{ message: 'a' }, { message: 'b' }])
        const second = await read({ nextToken: first.nextForwardToken })
        has(second.events, [{ message: 'c' }])
        const end = await read({ nextToken: second.nextForwardToken })
        assert.deepEqual([end.events, end.nextForwardToken], [[], second.nextForwardToken])
      }),
      says('API_PutLogEvents.html', 'events too old are rejected, not the batch', async () => {
        const place = await stream()
        const { rejectedLogEventsInfo } = await put(place, ['old'], Date.now() - 15 * 86_400_000)
        has(rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 })
      }),
      says('API_PutLogEvents.html', 'the events of a batch are in the order of time', async () => {
        const place = await stream()
        const now = Date.now()
        const logEvents = [
          { message: 'b', timestamp: now },
          { message: 'a', timestamp: now - 1000 },
        ]
        await refused(
          client.send(new PutLogEventsCommand({ ...place, logEvents })),
          'InvalidParameterException',
          400,
        )
      }),
      says('API_PutLogEvents.html', 'a stream that does not exist takes nothing', async () => {
        const { logGroupName } = await stream()
        await refused(put({ logGroupName, logStreamName: 'none' }, ['x']), 'ResourceNotFoundException', 400)
      }),
      says('API_DescribeLogStreams.html', 'streams by the time of their last event', async () => {
        const place = await stream()
        await put(place, ['x'])
        const { logStreams } = await client.send(
          new DescribeLogStreamsCommand({
            logGroupName: place.logGroupName,
            orderBy: 'LastEventTime',
            descending: true,
          }),
        )
        assert.equal(logStreams?.[0]?.logStreamName, 'one')
        assert.ok(logStreams?.[0]?.arn?.includes(':log-stream:one'))
      }),
      says(PATTERNS, 'terms must all be there, those after a minus must not', async () => {
        const place = await stream()
        await put(place, ['ERROR disk full', 'ERROR quota', 'INFO disk ok'])
        assert.deepEqual(await find(place.logGroupName, 'ERROR disk'), ['ERROR disk full'])
        assert.deepEqual(await find(place.logGroupName, 'ERROR -disk'), ['ERROR quota'])
        assert.deepEqual(await find(place.logGroupName, '?quota ?ok'), ['ERROR quota', 'INFO disk ok'])
      }),
      says(PATTERNS, 'a pattern of JSON compares fields', async () => {
        const place = await stream()
        const lines = [{ level: 'error', ms: 700 }, { level: 'error', ms: 3 }, { level: 'info' }].map(line =>
          JSON.stringify(line),
        )
        await put(place, lines)
        const pattern = '{ $.level = "error" && $.ms >= 500 }'
        assert.deepEqual(await find(place.logGroupName, pattern), [lines[0]])
      }),
      says('API_DescribeMetricFilters.html', 'a metric filter is kept', async () => {
        const { logGroupName } = await stream()
        await client.send(
          new PutMetricFilterCommand({
            logGroupName,
            filterName: 'errors',
            filterPattern: 'ERROR',
            metricTransformations: [{ metricName: 'Errors', metricNamespace: 'App', metricValue: '1' }],
          }),
        )
        const { metricFilters } = await client.send(new DescribeMetricFiltersCommand({ logGroupName }))
        has(metricFilters, [{ filterName: 'errors', filterPattern: 'ERROR' }])
      }),
      says(`${INSIGHTS}-Filter.html`, 'a query filters by fields that are found in JSON', async () => {
        const place = await stream()
        await put(place, ['{"level":"error","ms":700}', '{"level":"error","ms":3}', '{"level":"info"}'])
        const query = 'fields ms | filter level = "error" and ms > 100'
        assert.deepEqual(await ask(place.logGroupName, query), [{ ms: '700' }])
        assert.deepEqual(await ask(place.logGroupName, 'fields level | filter level like /^in/'), [
          { level: 'info' },
        ])
      }),
      says(`${INSIGHTS}-Stats.html`, 'a query counts by a field', async () => {
        const place = await stream()
        await put(place, ['{"route":"/a"}', '{"route":"/b"}', '{"route":"/a"}'])
        const query = 'stats count(*) as calls by route | sort calls desc'
        assert.deepEqual(await ask(place.logGroupName, query), [
          { route: '/a', calls: '2' },
          { route: '/b', calls: '1' },
        ])
      }),
      says('API_StartQuery.html', 'a query that cannot be read is refused', async () => {
        const { logGroupName } = await stream()
        const start = new StartQueryCommand({
          logGroupName,
          startTime: 0,
          endTime: 1,
          queryString: 'filter a >',
        })
        await refused(client.send(start), 'MalformedQueryException', 400)
      }),
      says('API_DeleteLogGroup.html', 'a deleted group is gone with its events', async () => {
        const { logGroupName } = await stream()
        const remove = () => client.send(new DeleteLogGroupCommand({ logGroupName }))
        await remove()
        await refused(remove(), 'ResourceNotFoundException', 400)
      }),
    ]
  },
}
