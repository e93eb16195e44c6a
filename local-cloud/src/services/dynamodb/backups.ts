import { randomBytes } from 'node:crypto'
import type {
  BackupDescription,
  BackupDetails,
  BackupSummary,
  CreateBackupInput,
  CreateBackupOutput,
  DeleteBackupInput,
  DeleteBackupOutput,
  DescribeBackupInput,
  DescribeBackupOutput,
  ListBackupsInput,
  ListBackupsOutput,
} from '@aws-sdk/client-dynamodb'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { Change, Item } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { itemBytes } from './item-size.ts'
import { keys } from './keys.ts'
import { invalid } from './table-errors.ts'
import { describe, type TableRecord } from './table-record.ts'

/** Items in one batch of a copy. */
export const COPY_CHUNK = 500
const PAGE = 100

/** A backup as stored; its items lie beside it. */
export interface BackupRecord {
  id: string
  arn: string
  name: string
  status: 'CREATING' | 'AVAILABLE'
  createdMs: number
  items: number
  bytes: number
  /** The table as it was. */
  table: TableRecord
}

export type Backups = ReturnType<typeof createBackups>

/** On-demand backups: the table as it was at one instant, copied while other requests go on. */
export function createBackups(engine: Engine, context: ServiceContext) {
  const write = (changes: Change[]) => engine.exclusive(() => engine.level.batch(changes))
  const save = (backup: BackupRecord) => write([{ type: 'put', key: keys.backup(backup.id), value: backup }])

  async function create(input: CreateBackupInput): Promise<CreateBackupOutput> {
    const name = input.BackupName ?? ''
    if (!/^[\w.-]{3,255}$/.test(name))
      throw invalid(
        `1 validation error detected: Value '${name}' at 'backupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+ and have length between 3 and 255`,
      )
    const tableName = nameOf(input.TableName)
    const { backup, items } = await engine.exclusive(async () => {
      const table = engine.table(tableName)
      if (!table) throw new AwsError('TableNotFoundException', `Table not found: ${tableName}`)
      if (table.TableStatus !== 'ACTIVE')
        throw new AwsError('TableInUseException', `Table is being changed: ${tableName}`)
      const createdMs = context.clock.now()
      const id = `${String(createdMs).padStart(14, '0')}-${randomBytes(4).toString('hex')}`
      const record: BackupRecord = {
        id,
        arn: `${table.TableArn}/backup/${id}`,
        name,
        status: 'CREATING',
        createdMs,
        items: 0,
        bytes: 0,
        table: structuredClone(table),
      }
      const prefix = keys.item(tableName)
      // The iterator sees the table as it is at this instant, whatever is written while it is read.
      return { backup: record, items: engine.level.iterator({ gte: prefix, lt: `${prefix}\u{ff}` }) }
    })
    await save(backup)
    const from = keys.item(tableName).length
    let changes: Change[] = []
    for await (const [key, value] of items) {
      changes.push({ type: 'put', key: keys.backupItem(backup.id) + key.slice(from), value })
      backup.items++
      backup.bytes += itemBytes(value as Item)
      if (changes.length < COPY_CHUNK) continue
      await write(changes)
      changes = []
    }
    const done: BackupRecord = { ...backup, status: 'AVAILABLE' }
    await write([...changes, { type: 'put', key: keys.backup(backup.id), value: done }])
    return { BackupDetails: detailsOf(done) }
  }

  /** @throws AwsError BackupNotFoundException */
  async function get(arn: string | undefined): Promise<BackupRecord> {
    const id = arn?.split('/backup/')[1] ?? ''
    const found = (await engine.level.get(keys.backup(id))) as BackupRecord | undefined
    if (!found || found.arn !== arn) throw new AwsError('BackupNotFoundException', `Backup not found: ${arn}`)
    return found
  }

  async function remove(input: DeleteBackupInput): Promise<DeleteBackupOutput> {
    const backup = await get(input.BackupArn)
    const used = engine.tables().some(table => table.local.restoring?.backupId === backup.id)
    if (used || backup.status !== 'AVAILABLE')
      throw new AwsError('BackupInUseException', `Backup is in use: ${backup.arn}`)
    await drop(backup)
    const description = describeBackup(backup)
    return {
      BackupDescription: {
        ...description,
        BackupDetails: { ...detailsOf(backup), BackupStatus: 'DELETED' },
      },
    }
  }

  async function drop({ id }: BackupRecord): Promise<void> {
    await write([{ type: 'del', key: keys.backup(id) }])
    const prefix = keys.backupItem(id)
    await engine.exclusive(() => engine.level.clear({ gte: prefix, lt: `${prefix}\u{ff}` }))
  }

  async function all(): Promise<BackupRecord[]> {
    const found: BackupRecord[] = []
    for await (const value of engine.level.values(keys.all('backup'))) found.push(value as BackupRecord)
    return found
  }

  async function list(input: ListBackupsInput): Promise<ListBackupsOutput> {
    const wanted = input.TableName && nameOf(input.TableName)
    const [from, to] = [input.TimeRangeLowerBound, input.TimeRangeUpperBound].map(momentOf)
    const type = input.BackupType ?? 'USER'
    const found = (await all()).filter(
      backup =>
        (!wanted || backup.table.TableName === wanted) &&
        (type === 'USER' || type === 'ALL') &&
        backup.createdMs >= (from ?? 0) &&
        backup.createdMs < (to ?? Number.POSITIVE_INFINITY),
    )
    const start = input.ExclusiveStartBackupArn
      ? found.findIndex(backup => backup.arn === input.ExclusiveStartBackupArn) + 1
      : 0
    const limit = input.Limit ?? PAGE
    if (!(limit >= 1 && limit <= PAGE)) throw invalid(`Limit ${limit} must be between 1 and ${PAGE}`)
    const page = found.slice(start, start + limit)
    return {
      BackupSummaries: page.map(summaryOf),
      LastEvaluatedBackupArn: start + limit < found.length ? page.at(-1)?.arn : undefined,
    }
  }

  return {
    get,
    operations: {
      CreateBackup: create,
      DeleteBackup: remove,
      DescribeBackup: async (input: DescribeBackupInput): Promise<DescribeBackupOutput> => ({
        BackupDescription: describeBackup(await get(input.BackupArn)),
      }),
      ListBackups: list,
    },
    /** Removes backups that a crash broke off; at start. */
    async sweep(): Promise<void> {
      for (const backup of await all()) if (backup.status === 'CREATING') await drop(backup)
    },
  }
}

