import { existsSync } from 'node:fs'
import { appendFile, readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AssociateKmsKeyCommand,
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteMetricFilterCommand,
  DeleteRetentionPolicyCommand,
  DescribeExportTasksCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeMetricFiltersCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  ListTagsForResourceCommand,
  ListTagsLogGroupCommand,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createLogs } from './logs.ts'

const logGroupName = '/ecs/clarity-backend'
const DAY = 86_400_000
/** Times in these tests are milliseconds after this. */
const base = Date.now() - 10_000
let cloud: TestCloud
let logs: CloudWatchLogsClient
beforeEach(async () => {
  cloud = await startTestCloud({ services: [createLogs] })
  logs = new CloudWatchLogsClient(cloud.client)
  await logs.send(new CreateLogGroupCommand({ logGroupName, tags: { owner: 'clarity' } }))
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'api/1' }))
})
afterEach(() => cloud.dispose())

test('keeps groups with their settings, and says what is wrong in AWS words', async () => {
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }))
  await logs.send(new AssociateKmsKeyCommand({ logGroupName, kmsKeyId: 'arn:aws:kms:…:key/1' }))
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/other' }))
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/ecs' }))
  expect(logGroups).toMatchObject([
    {
      logGroupName,
      retentionInDays: 7,
      kmsKeyId: 'arn:aws:kms:…:key/1',
      arn: 'arn:aws:logs:us-east-1:124355672559:log-group:/ecs/clarity-backend:*',
      creationTime: expect.any(Number),
    },
  ])
  const resourceArn = logGroups?.[0]?.logGroupArn
  await logs.send(new TagResourceCommand({ resourceArn, tags: { tier: 'api' } }))
  const tags = { owner: 'clarity', tier: 'api' }
  expect((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual(tags)
  expect((await logs.send(new ListTagsLogGroupCommand({ logGroupName }))).tags).toEqual(tags)
  await logs.send(new DeleteRetentionPolicyCommand({ logGroupName }))

  const refusals: [Promise<unknown>, string][] = [
    [logs.send(new CreateLogGroupCommand({ logGroupName })), 'ResourceAlreadyExistsException'],
    [logs.send(new CreateLogGroupCommand({ logGroupName: 'a b' })), 'InvalidParameterException'],
    [
      logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'api/1' })),
      'ResourceAlreadyExistsException',
    ],
    [
      logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 8 })),
      'InvalidParameterException',
    ],
    [logs.send(new DescribeLogStreamsCommand({ logGroupName: '/absent' })), 'ResourceNotFoundException'],
    [put('absent', [[0, 'x']]), 'ResourceNotFoundException'],
    [logs.send(new DescribeExportTasksCommand({})), 'NotImplemented'],
  ]
  for (const [refused, name] of refusals) await expect(refused).rejects.toMatchObject({ name })
})

test('gives events back in the order of their time, page by page in both directions', async () => {
  await put('api/1', [
    [0, 'a'],
    [2, 'c'],
    [4, 'e'],
  ])
  await put('api/1', [
    [1, 'b'],
    [3, 'd'],
  ])
  const first = await get({ startFromHead: true, limit: 2 })
  expect(first.messages).toEqual(['a', 'b'])
  const second = await get({ nextToken: first.nextForwardToken, limit: 10 })
  expect(second.messages).toEqual(['c', 'd', 'e'])
  const end = await get({ nextToken: second.nextForwardToken })
  expect(end.messages).toEqual([])
  expect(end.nextForwardToken).toBe(second.nextForwardToken)
  await put('api/1', [[5, 'f']])
  expect((await get({ nextToken: end.nextForwardToken })).messages).toEqual(['f'])

  const latest = await get({ limit: 2 })
  expect(latest.messages).toEqual(['e', 'f'])
  const before = await get({ nextToken: latest.nextBackwardToken })
  expect(before.messages).toEqual(['a', 'b', 'c', 'd'])
  const start = await get({ nextToken: before.nextBackwardToken })
  expect([start.messages, start.nextBackwardToken]).toEqual([[], before.nextBackwardToken])
  expect((await get({ startFromHead: true, startTime: base + 1, endTime: base + 3 })).messages).toEqual([
    'b',
    'c',
  ])
  await expect(get({ nextToken: 'f/12/s' })).rejects.toMatchObject({ name: 'InvalidParameterException' })
})

