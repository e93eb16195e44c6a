import type { LogGroupClass, MetricTransformation } from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { Collection } from '../../core/store.ts'

export interface GroupRecord {
  /** Names the group's records; never used twice. */
  id: number
  name: string
  createdAt: number
  groupClass: LogGroupClass
  retentionInDays?: number
  kmsKeyId?: string
  tags: Record<string, string>
}

export interface StreamRecord {
  /** Names the stream's folder, and orders events of one millisecond; never used twice. */
  id: number
  name: string
  createdAt: number
}

export interface MetricFilterRecord {
  filterName: string
  filterPattern: string
  metricTransformations: MetricTransformation[]
  createdAt: number
}

/** What the service remembers in the store; events are in files. Keys below a group: `<group id>:<name>`. */
export interface Records {
  groups: Collection<GroupRecord>
  streams: Collection<StreamRecord>
  metricFilters: Collection<MetricFilterRecord>
  nextId(): number
  /** By name, or by identifier (a name or an ARN). @throws AwsError ResourceNotFoundException */
  group(input: { logGroupName?: string; logGroupIdentifier?: string }): GroupRecord
  /** @throws AwsError ResourceNotFoundException */
  stream(group: GroupRecord, name: string | undefined): StreamRecord
  streamsOf(group: GroupRecord, prefix?: string): StreamRecord[]
  /** `arn:aws:logs:…:log-group:<name>`, to which some answers add `:*`. */
  arn(name: string): string
}

export function openRecords(context: ServiceContext): Records {
  const groups = context.store.collection<GroupRecord>('logs', 'group')
  const streams = context.store.collection<StreamRecord>('logs', 'stream')
  const counters = context.store.collection<number>('logs', 'counter')
  const arn = (name: string) => `arn:aws:logs:${context.region}:${context.accountId}:log-group:${name}`

  function nextId(): number {
    const id = (counters.get('id') ?? 0) + 1
    counters.put('id', id)
    return id
  }

  function group(input: { logGroupName?: string; logGroupIdentifier?: string }): GroupRecord {
    const named = input.logGroupName ?? input.logGroupIdentifier ?? ''
    if (named === '') throw invalid('a logGroupName or a logGroupIdentifier is required')
    const name = named.startsWith(arn('')) ? named.slice(arn('').length).replace(/:\*$/, '') : named
    const found = groups.get(name)
    if (!found) throw notFound('The specified log group does not exist.')
    return found
  }

  function stream(of: GroupRecord, name: string | undefined): StreamRecord {
    const found = streams.get(`${of.id}:${name}`)
    if (!found) throw notFound('The specified log stream does not exist.')
    return found
  }

  return {
    groups,
    streams,
    metricFilters: context.store.collection<MetricFilterRecord>('logs', 'metric-filter'),
    nextId,
    group,
    stream,
    streamsOf: (of, prefix = '') => streams.list(`${of.id}:${prefix}`),
    arn,
  }
}

/** @throws AwsError InvalidParameterException */
export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message)
}

/** One page of a list; the token is how many items came before. */
export function page<T>(
  items: T[],
  nextToken: string | undefined,
  limit: number | undefined,
): { items: T[]; nextToken?: string } {
  const size = limit ?? 50
  if (!(size >= 1 && size <= 50)) throw invalid(`limit ${size} must be between 1 and 50`)
  if (nextToken !== undefined && !/^\d{1,9}$/.test(nextToken))
    throw invalid('The specified nextToken is invalid.')
  const start = Number(nextToken ?? 0)
  const end = start + size
  return { items: items.slice(start, end), nextToken: end < items.length ? String(end) : undefined }
}