/** Tables are named by name or ARN. */
export function nameOf(table: string | undefined): string {
  return table?.replace(/^arn:aws:dynamodb:[^:]*:\d+:table\//, '') ?? ''
}

/** A time on the wire is in seconds; from within the process it is a date. */
export function momentOf(time: unknown): number | undefined {
  if (time === undefined || time === null) return undefined
  return typeof time === 'number' ? time * 1000 : new Date(time as Date).getTime()
}

function detailsOf(backup: BackupRecord): BackupDetails {
  return {
    BackupArn: backup.arn,
    BackupName: backup.name,
    BackupStatus: backup.status,
    BackupType: 'USER',
    BackupCreationDateTime: new Date(backup.createdMs),
    BackupSizeBytes: backup.bytes,
  }
}

function summaryOf(backup: BackupRecord): BackupSummary {
  const { TableName, TableId, TableArn } = backup.table
  return { ...detailsOf(backup), TableName, TableId, TableArn }
}

function describeBackup(backup: BackupRecord): BackupDescription {
  const { table, items, bytes } = backup
  const { KeySchema, ProvisionedThroughput, GlobalSecondaryIndexes, LocalSecondaryIndexes } = describe(
    table,
    {
      items,
      bytes,
    },
  )
  return {
    BackupDetails: detailsOf(backup),
    SourceTableDetails: {
      TableName: table.TableName,
      TableId: table.TableId,
      TableArn: table.TableArn,
      TableSizeBytes: bytes,
      ItemCount: items,
      KeySchema,
      TableCreationDateTime: new Date(table.createdMs),
      ProvisionedThroughput: ProvisionedThroughput && {
        ReadCapacityUnits: ProvisionedThroughput.ReadCapacityUnits,
        WriteCapacityUnits: ProvisionedThroughput.WriteCapacityUnits,
      },
      BillingMode: table.billing.mode,
    },
    SourceTableFeatureDetails: {
      GlobalSecondaryIndexes: GlobalSecondaryIndexes?.map(({ IndexName, KeySchema: schema, Projection }) => ({
        IndexName,
        KeySchema: schema,
        Projection,
      })),
      LocalSecondaryIndexes: LocalSecondaryIndexes?.map(({ IndexName, KeySchema: schema, Projection }) => ({
        IndexName,
        KeySchema: schema,
        Projection,
      })),
      TimeToLiveDescription: table.local.ttlAttribute
        ? { TimeToLiveStatus: 'ENABLED', AttributeName: table.local.ttlAttribute }
        : undefined,
      SSEDescription: table.SSEDescription,
    },
  }
}
