import { randomUUID } from 'node:crypto'
import type {
  RestoreTableFromBackupInput,
  RestoreTableFromBackupOutput,
  RestoreTableToPointInTimeInput,
  RestoreTableToPointInTimeOutput,
} from '@aws-sdk/client-dynamodb'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { type Backups, COPY_CHUNK, momentOf, nameOf } from './backups.ts'
import type { Change } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { fillIndex } from './fill-index.ts'
import { existing, refuseUnsupported } from './find-table.ts'
import { type Before, changesSince } from './history.ts'
import { keys } from './keys.ts'
import { recoveryWindow } from './recovery-window.ts'
import { describe, type Restoring, type TableRecord, type Throughput } from './table-record.ts'
import { encryption } from './table-settings.ts'
import { clearTable, TRANSITION_MS } from './tables.ts'

type Overrides = Pick<
  RestoreTableFromBackupInput & RestoreTableToPointInTimeInput,
  | 'BillingModeOverride'
  | 'GlobalSecondaryIndexOverride'
  | 'OnDemandThroughputOverride'
  | 'ProvisionedThroughputOverride'
  | 'SSESpecificationOverride'
>

/** Restores tables into new ones. What a crash breaks off begins again at the next start. */
export function createRestore(engine: Engine, context: ServiceContext, backups: Backups) {
  const running = new Set<Promise<void>>()
  let stopped = false
  const write = async (changes: Change[]) => {
    if (stopped) throw new Error('the cloud is stopping')
    await engine.exclusive(() => engine.level.batch(changes))
  }

  async function fromBackup(input: RestoreTableFromBackupInput): Promise<RestoreTableFromBackupOutput> {
    refuseUnsupported(input, 'RestoreTableFromBackup', ['LocalSecondaryIndexOverride'])
    const backup = await backups.get(input.BackupArn)
    if (backup.status !== 'AVAILABLE')
      throw new AwsError('BackupInUseException', `Backup is in use: ${backup.arn}`)
    const restoring: Restoring = { backupId: backup.id, atMs: backup.createdMs }
    const origin = { sourceBackupArn: backup.arn, sourceTableArn: backup.table.TableArn }
    return begin(backup.table, input.TargetTableName, input, restoring, origin)
  }

  function toPointInTime(input: RestoreTableToPointInTimeInput): Promise<RestoreTableToPointInTimeOutput> {
    refuseUnsupported(input, 'RestoreTableToPointInTime', ['LocalSecondaryIndexOverride'])
    const name = nameOf(input.SourceTableName ?? input.SourceTableArn)
    const source = engine.table(name)
    if (!source) throw new AwsError('TableNotFoundException', `Table not found: ${name}`)
    const window = recoveryWindow(source, context.clock)
    if (!window)
      throw new AwsError(
        'PointInTimeRecoveryUnavailableException',
        `Point in time recovery is not enabled for table '${name}'`,
      )
    const asked = momentOf(input.RestoreDateTime)
    const latest = input.UseLatestRestorableTime === true
    if ((asked === undefined) === !latest)
      throw new AwsError(
        'ValidationException',
        'Exactly one of UseLatestRestorableTime and RestoreDateTime must be specified',
      )
    const atMs = asked ?? window.latest
    // A moment is told in whole seconds or finer: what is asked for within the first second is the beginning.
    if (atMs > window.latest || atMs < window.earliest - 999)
      throw new AwsError(
        'InvalidRestoreTimeException',
        `The provided restore date/time is not valid: it must be between ${new Date(window.earliest).toISOString()} and ${new Date(window.latest).toISOString()}`,
      )
    const restoring: Restoring = { table: name, atMs: Math.max(atMs, window.earliest) }
    return begin(source, input.TargetTableName, input, restoring, { sourceTableArn: source.TableArn })
  }

  function begin(
    source: TableRecord,
    target: string | undefined,
    overrides: Overrides,
    restoring: Restoring,
    origin: { sourceBackupArn?: string; sourceTableArn: string },
  ): Promise<RestoreTableFromBackupOutput> {
    return engine.exclusive(async () => {
      const name = target ?? ''
      if (engine.table(name))
        throw new AwsError('TableAlreadyExistsException', `Table already exists: ${name}`)
      const table = overridden(
        {
          ...structuredClone(source),
          TableName: name,
          TableArn: source.TableArn.replace(/table\/.*/, `table/${name}`),
          TableId: randomUUID(),
          TableStatus: 'CREATING',
          createdMs: context.clock.now(),
          StreamSpecification: undefined,
          streamLabel: undefined,
          DeletionProtectionEnabled: false,
          restored: { ...origin, atMs: restoring.atMs },
          local: { untilMs: Number.MAX_SAFE_INTEGER, tags: {}, restoring },
        },
        overrides,
        context,
      )
      for (const index of table.GlobalSecondaryIndexes ?? []) index.IndexStatus = 'CREATING'
      await engine.save(table)
      // checks the name as every other operation does
      existing(engine, name)
      launch(table)
      return { TableDescription: describe(table, { items: 0, bytes: 0 }) }
    })
  }

  function launch(table: TableRecord): void {
    const run = fill(table)
      .catch(error => {
        if (!stopped)
          context.log('dynamodb', 'a restore broke off; it begins again at the next start', {
            table: table.TableName,
            error: (error as Error).message,
          })
      })
      .finally(() => running.delete(run))
    running.add(run)
  }

  async function fill(table: TableRecord): Promise<void> {
    const { restoring } = table.local
    if (!restoring) return
    await engine.exclusive(() => clearTable(engine, table))
    if (restoring.backupId !== undefined)
      await copy(
        engine.level.iterator(rangeOf(keys.backupItem(restoring.backupId))),
        table,
        keys.backupItem(restoring.backupId),
      )
    else if (restoring.table !== undefined) await rewind(table, restoring.table, restoring.atMs)
    for (const index of table.GlobalSecondaryIndexes ?? [])
      await fillIndex(engine, table, 'global', index, write)
    for (const index of table.LocalSecondaryIndexes ?? [])
      await fillIndex(engine, table, 'local', index, write)
    await engine.exclusive(async () => {
      const now = engine.table(table.TableName)
      if (!now || stopped) return
      now.local.restoring = undefined
      now.local.untilMs = context.clock.now() + TRANSITION_MS
      await engine.save(now)
    })
  }

  async function copy(
    items: AsyncIterable<[string, unknown]>,
    table: TableRecord,
    prefix: string,
  ): Promise<void> {
    let changes: Change[] = []
    for await (const [key, value] of items) {
      changes.push({ type: 'put', key: keys.item(table.TableName) + key.slice(prefix.length), value })
      if (changes.length < COPY_CHUNK) continue
      await write(changes)
      changes = []
    }
    if (changes.length > 0) await write(changes)
  }

  /** Copies the source as it is, and takes back all that came after the moment, the newest first. */
  async function rewind(table: TableRecord, source: string, atMs: number): Promise<void> {
    const { items, later } = await engine.exclusive(async () => ({
      items: engine.level.iterator(rangeOf(keys.item(source))),
      later: changesSince(engine, source, atMs),
    }))
    await copy(items, table, keys.item(source))
    let changes: Change[] = []
    for await (const value of later) {
      const { key, item } = value as Before
      const place = keys.item(table.TableName) + key
      changes.push(item ? { type: 'put', key: place, value: item } : { type: 'del', key: place })
      if (changes.length < COPY_CHUNK) continue
      await write(changes)
      changes = []
    }
    if (changes.length > 0) await write(changes)
  }

  return {
    operations: { RestoreTableFromBackup: fromBackup, RestoreTableToPointInTime: toPointInTime },
    resume(): void {
      for (const table of engine.tables()) if (table.local.restoring) launch(table)
    },
    async stop(): Promise<void> {
      stopped = true
      await Promise.allSettled(running)
    },
  }
}

