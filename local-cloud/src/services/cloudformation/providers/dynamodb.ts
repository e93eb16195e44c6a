import type { Provider, ProviderContext } from './provider.ts'
import { defined, flag, type KeyValue, optionalNumber, same, tagChanges } from './values.ts'

/** How often a table that is being made, changed or removed is looked at. */
const POLL_MS = 20

type Throughput = { ReadCapacityUnits?: unknown; WriteCapacityUnits?: unknown }
type Index = { IndexName: string; ProvisionedThroughput?: Throughput; [name: string]: unknown }

type TableProperties = {
  TableName?: string
  AttributeDefinitions?: object[]
  KeySchema?: object[]
  BillingMode?: string
  ProvisionedThroughput?: Throughput
  OnDemandThroughput?: { MaxReadRequestUnits?: unknown; MaxWriteRequestUnits?: unknown }
  GlobalSecondaryIndexes?: Index[]
  LocalSecondaryIndexes?: object[]
  StreamSpecification?: { StreamViewType?: string }
  SSESpecification?: { SSEEnabled?: unknown; SSEType?: string; KMSMasterKeyId?: string }
  TableClass?: string
  DeletionProtectionEnabled?: unknown
  TimeToLiveSpecification?: { Enabled?: unknown; AttributeName?: string }
  PointInTimeRecoverySpecification?: { PointInTimeRecoveryEnabled?: unknown; RecoveryPeriodInDays?: unknown }
  Tags?: KeyValue[]
}

const table: Provider<TableProperties> = {
  replaceOn: ['TableName', 'KeySchema', 'LocalSecondaryIndexes', 'ImportSourceSpecification'],
  acts: [
    'AttributeDefinitions',
    'BillingMode',
    'ProvisionedThroughput',
    'OnDemandThroughput',
    'GlobalSecondaryIndexes',
    'StreamSpecification',
    'SSESpecification',
    'TableClass',
    'DeletionProtectionEnabled',
    'TimeToLiveSpecification',
    'PointInTimeRecoverySpecification',
  ],
  nameProperty: 'TableName',
  taggable: true,
  create: async (properties, context) => {
    const TableName = properties.TableName ?? context.generatedName(255)
    const { AttributeDefinitions, KeySchema, LocalSecondaryIndexes, TableClass, Tags } = properties
    await context.call('dynamodb', 'CreateTable', {
      TableName,
      ...defined({ AttributeDefinitions, KeySchema, LocalSecondaryIndexes, TableClass, Tags }),
      ...defined(settings(properties)),
      ...defined({ GlobalSecondaryIndexes: properties.GlobalSecondaryIndexes?.map(index) }),
    })
    context.made(TableName)
    await whenActive(TableName, context)
    await setExtras(TableName, properties, {}, context)
    return TableName
  },
  update: async (TableName, properties, old, context) => {
    const { DeletionProtectionEnabled: _, ...changing } = settings(properties)
    const { DeletionProtectionEnabled: __, ...was } = settings(old)
    if (flag(properties.DeletionProtectionEnabled) !== flag(old.DeletionProtectionEnabled))
      await context.call('dynamodb', 'UpdateTable', {
        TableName,
        DeletionProtectionEnabled: flag(properties.DeletionProtectionEnabled),
      })
    if (!same(changing, was) || properties.TableClass !== old.TableClass) {
      const { TableClass } = properties
      await context.call('dynamodb', 'UpdateTable', { TableName, ...defined({ ...changing, TableClass }) })
      await whenActive(TableName, context)
    }
    await changeIndexes(TableName, properties, old, context)
    await setExtras(TableName, properties, old, context)
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    const ResourceArn = arnOf(TableName, context)
    if (set.length > 0) await context.call('dynamodb', 'TagResource', { ResourceArn, Tags: set })
    if (remove.length > 0) await context.call('dynamodb', 'UntagResource', { ResourceArn, TagKeys: remove })
  },
  delete: async (TableName, _, context) => {
    await context.call('dynamodb', 'DeleteTable', { TableName })
    // DescribeTable ends this with ResourceNotFoundException, which counts as removed.
    while (true) {
      await context.call('dynamodb', 'DescribeTable', { TableName })
      await context.sleep(POLL_MS)
    }
  },
  attributes: async (TableName, _, context) => {
    const { Table } = await describe(TableName, context)
    return { Arn: Table.TableArn, ...defined({ StreamArn: Table.LatestStreamArn }) }
  },
}

