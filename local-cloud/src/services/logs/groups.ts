import type {
  AssociateKmsKeyRequest,
  CreateLogGroupRequest,
  DeleteLogGroupRequest,
  DeleteRetentionPolicyRequest,
  DescribeLogGroupsRequest,
  DescribeLogGroupsResponse,
  DisassociateKmsKeyRequest,
  LogGroup,
  PutRetentionPolicyRequest,
} from '@aws-sdk/client-cloudwatch-logs'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { type GroupRecord, invalid, page, type Records } from './records.ts'
import type { StreamFiles } from './stream-files.ts'

/** The retention periods that AWS takes, in days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

/** Operations on log groups. */
export function groupOperations(
  context: ServiceContext,
  records: Records,
  files: StreamFiles,
): Record<string, Operation> {
  function create(input: CreateLogGroupRequest): void {
    const name = input.logGroupName ?? ''
    if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name))
      throw invalid(`logGroupName '${name}' must satisfy regular expression [\\.\\-_/#A-Za-z0-9]{1,512}`)
    if (input.deletionProtectionEnabled)
      throw notImplemented('logs', 'CreateLogGroup with deletionProtectionEnabled')
    if (records.groups.get(name))
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
    records.groups.put(name, {
      id: records.nextId(),
      name,
      createdAt: context.clock.now(),
      groupClass: input.logGroupClass ?? 'STANDARD',
      kmsKeyId: input.kmsKeyId,
      tags: input.tags ?? {},
    })
  }

  async function remove(input: DeleteLogGroupRequest): Promise<void> {
    const group = records.group(input)
    const streams = records.streamsOf(group)
    context.store.transaction(() => {
      records.groups.delete(group.name)
      for (const { name } of streams) records.streams.delete(`${group.id}:${name}`)
      for (const key of records.metricFilters.keys(`${group.id}:`)) records.metricFilters.delete(key)
    })
    for (const { id } of streams) await files.remove(id)
  }

  function describe(input: DescribeLogGroupsRequest): DescribeLogGroupsResponse {
    const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, logGroupIdentifiers: names } = input
    if (prefix !== undefined && pattern !== undefined)
      throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.')
    const found = names?.length
      ? names.map(logGroupIdentifier => records.group({ logGroupIdentifier }))
      : records.groups.list(prefix).filter(group => !pattern || group.name.includes(pattern))
    const wanted = found.filter(group => !input.logGroupClass || group.groupClass === input.logGroupClass)
    const shown = page(wanted, input.nextToken, input.limit)
    return { logGroups: shown.items.map(show), nextToken: shown.nextToken }
  }

  function show(group: GroupRecord): LogGroup {
    const segments = records.streamsOf(group).flatMap(stream => files.segments(stream.id))
    return {
      logGroupName: group.name,
      creationTime: group.createdAt,
      retentionInDays: group.retentionInDays,
      metricFilterCount: records.metricFilters.keys(`${group.id}:`).length,
      arn: `${records.arn(group.name)}:*`,
      logGroupArn: records.arn(group.name),
      storedBytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
      kmsKeyId: group.kmsKeyId,
      logGroupClass: group.groupClass,
      deletionProtectionEnabled: false,
    }
  }

  function change(
    input: { logGroupName?: string; resourceIdentifier?: string },
    by: Partial<GroupRecord>,
  ): void {
    const group = records.group({
      logGroupName: input.logGroupName,
      logGroupIdentifier: input.resourceIdentifier,
    })
    records.groups.put(group.name, { ...group, ...by })
  }

  function putRetention(input: PutRetentionPolicyRequest): void {
    const days = input.retentionInDays ?? 0
    if (!RETENTION_DAYS.includes(days))
      throw invalid(`retentionInDays ${days} must be one of ${RETENTION_DAYS.join(', ')}`)
    change(input, { retentionInDays: days })
  }

  return {
    CreateLogGroup: create,
    DeleteLogGroup: remove,
    DescribeLogGroups: describe,
    PutRetentionPolicy: putRetention,
    DeleteRetentionPolicy: (input: DeleteRetentionPolicyRequest) =>
      change(input, { retentionInDays: undefined }),
    AssociateKmsKey: (input: AssociateKmsKeyRequest) => change(input, { kmsKeyId: input.kmsKeyId }),
    DisassociateKmsKey: (input: DisassociateKmsKeyRequest) => change(input, { kmsKeyId: undefined }),
  }
}

/** The earliest time that the group's retention keeps, in ms since the epoch. */
export function keptFrom(group: GroupRecord, now: number): number {
  return group.retentionInDays === undefined ? 0 : now - group.retentionInDays * 86_400_000
}
