import type {
  CreateLogStreamRequest,
  DeleteLogStreamRequest,
  DescribeLogStreamsRequest,
  DescribeLogStreamsResponse,
  LogStream,
} from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { type GroupRecord, invalid, page, type Records, type StreamRecord } from './records.ts'
import type { StreamFiles } from './stream-files.ts'

/** Operations on log streams. */
export function streamOperations(
  context: ServiceContext,
  records: Records,
  files: StreamFiles,
): Record<string, Operation> {
  function create(input: CreateLogStreamRequest): void {
    const group = records.group(input)
    const name = input.logStreamName ?? ''
    if (!/^[^:*]{1,512}$/.test(name))
      throw invalid(`logStreamName '${name}' must satisfy regular expression [^:*]{1,512}`)
    if (records.streams.get(`${group.id}:${name}`))
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
    records.streams.put(`${group.id}:${name}`, { id: records.nextId(), name, createdAt: context.clock.now() })
  }

  async function remove(input: DeleteLogStreamRequest): Promise<void> {
    const group = records.group(input)
    const stream = records.stream(group, input.logStreamName)
    records.streams.delete(`${group.id}:${stream.name}`)
    await files.remove(stream.id)
  }

  function describe(input: DescribeLogStreamsRequest): DescribeLogStreamsResponse {
    const group = records.group(input)
    const byTime = input.orderBy === 'LastEventTime'
    if (byTime && input.logStreamNamePrefix !== undefined)
      throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.')
    const streams = records.streamsOf(group, input.logStreamNamePrefix)
    if (byTime) {
      const last = new Map(streams.map(stream => [stream, show(group, stream).lastEventTimestamp ?? 0]))
      streams.sort((a, b) => (last.get(a) ?? 0) - (last.get(b) ?? 0))
    }
    if (input.descending) streams.reverse()
    const shown = page(streams, input.nextToken, input.limit)
    return { logStreams: shown.items.map(stream => show(group, stream)), nextToken: shown.nextToken }
  }

  function show(group: GroupRecord, stream: StreamRecord): LogStream {
    const segments = files.segments(stream.id)
    const some = segments.length > 0
    return {
      logStreamName: stream.name,
      creationTime: stream.createdAt,
      firstEventTimestamp: some ? Math.min(...segments.map(segment => segment.from)) : undefined,
      lastEventTimestamp: some ? Math.max(...segments.map(segment => segment.to)) : undefined,
      lastIngestionTime: some ? Math.max(...segments.map(segment => segment.ingestedAt)) : undefined,
      arn: `${records.arn(group.name)}:log-stream:${stream.name}`,
      // AWS has answered zero since 2019.
      storedBytes: 0,
    }
  }

  return { CreateLogStream: create, DeleteLogStream: remove, DescribeLogStreams: describe }
}
