import type {
  InputLogEvent,
  PutLogEventsRequest,
  PutLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { publishEmbedded } from './embedded-metrics.ts'
import type { FilteredMetrics } from './filtered-metrics.ts'
import { keptFrom } from './groups.ts'
import { invalid, type Records } from './records.ts'
import type { StreamFiles } from './stream-files.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const LIMITS = {
  events: 10_000,
  bytes: 1_048_576,
  /** Counted for each event beside its message. */
  eventOverhead: 26,
  spanMs: 86_400_000,
  oldMs: 14 * 86_400_000,
  futureMs: 2 * 3_600_000,
}

/** PutLogEvents: what is answered is on disk. */
export function createPutEvents(
  context: ServiceContext,
  records: Records,
  files: StreamFiles,
  filtered: FilteredMetrics,
) {
  return (input: PutLogEventsRequest): PutLogEventsResponse => {
    const group = records.group(input)
    const stream = records.stream(group, input.logStreamName)
    const events = check(input.logEvents ?? [])
    const now = context.clock.now()
    const oldest = now - LIMITS.oldMs
    const kept = keptFrom(group, now)
    const tooOld = events.findLastIndex(event => event.timestamp < oldest) + 1
    const expired = events.findLastIndex(event => event.timestamp < kept) + 1
    const newest = events.findIndex(event => event.timestamp > now + LIMITS.futureMs)
    const accepted = events.slice(Math.max(tooOld, expired), newest < 0 ? undefined : newest)
    if (accepted.length > 0) {
      append(stream.id, accepted, now)
      publishEmbedded(
        context,
        accepted.map(event => event.message),
      )
      filtered.ingested(group, accepted)
    }
    if (accepted.length === events.length) return {}
    return {
      rejectedLogEventsInfo: {
        tooOldLogEventEndIndex: tooOld || undefined,
        expiredLogEventEndIndex: expired || undefined,
        tooNewLogEventStartIndex: newest < 0 ? undefined : newest,
      },
    }
  }

  function append(stream: number, events: Event[], now: number): void {
    try {
      files.append(stream, events, now)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOSPC') throw error
      throw new AwsError('ServiceUnavailableException', 'the disk of the local cloud is full', 503)
    }
  }
}

type Event = { timestamp: number; message: string }

function check(events: InputLogEvent[]): Event[] {
  if (events.length < 1 || events.length > LIMITS.events)
    throw invalid(`logEvents has ${events.length} members and must have between 1 and ${LIMITS.events}`)
  let bytes = 0
  let last = 0
  const checked = events.map(({ timestamp, message }, at) => {
    if (!Number.isInteger(timestamp) || (timestamp as number) < 0)
      throw invalid(`logEvents.${at + 1}.timestamp must be milliseconds since the epoch`)
    if (typeof message !== 'string' || message === '')
      throw invalid(`logEvents.${at + 1}.message must have length greater than or equal to 1`)
    if ((timestamp as number) < last)
      throw invalid('Log events in a single PutLogEvents request must be in chronological order.')
    last = timestamp as number
    bytes += Buffer.byteLength(message) + LIMITS.eventOverhead
    return { timestamp: last, message }
  })
  if (bytes > LIMITS.bytes) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${LIMITS.bytes}`)
  if (last - (checked[0] as Event).timestamp > LIMITS.spanMs)
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.')
  return checked
}
