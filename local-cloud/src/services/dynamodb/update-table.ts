import type {
  GlobalSecondaryIndexUpdate,
  UpdateTableInput,
  UpdateTableOutput,
} from '@aws-sdk/client-dynamodb'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { type Data, validate } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { fillIndex } from './fill-index.ts'
import { changeable, refuseUnsupported } from './find-table.ts'
import { keys } from './keys.ts'
import { contradictory, invalid, notFound } from './table-errors.ts'
import { describe, type GlobalIndex, type TableRecord, type Throughput } from './table-record.ts'
import { encryption, streamLabel } from './table-settings.ts'
import { TRANSITION_MS } from './tables.ts'

const SETTINGS = [
  'BillingMode',
  'ProvisionedThroughput',
  'GlobalSecondaryIndexUpdates',
  'StreamSpecification',
  'SSESpecification',
  'TableClass',
  'DeletionProtectionEnabled',
  'OnDemandThroughput',
  'WarmThroughput',
] as const

/** Changes a table's settings, capacity or indexes. An added index is filled before it is answered. */
export function createUpdateTable(engine: Engine, context: ServiceContext) {
  return (input: UpdateTableInput): Promise<UpdateTableOutput> => {
    refuseUnsupported(input, 'UpdateTable', [
      'ReplicaUpdates',
      'MultiRegionConsistency',
      'GlobalTableWitnessUpdates',
      'GlobalTableSettingsReplicationMode',
    ])
    if (!SETTINGS.some(name => input[name] !== undefined && input[name] !== null))
      throw invalid(`At least one of ${SETTINGS.join(', ')} is required`)
    return engine.exclusive(async () => {
      const table = structuredClone(changeable(engine, input.TableName))
      applyCapacity(table, input, context.clock.now())
      applySettings(table, input, context)
      const update = onlyIndexUpdate(input.GlobalSecondaryIndexUpdates)
      if (update?.Create) addIndex(engine, table, input, update.Create)
      if (update?.Delete) indexOf(table, update.Delete.IndexName).IndexStatus = 'DELETING'
      for (const { Update } of input.GlobalSecondaryIndexUpdates ?? []) {
        if (!Update) continue
        const index = indexOf(table, Update.IndexName)
        if (Update.ProvisionedThroughput)
          index.ProvisionedThroughput = Update.ProvisionedThroughput as Throughput
        if (Update.OnDemandThroughput) index.OnDemandThroughput = Update.OnDemandThroughput
      }
      const slow = SETTINGS.some(name => name !== 'DeletionProtectionEnabled' && input[name] !== undefined)
      if (slow) {
        table.TableStatus = 'UPDATING'
        table.local.untilMs = context.clock.now() + TRANSITION_MS
      }
      if (update?.Create) {
        const index = indexOf(table, update.Create.IndexName)
        const target = keys.index('global', table.TableName, index.IndexName)
        await engine.level.clear({ gte: target, lt: `${target}\u{ff}` })
        await fillIndex(engine, table, 'global', index, changes => engine.level.batch(changes))
      }
      await engine.save(table)
      if (update?.Delete) {
        const prefix = keys.index('global', table.TableName, update.Delete.IndexName ?? '')
        await engine.level.clear({ gte: prefix, lt: `${prefix}\u{ff}` })
      }
      return { TableDescription: describe(table, { items: 0, bytes: 0 }) }
    })
  }
}

function applyCapacity(table: TableRecord, input: UpdateTableInput, nowMs: number): void {
  const mode = input.BillingMode ?? table.billing.mode
  if (mode === 'PAY_PER_REQUEST' && input.ProvisionedThroughput)
    throw contradictory(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    )
  if (input.BillingMode === 'PROVISIONED' && !input.ProvisionedThroughput)
    throw contradictory('ProvisionedThroughput must be specified when BillingMode is PROVISIONED')
  if (mode === 'PROVISIONED' && input.OnDemandThroughput)
    throw contradictory('OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST')
  const asked = input.ProvisionedThroughput as Throughput | undefined
  if (asked && !(asked.ReadCapacityUnits >= 1 && asked.WriteCapacityUnits >= 1))
    throw invalid('ReadCapacityUnits and WriteCapacityUnits must be 1 or more')
  const now = table.ProvisionedThroughput
  if (
    asked &&
    table.billing.mode === mode &&
    asked.ReadCapacityUnits === now.ReadCapacityUnits &&
    asked.WriteCapacityUnits === now.WriteCapacityUnits
  )
    throw invalid(
      `The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: ${now.ReadCapacityUnits}. Current WriteCapacityUnits provisioned for the table: ${now.WriteCapacityUnits}.`,
    )
  if (mode === 'PAY_PER_REQUEST' && table.billing.mode !== mode) {
    table.billing = { mode, onDemandSinceMs: nowMs }
    for (const owner of [table, ...(table.GlobalSecondaryIndexes ?? [])])
      owner.ProvisionedThroughput = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }
  } else if (mode === 'PROVISIONED') table.billing = { mode }
  if (asked) table.ProvisionedThroughput = asked
}