/** What `CreateTable` and `UpdateTable` both take. */
function settings(properties: TableProperties) {
  const {
    BillingMode,
    StreamSpecification,
    SSESpecification,
    OnDemandThroughput,
    DeletionProtectionEnabled,
  } = properties
  return {
    BillingMode: BillingMode ?? (properties.ProvisionedThroughput ? 'PROVISIONED' : undefined),
    ProvisionedThroughput: throughput(properties.ProvisionedThroughput),
    OnDemandThroughput: OnDemandThroughput && {
      MaxReadRequestUnits: optionalNumber(OnDemandThroughput.MaxReadRequestUnits),
      MaxWriteRequestUnits: optionalNumber(OnDemandThroughput.MaxWriteRequestUnits),
    },
    StreamSpecification: StreamSpecification && { StreamEnabled: true, ...StreamSpecification },
    SSESpecification: SSESpecification && {
      Enabled: flag(SSESpecification.SSEEnabled),
      ...defined({ SSEType: SSESpecification.SSEType, KMSMasterKeyId: SSESpecification.KMSMasterKeyId }),
    },
    DeletionProtectionEnabled:
      DeletionProtectionEnabled === undefined ? undefined : flag(DeletionProtectionEnabled),
  }
}

function throughput(value: Throughput | undefined) {
  return (
    value && {
      ReadCapacityUnits: optionalNumber(value.ReadCapacityUnits),
      WriteCapacityUnits: optionalNumber(value.WriteCapacityUnits),
    }
  )
}

function index({ ProvisionedThroughput, ...rest }: Index): Index {
  return ProvisionedThroughput ? { ...rest, ProvisionedThroughput: throughput(ProvisionedThroughput) } : rest
}

/** One index at a time, as the API wants it. */
async function changeIndexes(
  TableName: string,
  now: TableProperties,
  old: TableProperties,
  context: ProviderContext,
): Promise<void> {
  const after = now.GlobalSecondaryIndexes ?? []
  const before = old.GlobalSecondaryIndexes ?? []
  const gone = before.filter(one => !after.some(other => other.IndexName === one.IndexName))
  const added = after.filter(one => !before.some(other => other.IndexName === one.IndexName))
  const updates = [
    ...gone.map(({ IndexName }) => ({ Delete: { IndexName } })),
    ...added.map(one => ({ Create: index(one) })),
  ]
  for (const update of updates) {
    await context.call('dynamodb', 'UpdateTable', {
      TableName,
      AttributeDefinitions: now.AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [update],
    })
    await whenActive(TableName, context)
  }
}

/** Time to live and point-in-time recovery, which have operations of their own. */
async function setExtras(
  TableName: string,
  now: TableProperties,
  old: TableProperties,
  context: ProviderContext,
): Promise<void> {
  const expiry = now.TimeToLiveSpecification
  if (expiry && !same(expiry, old.TimeToLiveSpecification))
    await context.call('dynamodb', 'UpdateTimeToLive', {
      TableName,
      TimeToLiveSpecification: { Enabled: flag(expiry.Enabled), AttributeName: expiry.AttributeName },
    })
  const recovery = now.PointInTimeRecoverySpecification
  if (recovery && !same(recovery, old.PointInTimeRecoverySpecification))
    await context.call('dynamodb', 'UpdateContinuousBackups', {
      TableName,
      PointInTimeRecoverySpecification: {
        PointInTimeRecoveryEnabled: flag(recovery.PointInTimeRecoveryEnabled),
        ...defined({ RecoveryPeriodInDays: optionalNumber(recovery.RecoveryPeriodInDays) }),
      },
    })
}

interface Described {
  Table: {
    TableStatus: string
    TableArn: string
    LatestStreamArn?: string
    GlobalSecondaryIndexes?: { IndexStatus: string }[]
  }
}

function describe(TableName: string, context: ProviderContext): Promise<Described> {
  return context.call<Described>('dynamodb', 'DescribeTable', { TableName })
}

async function whenActive(TableName: string, context: ProviderContext): Promise<void> {
  while (true) {
    const { Table } = await describe(TableName, context)
    const indexes = Table.GlobalSecondaryIndexes ?? []
    if (Table.TableStatus === 'ACTIVE' && indexes.every(one => one.IndexStatus === 'ACTIVE')) return
    await context.sleep(POLL_MS)
  }
}

function arnOf(name: string, { region, accountId }: ProviderContext): string {
  return `arn:aws:dynamodb:${region}:${accountId}:table/${name}`
}

export const DYNAMODB: Record<string, Provider> = { 'AWS::DynamoDB::Table': table }