test('filters a group by pattern, time and stream, each event once', async () => {
  for (const name of ['api/2', 'worker/1'])
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: name }))
  await put('api/1', [
    [0, '{"level":"info","ms":3}'],
    [4, '{"level":"error","ms":9,"user":{"id":"u1"}}'],
  ])
  await put('api/2', [
    [1, '{"level":"error","ms":2,"tags":["slow","new"]}'],
    [3, 'plain ERROR text'],
  ])
  await put('worker/1', [
    [2, 'plain warning text'],
    [5, '{"level":null,"ok":true}'],
  ])
  const times = async (input: Partial<FilterLogEventsCommandInput>) =>
    (await filter(input)).map(([time]) => time)
  expect(await times({})).toEqual([0, 1, 2, 3, 4, 5])
  expect(await times({ limit: 2 })).toEqual([0, 1, 2, 3, 4, 5])
  expect(await times({ startFromHead: false, limit: 4, startTime: base })).toEqual([5, 4, 3, 2, 1, 0])
  expect(await times({ startTime: base + 1, endTime: base + 3 })).toEqual([1, 2, 3])
  expect(await times({ logStreamNames: ['api/2', 'worker/1'] })).toEqual([1, 2, 3, 5])
  expect(await times({ logStreamNamePrefix: 'api/' })).toEqual([0, 1, 3, 4])
  expect(await times({ filterPattern: '{ $.level = error && $.ms > 5 }' })).toEqual([4])
  expect(await times({ filterPattern: 'plain -ERROR' })).toEqual([2])
  await expect(filter({ filterPattern: '"open' })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
})

test('takes batches as AWS does', async () => {
  const now = cloud.clock.now()
  const send = (events: [number, string][]) =>
    logs.send(
      new PutLogEventsCommand({
        logGroupName,
        logStreamName: 'api/1',
        logEvents: events.map(([timestamp, message]) => ({ timestamp, message })),
      }),
    )
  for (const wrong of [
    [],
    [[now, '']],
    [
      [now, 'b'],
      [now - 1, 'a'],
    ],
    [
      [now - DAY - 1, 'a'],
      [now, 'b'],
    ],
  ])
    await expect(send(wrong as [number, string][])).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  const large = 'x'.repeat(600_000)
  await expect(
    send([
      [now, large],
      [now, large],
    ]),
  ).rejects.toMatchObject({
    message: expect.stringContaining('Upload too large'),
  })
  const late = await send([[now - 15 * DAY, 'too old']])
  expect(late.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 })
  const early = await send([
    [now, 'taken'],
    [now + 3 * 3_600_000, 'too new'],
  ])
  expect(early.rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 1 })
  expect((await get({})).messages).toEqual(['taken'])
})

test('reads many segments in order, in bounded answers', async () => {
  const message = 'm'.repeat(100_000)
  for (let at = 0; at < 30; at++) await put('api/1', [[at, `${at} ${message}`]])
  expect((await readdir(join(cloud.state, 'logs', '2'))).length).toBeGreaterThan(4)
  const pages: number[] = []
  let nextToken: string | undefined
  const seen: number[] = []
  do {
    const answer = await logs.send(new FilterLogEventsCommand({ logGroupName, nextToken }))
    pages.push(answer.events?.length ?? 0)
    seen.push(...(answer.events ?? []).map(event => (event.timestamp ?? 0) - base))
    nextToken = answer.nextToken
  } while (nextToken)
  expect(seen).toEqual(Array.from({ length: 30 }, (_, at) => at))
  expect(Math.max(...pages)).toBe(10)
})