function applySettings(table: TableRecord, input: UpdateTableInput, context: ServiceContext): void {
  if (input.StreamSpecification) {
    const on = input.StreamSpecification.StreamEnabled
    if (on && table.StreamSpecification)
      throw invalid(`Table already has an enabled stream: TableName: ${table.TableName}`)
    if (!on && !table.StreamSpecification)
      throw invalid(`Table has no stream to disable: TableName: ${table.TableName}`)
    table.StreamSpecification = on ? input.StreamSpecification : undefined
    if (on) table.streamLabel = streamLabel(context.clock.now())
  }
  if (input.SSESpecification) table.SSEDescription = encryption(input.SSESpecification, context)
  if (input.TableClass) table.tableClass = input.TableClass
  if (input.OnDemandThroughput) table.OnDemandThroughput = input.OnDemandThroughput
  if (input.WarmThroughput) table.WarmThroughput = input.WarmThroughput
  if (typeof input.DeletionProtectionEnabled === 'boolean')
    table.DeletionProtectionEnabled = input.DeletionProtectionEnabled
}

/** The one index that is created or deleted: AWS takes no more at a time. */
function onlyIndexUpdate(updates: GlobalSecondaryIndexUpdate[] = []): GlobalSecondaryIndexUpdate | undefined {
  for (const update of updates)
    if (!update.Create && !update.Update && !update.Delete)
      throw contradictory(
        'One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null',
      )
  const found = updates.filter(update => update.Create || update.Delete)
  if (found.length > 1)
    throw new AwsError(
      'LimitExceededException',
      'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
    )
  return found[0]
}

function indexOf(table: TableRecord, name: string | undefined): GlobalIndex {
  const index = table.GlobalSecondaryIndexes?.find(each => each.IndexName === name)
  if (!index) throw notFound()
  return index
}

/** Adds an index to the record after checking the table that would result, as if it were created anew. */
function addIndex(
  engine: Engine,
  table: TableRecord,
  input: UpdateTableInput,
  create: NonNullable<GlobalSecondaryIndexUpdate['Create']>,
): void {
  if (table.GlobalSecondaryIndexes?.some(index => index.IndexName === create.IndexName))
    throw contradictory(`Index already exists: ${create.IndexName}`)
  const onDemand = table.billing.mode === 'PAY_PER_REQUEST'
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), create as unknown as GlobalIndex]
  const used = new Set(
    [table, ...(table.LocalSecondaryIndexes ?? []), ...indexes].flatMap(owner =>
      (owner.KeySchema ?? []).map(key => key.AttributeName),
    ),
  )
  const defined = [...(input.AttributeDefinitions ?? []), ...table.AttributeDefinitions]
  const definitions = [...used].flatMap(
    name => defined.find(definition => definition.AttributeName === name) ?? [],
  ) as TableRecord['AttributeDefinitions']
  const capacity = (owner: { ProvisionedThroughput?: Throughput }) =>
    onDemand ? undefined : owner.ProvisionedThroughput
  validate(
    'createTable',
    structuredClone({
      TableName: table.TableName,
      AttributeDefinitions: definitions,
      KeySchema: table.KeySchema,
      LocalSecondaryIndexes: table.LocalSecondaryIndexes,
      BillingMode: table.billing.mode,
      ProvisionedThroughput: capacity(table),
      GlobalSecondaryIndexes: indexes.map(index => ({ ...index, ProvisionedThroughput: capacity(index) })),
    }) as unknown as Data,
    engine.reader,
  )
  table.AttributeDefinitions = definitions
  table.GlobalSecondaryIndexes = indexes.map(index =>
    index.IndexName === create.IndexName
      ? {
          ...index,
          IndexStatus: 'CREATING',
          ProvisionedThroughput: capacity(index) ?? { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
        }
      : index,
  )
}
