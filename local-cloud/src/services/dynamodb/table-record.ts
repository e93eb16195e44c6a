import type { TableDescription } from '@aws-sdk/client-dynamodb'
import type { Index, KeyedTable } from './dynalite.ts'

/** A table as stored: AWS's description with dates in milliseconds, and what AWS tells in other calls. */
export interface TableRecord extends KeyedTable {
  TableArn: string
  TableId: string
  TableStatus: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'
  createdMs: number
  billing: { mode: 'PROVISIONED' | 'PAY_PER_REQUEST'; onDemandSinceMs?: number }
  ProvisionedThroughput: Throughput
  GlobalSecondaryIndexes?: GlobalIndex[]
  OnDemandThroughput?: TableDescription['OnDemandThroughput']
  WarmThroughput?: TableDescription['WarmThroughput']
  SSEDescription?: { Status: 'ENABLED'; SSEType: 'KMS'; KMSMasterKeyArn: string }
  StreamSpecification?: TableDescription['StreamSpecification']
  streamLabel?: string
  tableClass?: 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS'
  DeletionProtectionEnabled: boolean
  local: {
    /** When the present change of state ends, in milliseconds. */
    untilMs: number
    tags: Record<string, string>
    ttlAttribute?: string
    recovery?: { days: number; sinceMs: number }
    /** What the table is being filled from; absent once it is there. */
    restoring?: Restoring
  }
  /** Where a restored table came from. */
  restored?: { sourceBackupArn?: string; sourceTableArn: string; atMs: number }
}

/** A backup, or a table as it was at a moment (ms). */
export interface Restoring {
  backupId?: string
  table?: string
  atMs: number
}

export interface GlobalIndex extends Index {
  IndexStatus: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'
  ProvisionedThroughput: Throughput
  OnDemandThroughput?: TableDescription['OnDemandThroughput']
}

export interface Throughput {
  ReadCapacityUnits: number
  WriteCapacityUnits: number
}

/** The table in its state at `now`: what was being made is active, what was being deleted is gone. */
export function settle(table: TableRecord, now: number): TableRecord | undefined {
  if (table.local.untilMs > now || table.local.untilMs === 0) return table
  if (table.TableStatus === 'DELETING') return undefined
  table.local.untilMs = 0
  table.TableStatus = 'ACTIVE'
  const indexes = table.GlobalSecondaryIndexes?.filter(index => index.IndexStatus !== 'DELETING')
  for (const index of indexes ?? []) index.IndexStatus = 'ACTIVE'
  table.GlobalSecondaryIndexes = indexes?.length ? indexes : undefined
  return table
}

/** How many items and bytes a table holds, as last counted. */
export interface Count {
  items: number
  bytes: number
}

/** What DescribeTable answers. */
export function describe(table: TableRecord, count: Count): TableDescription {
  const { billing, streamLabel, tableClass, ProvisionedThroughput } = table
  const onDemand = billing.mode === 'PAY_PER_REQUEST'
  return {
    AttributeDefinitions: table.AttributeDefinitions as TableDescription['AttributeDefinitions'],
    TableName: table.TableName,
    KeySchema: table.KeySchema as TableDescription['KeySchema'],
    TableStatus: table.TableStatus,
    CreationDateTime: new Date(table.createdMs),
    ProvisionedThroughput: { NumberOfDecreasesToday: 0, ...ProvisionedThroughput },
    TableSizeBytes: count.bytes,
    ItemCount: count.items,
    TableArn: table.TableArn,
    TableId: table.TableId,
    BillingModeSummary: onDemand
      ? {
          BillingMode: 'PAY_PER_REQUEST',
          LastUpdateToPayPerRequestDateTime: new Date(billing.onDemandSinceMs ?? table.createdMs),
        }
      : undefined,
    LocalSecondaryIndexes: table.LocalSecondaryIndexes?.map(index => ({
      ...(index as object),
      IndexArn: `${table.TableArn}/index/${index.IndexName}`,
    })),
    GlobalSecondaryIndexes: table.GlobalSecondaryIndexes?.map(index => ({
      ...(index as object),
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ...index.ProvisionedThroughput },
      IndexArn: `${table.TableArn}/index/${index.IndexName}`,
    })),
    StreamSpecification: table.StreamSpecification,
    LatestStreamLabel: streamLabel,
    LatestStreamArn: streamLabel && `${table.TableArn}/stream/${streamLabel}`,
    SSEDescription: table.SSEDescription,
    RestoreSummary: table.restored && {
      SourceBackupArn: table.restored.sourceBackupArn,
      SourceTableArn: table.restored.sourceTableArn,
      RestoreDateTime: new Date(table.restored.atMs),
      RestoreInProgress: table.local.restoring !== undefined,
    },
    TableClassSummary: tableClass && { TableClass: tableClass },
    DeletionProtectionEnabled: table.DeletionProtectionEnabled,
    OnDemandThroughput: table.OnDemandThroughput,
    WarmThroughput: table.WarmThroughput && { ...table.WarmThroughput, Status: 'ACTIVE' },
  }
}
