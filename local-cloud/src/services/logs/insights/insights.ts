import { randomUUID } from 'node:crypto'
import type {
  DescribeQueriesRequest,
  GetQueryResultsRequest,
  ResultField,
  StartQueryRequest,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Operation, ServiceContext } from '../../../core/service.ts'
import { keptFrom } from '../groups.ts'
import { readEvents } from '../read-events.ts'
import { type GroupRecord, invalid, notFound, page, type Records } from '../records.ts'
import type { StreamFiles } from '../stream-files.ts'
import { type Row, textOf, timeText, type Value } from './expression.ts'
import { parseQuery } from './query.ts'

/** A query that was asked, with its answer. Times are milliseconds since the epoch. */
interface Asked {
  id: string
  text: string
  groups: string[]
  at: number
  results: ResultField[][]
  statistics: { recordsMatched: number; recordsScanned: number; bytesScanned: number }
}

/** How long an answer is kept, as on AWS. */
const KEPT_MS = 7 * 86_400_000
/** Most groups of a query, as on AWS, and most fields that are found in a message. */
const MOST_GROUPS = 50
const MOST_FIELDS = 200

/** Logs Insights: a query is answered before `StartQuery` returns, so `GetQueryResults` is complete at once. */
export function insightsOperations(
  context: ServiceContext,
  records: Records,
  files: StreamFiles,
): Record<string, Operation> {
  const queries = context.store.collection<Asked>('logs', 'query')

  async function start(input: StartQueryRequest) {
    const groups = groupsOf(input)
    const { startTime = 0, endTime = 0, queryString = '', limit } = input
    if (!(startTime <= endTime)) throw invalid('End time should not be less than start time')
    if (limit !== undefined && !(limit >= 1 && limit <= 10_000))
      throw invalid(`limit ${limit} must be between 1 and 10000`)
    const query = parseQuery(queryString)
    const events: { row: Row; at: number }[] = []
    const statistics = { recordsMatched: 0, recordsScanned: 0, bytesScanned: 0 }
    for (const group of groups)
      for await (const event of eventsOf(group, startTime * 1000, endTime * 1000 + 999)) {
        statistics.recordsScanned++
        statistics.bytesScanned += Buffer.byteLength(event.message)
        events.push({ row: rowOf(event), at: event.timestamp })
      }
    const { rows, shown, matched } = query.run(events.toSorted((a, b) => b.at - a.at).map(({ row }) => row))
    const fields = shown.length > 0 ? shown : ['@timestamp', '@message']
    const id = randomUUID()
    queries.put(id, {
      id,
      text: queryString,
      groups: groups.map(({ name }) => name),
      at: context.clock.now(),
      results: rows.slice(0, limit).map(row => resultOf(row, fields)),
      statistics: { ...statistics, recordsMatched: matched },
    })
    return { queryId: id }
  }

  function groupsOf(input: StartQueryRequest): GroupRecord[] {
    const { logGroupName, logGroupNames = [], logGroupIdentifiers = [] } = input
    const named = [logGroupName ?? [], logGroupNames, logGroupIdentifiers].flat()
    if (named.length === 0 || named.length > MOST_GROUPS)
      throw invalid(`a query wants 1 to ${MOST_GROUPS} log groups, not ${named.length}`)
    return named.map(name => records.group({ logGroupName: name }))
  }

  async function* eventsOf(group: GroupRecord, from: number, to: number) {
    const streams = records.streamsOf(group)
    const nameOf = new Map(streams.map(stream => [stream.id, stream.name]))
    const segments = streams.flatMap(stream => files.segments(stream.id))
    const range = { from: Math.max(from, keptFrom(group, context.clock.now())), to }
    for await (const event of readEvents(files, segments, range))
      yield { ...event, stream: nameOf.get(Number(event.position.slice(13, 22))) ?? '', group: group.name }
  }

  function rowOf(event: {
    message: string
    timestamp: number
    ingestionTime: number
    position: string
    stream: string
    group: string
  }): Row {
    return new Map<string, Value>([
      ...fieldsOf(event.message),
      ['@timestamp', timeText(event.timestamp)],
      ['@ingestionTime', timeText(event.ingestionTime)],
      ['@message', event.message],
      ['@logStream', event.stream],
      ['@log', `${context.accountId}:${event.group}`],
      ['@ptr', Buffer.from(event.position).toString('base64url')],
    ])
  }

  /** @throws AwsError `ResourceNotFoundException` */
  function get(id: string | undefined): Asked {
    const found = queries.get(id ?? '')
    if (!found || found.at + KEPT_MS < context.clock.now()) throw notFound('Query Id does not exist')
    return found
  }

  return {
    StartQuery: start,
    GetQueryResults: ({ queryId }: GetQueryResultsRequest) => {
      const { results, statistics } = get(queryId)
      return { queryLanguage: 'CWLI', results, statistics, status: 'Complete' }
    },
    StopQuery: ({ queryId }: GetQueryResultsRequest) => {
      get(queryId)
      throw invalid('Query is not running')
    },
    DescribeQueries: ({ logGroupName, status, maxResults, nextToken }: DescribeQueriesRequest) => {
      for (const { id, at } of queries.list()) if (at + KEPT_MS < context.clock.now()) queries.delete(id)
      const fitting = queries
        .list()
        .filter(({ groups }) => logGroupName === undefined || groups.includes(logGroupName))
        .filter(() => status === undefined || status === 'Complete')
        .toSorted((a, b) => b.at - a.at)
      const { items, nextToken: next } = page(fitting, nextToken, maxResults)
      return {
        queries: items.map(({ id, text, groups, at }) => ({
          queryId: id,
          queryString: text,
          status: 'Complete',
          createTime: at,
          logGroupName: groups[0],
          queryLanguage: 'CWLI',
        })),
        nextToken: next,
      }
    },
  }
}

/** The fields of a JSON message, nested ones by `a.b` and `a.0`; a message that is no object has none. */
function fieldsOf(message: string): [string, Value][] {
  const fields: [string, Value][] = []
  const add = (name: string, value: unknown): void => {
    if (fields.length >= MOST_FIELDS || value === null) return
    if (typeof value !== 'object') return void fields.push([name, value as Value])
    for (const [key, inner] of Object.entries(value)) add(name === '' ? key : `${name}.${key}`, inner)
  }
  if (!message.startsWith('{')) return []
  try {
    add('', JSON.parse(message))
  } catch {}
  return fields
}

/** A row as it is told: without what it has not, and for a log event with the pointer to it. */
function resultOf(row: Row, fields: string[]): ResultField[] {
  const shown = row.has('@ptr') ? [...fields, '@ptr'] : fields
  return [...new Set(shown)].flatMap(field => {
    const value = row.get(field)
    return value === undefined
      ? []
      : [{ field, value: typeof value === 'boolean' ? `${Number(value)}` : textOf(value) }]
  })
}