function rangeOf(prefix: string) {
  return { gte: prefix, lt: `${prefix}\u{ff}` }
}

/** A table with what the request wants otherwise. Indexes can only be left out. */
function overridden(table: TableRecord, overrides: Overrides, context: ServiceContext): TableRecord {
  const { BillingModeOverride: mode, ProvisionedThroughputOverride: capacity } = overrides
  const { GlobalSecondaryIndexOverride: indexes, SSESpecificationOverride: sse } = overrides
  if (mode === 'PAY_PER_REQUEST') {
    table.billing = { mode, onDemandSinceMs: table.createdMs }
    table.ProvisionedThroughput = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }
  } else if (mode === 'PROVISIONED') {
    if (!capacity)
      throw new AwsError(
        'ValidationException',
        'ProvisionedThroughputOverride must be specified when BillingModeOverride is PROVISIONED',
      )
    table.billing = { mode }
  }
  if (capacity) table.ProvisionedThroughput = capacity as Throughput
  if (overrides.OnDemandThroughputOverride) table.OnDemandThroughput = overrides.OnDemandThroughputOverride
  if (sse) table.SSEDescription = encryption(sse, context)
  if (indexes) {
    const wanted = new Set(indexes.map(index => index.IndexName))
    const kept = (table.GlobalSecondaryIndexes ?? []).filter(index => wanted.has(index.IndexName))
    if (kept.length < wanted.size)
      throw new AwsError(
        'ValidationException',
        'GlobalSecondaryIndexOverride names an index that the source lacks',
      )
    table.GlobalSecondaryIndexes = kept.length > 0 ? kept : undefined
  }
  return table
}
