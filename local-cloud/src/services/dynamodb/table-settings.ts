import type {
  DescribeContinuousBackupsInput,
  DescribeContinuousBackupsOutput,
  DescribeTimeToLiveInput,
  DescribeTimeToLiveOutput,
  ListTagsOfResourceInput,
  ListTagsOfResourceOutput,
  SSESpecification,
  Tag,
  TagResourceInput,
  UntagResourceInput,
  UpdateContinuousBackupsInput,
  UpdateContinuousBackupsOutput,
  UpdateTimeToLiveInput,
  UpdateTimeToLiveOutput,
} from '@aws-sdk/client-dynamodb'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { Engine } from './engine.ts'
import { expirySpace, indexExpiry } from './expiry.ts'
import { existing } from './find-table.ts'
import { clearHistory } from './history.ts'
import { keys } from './keys.ts'
import { recoveryWindow } from './recovery-window.ts'
import { invalid } from './table-errors.ts'
import type { TableRecord } from './table-record.ts'

/** Most tags of a resource. */
const MAX_TAGS = 50
/** Longest and usual window of point-in-time recovery, in days. */
const RECOVERY_DAYS = 35

/** Tags, time to live and point-in-time recovery of a table. */
export function createTableSettings(engine: Engine, context: ServiceContext) {
  function change<T>(find: () => TableRecord, apply: (table: TableRecord) => Promise<T> | T): Promise<T> {
    return engine.exclusive(async () => {
      const table = find()
      const answer = await apply(table)
      await engine.save(table)
      return answer
    })
  }

  function tagResource(input: TagResourceInput): Promise<void> {
    return change(
      () => byArn(engine, input.ResourceArn),
      table => {
        const tags = { ...table.local.tags, ...tagMap(input.Tags) }
        checkTags(tags)
        table.local.tags = tags
      },
    )
  }

  function untagResource(input: UntagResourceInput): Promise<void> {
    return change(
      () => byArn(engine, input.ResourceArn),
      table => {
        for (const key of input.TagKeys ?? []) delete table.local.tags[key]
      },
    )
  }

  function listTagsOfResource(input: ListTagsOfResourceInput): ListTagsOfResourceOutput {
    const { tags } = byArn(engine, input.ResourceArn).local
    return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
  }

  function updateTimeToLive(input: UpdateTimeToLiveInput): Promise<UpdateTimeToLiveOutput> {
    const { Enabled, AttributeName } = input.TimeToLiveSpecification ?? {}
    if (typeof Enabled !== 'boolean' || !AttributeName)
      throw invalid('TimeToLiveSpecification must have Enabled and AttributeName')
    return change(
      () => existing(engine, input.TableName),
      async table => {
        const { ttlAttribute } = table.local
        if (Enabled && ttlAttribute !== undefined) throw invalid('TimeToLive is already enabled')
        if (!Enabled && ttlAttribute === undefined) throw invalid('TimeToLive is already disabled')
        if (!Enabled && ttlAttribute !== AttributeName)
          throw invalid(
            `TimeToLive is active on a different AttributeName: current AttributeName is ${ttlAttribute}`,
          )
        if (Enabled) await indexExpiry(engine, table.TableName, AttributeName)
        else await engine.level.clear(keys.all(expirySpace(table.TableName)))
        table.local.ttlAttribute = Enabled ? AttributeName : undefined
        return { TimeToLiveSpecification: { Enabled, AttributeName } }
      },
    )
  }

  function describeTimeToLive(input: DescribeTimeToLiveInput): DescribeTimeToLiveOutput {
    const { ttlAttribute } = existing(engine, input.TableName).local
    return {
      TimeToLiveDescription: {
        TimeToLiveStatus: ttlAttribute === undefined ? 'DISABLED' : 'ENABLED',
        AttributeName: ttlAttribute,
      },
    }
  }

  function updateContinuousBackups(
    input: UpdateContinuousBackupsInput,
  ): Promise<UpdateContinuousBackupsOutput> {
    const { PointInTimeRecoveryEnabled: enabled, RecoveryPeriodInDays } =
      input.PointInTimeRecoverySpecification ?? {}
    if (typeof enabled !== 'boolean')
      throw invalid('PointInTimeRecoverySpecification must have PointInTimeRecoveryEnabled')
    const days = RecoveryPeriodInDays ?? RECOVERY_DAYS
    if (!(days >= 1 && days <= RECOVERY_DAYS))
      throw invalid(`RecoveryPeriodInDays ${days} must be between 1 and ${RECOVERY_DAYS}`)
    return change(
      () => existing(engine, input.TableName),
      async table => {
        const sinceMs = table.local.recovery?.sinceMs ?? context.clock.now()
        if (!enabled) await clearHistory(engine, table.TableName)
        table.local.recovery = enabled ? { days, sinceMs } : undefined
        return { ContinuousBackupsDescription: backups(table) }
      },
    )
  }

  function describeContinuousBackups(input: DescribeContinuousBackupsInput): DescribeContinuousBackupsOutput {
    const name = input.TableName
    const table = name && engine.table(name)
    if (!table) throw new AwsError('TableNotFoundException', `Table not found: ${name}`)
    return { ContinuousBackupsDescription: backups(table) }
  }

  function backups(table: TableRecord): DescribeContinuousBackupsOutput['ContinuousBackupsDescription'] {
    const window = recoveryWindow(table, context.clock)
    return {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: window
        ? {
            PointInTimeRecoveryStatus: 'ENABLED',
            RecoveryPeriodInDays: table.local.recovery?.days,
            EarliestRestorableDateTime: new Date(window.earliest),
            LatestRestorableDateTime: new Date(window.latest),
          }
        : { PointInTimeRecoveryStatus: 'DISABLED' },
    }
  }

  return {
    tagResource,
    untagResource,
    listTagsOfResource,
    updateTimeToLive,
    describeTimeToLive,
    updateContinuousBackups,
    describeContinuousBackups,
  }
}

