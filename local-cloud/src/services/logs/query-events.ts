import type {
  FilteredLogEvent,
  FilterLogEventsRequest,
  FilterLogEventsResponse,
  GetLogEventsRequest,
  GetLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { parseFilterPattern } from './filter-pattern.ts'
import { keptFrom } from './groups.ts'
import { readEvents } from './read-events.ts'
import { invalid, type Records } from './records.ts'
import type { StoredEvent, StreamFiles } from './stream-files.ts'

/** Most of one answer, as on AWS: 10 000 events or 1 MiB. */
const MAX_EVENTS = 10_000
const MAX_BYTES = 1_048_576
/** What one FilterLogEvents looks through before it answers with a token to go on. */
const MAX_SCANNED_BYTES = 32 * 1024 * 1024
/** AWS counts this for each event beside its message. */
const EVENT_OVERHEAD = 26
/** Digits of a position; event ids have 56, as on AWS. */
const POSITION = /^\d{37}$/

/** Reading events: one stream by position, or a group by pattern. */
export function queryOperations(
  context: ServiceContext,
  records: Records,
  files: StreamFiles,
): Record<string, Operation> {
  async function get(input: GetLogEventsRequest): Promise<GetLogEventsResponse> {
    const group = records.group(input)
    const stream = records.stream(group, input.logStreamName)
    const token = parseToken(input.nextToken)
    const backward = token ? token.backward : !input.startFromHead
    const range = {
      from: Math.max(input.startTime ?? 0, keptFrom(group, context.clock.now())),
      to: (input.endTime ?? Number.MAX_SAFE_INTEGER) - 1,
      backward,
      ...(token && (backward ? { before: token.position } : { after: token.position })),
    }
    const limit = limitOf(input.limit)
    const events: StoredEvent[] = []
    let bytes = 0
    for await (const event of readEvents(files, files.segments(stream.id), range)) {
      bytes += sizeOf(event)
      if (events.length === limit || (bytes > MAX_BYTES && events.length > 0)) break
      events.push(event)
    }
    if (backward) events.reverse()
    const start = token?.position ?? '0'.repeat(37)
    return {
      events: events.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
      nextForwardToken: `f/${events.at(-1)?.position ?? start}/s`,
      nextBackwardToken: `b/${events[0]?.position ?? start}/s`,
    }
  }

  async function filter(input: FilterLogEventsRequest): Promise<FilterLogEventsResponse> {
    const group = records.group(input)
    const { logStreamNames: names, logStreamNamePrefix: prefix, nextToken } = input
    if (names?.length && prefix !== undefined)
      throw invalid('logStreamNames and logStreamNamePrefix are mutually exclusive.')
    const token = parseToken(nextToken)
    const backward = token ? token.backward : input.startFromHead === false
    const streams = names?.length
      ? names.map(name => records.stream(group, name))
      : records.streamsOf(group, prefix)
    const nameOf = new Map(streams.map(stream => [stream.id, stream.name]))
    const matches = parseFilterPattern(input.filterPattern)
    const limit = limitOf(input.limit)
    const range = {
      from: Math.max(input.startTime ?? 0, keptFrom(group, context.clock.now())),
      to: input.endTime ?? Number.MAX_SAFE_INTEGER,
      backward,
      ...(backward ? { before: token?.position } : { after: token?.position }),
    }
    const segments = streams.flatMap(stream => files.segments(stream.id))
    const events: FilteredLogEvent[] = []
    let bytes = 0
    let scanned = 0
    let last = token?.position
    for await (const event of readEvents(files, segments, range)) {
      const matched = matches(event.message)
      const full = matched && (events.length === limit || (bytes > 0 && bytes + sizeOf(event) > MAX_BYTES))
      if (full || scanned > MAX_SCANNED_BYTES)
        return { events, searchedLogStreams: [], nextToken: `${backward ? 'b' : 'f'}/${last}/s` }
      last = event.position
      scanned += sizeOf(event)
      if (!matched) continue
      bytes += sizeOf(event)
      events.push({
        logStreamName: nameOf.get(Number(event.position.slice(13, 22))),
        timestamp: event.timestamp,
        message: event.message,
        ingestionTime: event.ingestionTime,
        eventId: event.position.padStart(56, '0'),
      })
    }
    return { events, searchedLogStreams: [] }
  }

  return { GetLogEvents: get, FilterLogEvents: filter }
}

function sizeOf(event: StoredEvent): number {
  return Buffer.byteLength(event.message) + EVENT_OVERHEAD
}

function limitOf(limit: number | undefined): number {
  if (limit === undefined) return MAX_EVENTS
  if (limit >= 1 && limit <= MAX_EVENTS) return limit
  throw invalid(`limit ${limit} must be between 1 and ${MAX_EVENTS}`)
}

function parseToken(token: string | undefined): { backward: boolean; position: string } | undefined {
  if (token === undefined) return undefined
  const [, direction, position = ''] = /^([fb])\/(\d+)\/s$/.exec(token) ?? []
  if (!POSITION.test(position)) throw invalid('The specified nextToken is invalid.')
  return { backward: direction === 'b', position }
}