test('forgets what retention does not keep, from answers at once and from disk within the hour', async () => {
  await put('api/1', [[0, 'old']])
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }))
  expect((await get({})).messages).toEqual(['old'])
  advance(DAY + 20_000)
  expect((await get({})).messages).toEqual([])
  advance(3_600_000)
  expect(await readdir(join(cloud.state, 'logs', '2'))).toEqual([])
  await put('api/1', [[DAY + 3_600_000, 'new']])
  await restart()
  expect((await get({})).messages).toEqual(['new'])
})

test('has everything after a crash, but for the line that was being written', async () => {
  await put('api/1', [[0, 'whole']])
  const file = join(cloud.state, 'logs', '2', '00000001.jsonl')
  await appendFile(file, '[1,2,"torn')
  await restart()
  expect((await get({})).messages).toEqual(['whole'])
  await put('api/1', [[1, 'after']])
  expect((await get({})).messages).toEqual(['whole', 'after'])
  const { logStreams } = await logs.send(
    new DescribeLogStreamsCommand({ logGroupName, orderBy: 'LastEventTime' }),
  )
  expect(logStreams).toMatchObject([
    { logStreamName: 'api/1', firstEventTimestamp: base, lastEventTimestamp: base + 1 },
  ])
  await logs.send(new DeleteLogGroupCommand({ logGroupName }))
  expect(await readdir(join(cloud.state, 'logs'))).toEqual([])
})

test.runIf(existsSync('/dev/full'))('says that the disk is full', async () => {
  await put('api/1', [[0, 'written before']])
  await rm(join(cloud.state, 'logs', '2', '00000001.jsonl'))
  await symlink('/dev/full', join(cloud.state, 'logs', '2', '00000001.jsonl'))
  await expect(put('api/1', [[0, 'x']])).rejects.toMatchObject({ name: 'ServiceUnavailableException' })
})

test('records metric filters', async () => {
  const filterName = 'errors'
  const metricTransformations = [{ metricName: 'Errors', metricNamespace: 'Clarity', metricValue: '1' }]
  const filterPattern = '{ $.level = "error" }'
  const input = { logGroupName, filterName, filterPattern, metricTransformations }
  await logs.send(new PutMetricFilterCommand(input))
  expect((await logs.send(new DescribeMetricFiltersCommand({ logGroupName }))).metricFilters).toMatchObject([
    input,
  ])
  await logs.send(new DeleteMetricFilterCommand({ logGroupName, filterName }))
  await expect(logs.send(new DeleteMetricFilterCommand({ logGroupName, filterName }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})

async function put(logStreamName: string, events: [number, string][]): Promise<void> {
  const logEvents = events.map(([after, message]) => ({ timestamp: base + after, message }))
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }))
}

async function get(input: Partial<GetLogEventsCommandInput>) {
  const answer = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: 'api/1', ...input }))
  return { ...answer, messages: answer.events?.map(event => event.message) }
}

/** All pages: times after the base and streams; fails on an event that comes twice. */
async function filter(input: Partial<FilterLogEventsCommandInput>): Promise<[number, string | undefined][]> {
  const found: [number, string | undefined][] = []
  const ids = new Set<string | undefined>()
  let nextToken: string | undefined
  do {
    const answer = await logs.send(new FilterLogEventsCommand({ logGroupName, ...input, nextToken }))
    for (const { eventId, timestamp = 0, logStreamName } of answer.events ?? []) {
      expect(ids.has(eventId)).toBe(false)
      ids.add(eventId)
      found.push([timestamp - base, logStreamName])
    }
    nextToken = answer.nextToken
  } while (nextToken)
  return found
}

/** Moves the cloud's clock and, with it, the client that signs. */
function advance(ms: number): void {
  cloud.clock.advance(ms)
  const systemClockOffset = cloud.clock.now() - Date.now()
  logs = new CloudWatchLogsClient({ ...cloud.client, systemClockOffset })
}

/** A new cloud on the same state, at the same time of its clock. */
async function restart(): Promise<void> {
  const { state, dispose } = cloud
  const ahead = cloud.clock.now() - Date.now()
  await cloud.stop()
  const next = await startTestCloud({ services: [createLogs], state })
  cloud = {
    ...next,
    dispose: async () => {
      await next.stop()
      await dispose()
    },
  }
  advance(ahead)
}