/** What encryption a table is described with; undefined for AWS's own key, which AWS does not describe. */
export function encryption(
  specification: SSESpecification | undefined,
  { region, accountId }: ServiceContext,
): TableRecord['SSEDescription'] {
  if (!specification?.Enabled) return undefined
  const key = specification.KMSMasterKeyId ?? 'alias/aws/dynamodb'
  const path = key.startsWith('alias/') ? key : `key/${key}`
  const arn = key.startsWith('arn:') ? key : `arn:aws:kms:${region}:${accountId}:${path}`
  return { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: arn }
}

/** The label that tells a table's streams apart: when it was switched on. */
export function streamLabel(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '')
}

export function tagMap(tags: Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(tag => [tag.Key ?? '', tag.Value ?? '']))
}

export function checkTags(tags: Record<string, string>): void {
  const entries = Object.entries(tags)
  if (entries.length > MAX_TAGS) throw invalid(`Too many tags: ${entries.length}, at most ${MAX_TAGS}`)
  for (const [key, value] of entries) {
    if (key.length < 1 || key.length > 128 || key.startsWith('aws:'))
      throw invalid(`Tag key '${key}' must have 1 to 128 characters and not begin with aws:`)
    if (value.length > 256) throw invalid(`The value of tag '${key}' is longer than 256 characters`)
  }
}

function byArn(engine: Engine, arn: string | undefined): TableRecord {
  const name = /^arn:aws:dynamodb:[\w-]+:\d{12}:table\/([\w.-]+)$/.exec(arn ?? '')?.[1]
  const table = name && engine.table(name)
  if (!table || table.TableArn !== arn)
    throw new AwsError(
      'ResourceNotFoundException',
      `Requested resource not found: ResourcArn: ${arn} not found`,
    )
  return table
}
