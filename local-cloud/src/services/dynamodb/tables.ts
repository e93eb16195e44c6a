import { randomUUID } from 'node:crypto'
import type {
  CreateTableInput,
  CreateTableOutput,
  DeleteTableInput,
  DeleteTableOutput,
  DescribeTableInput,
  DescribeTableOutput,
  ListTablesInput,
  ListTablesOutput,
} from '@aws-sdk/client-dynamodb'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { type Data, type Item, type KeyedTable, validate } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { expirySpace } from './expiry.ts'
import { changeable, existing, refuseUnsupported } from './find-table.ts'
import { clearHistory } from './history.ts'
import { itemBytes } from './item-size.ts'
import { keys } from './keys.ts'
import { invalid } from './table-errors.ts'
import { type Count, describe, type GlobalIndex, type TableRecord, type Throughput } from './table-record.ts'
import { checkTags, encryption, streamLabel, tagMap } from './table-settings.ts'

/** How long a table stays CREATING, UPDATING or DELETING: shorter than AWS's seconds, long enough to be met. */
export const TRANSITION_MS = 100
/** AWS counts items and bytes about every six hours. */
const COUNT_MS = 6 * 3_600_000
const NOTHING: Throughput = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }

/** Create, delete, describe and list tables. */
export function createTables(engine: Engine, context: ServiceContext) {
  const counted = new Map<string, Count & { atMs: number }>()

  function createTable(input: CreateTableInput): Promise<CreateTableOutput> {
    refuseUnsupported(input, 'CreateTable', ['ResourcePolicy', 'GlobalTableSourceArn'])
    const data = validate('createTable', structuredClone(input) as unknown as Data, engine.reader)
    const shape = data as unknown as Omit<KeyedTable, 'GlobalSecondaryIndexes'> & {
      ProvisionedThroughput?: Throughput
      GlobalSecondaryIndexes?: GlobalIndex[]
    }
    const tags = tagMap(input.Tags)
    checkTags(tags)
    return engine.exclusive(async () => {
      const name = shape.TableName
      if (engine.table(name)) throw new AwsError('ResourceInUseException', `Table already exists: ${name}`)
      const now = context.clock.now()
      const onDemand = input.BillingMode === 'PAY_PER_REQUEST'
      const stream = input.StreamSpecification?.StreamEnabled ? input.StreamSpecification : undefined
      const table: TableRecord = {
        TableName: name,
        AttributeDefinitions: shape.AttributeDefinitions,
        KeySchema: shape.KeySchema,
        LocalSecondaryIndexes: shape.LocalSecondaryIndexes,
        GlobalSecondaryIndexes: shape.GlobalSecondaryIndexes?.map((index, position) => ({
          ...index,
          IndexStatus: 'CREATING',
          ProvisionedThroughput: index.ProvisionedThroughput ?? NOTHING,
          OnDemandThroughput: input.GlobalSecondaryIndexes?.[position]?.OnDemandThroughput,
        })),
        TableArn: `arn:aws:dynamodb:${context.region}:${context.accountId}:table/${name}`,
        TableId: randomUUID(),
        TableStatus: 'CREATING',
        createdMs: now,
        billing: onDemand ? { mode: 'PAY_PER_REQUEST', onDemandSinceMs: now } : { mode: 'PROVISIONED' },
        ProvisionedThroughput: shape.ProvisionedThroughput ?? NOTHING,
        OnDemandThroughput: input.OnDemandThroughput,
        WarmThroughput: input.WarmThroughput,
        SSEDescription: encryption(input.SSESpecification, context),
        StreamSpecification: stream,
        streamLabel: stream && streamLabel(now),
        tableClass: input.TableClass,
        DeletionProtectionEnabled: input.DeletionProtectionEnabled ?? false,
        local: { untilMs: now + TRANSITION_MS, tags },
      }
      await engine.save(table)
      counted.delete(name)
      return { TableDescription: describe(table, { items: 0, bytes: 0 }) }
    })
  }

  function deleteTable(input: DeleteTableInput): Promise<DeleteTableOutput> {
    return engine.exclusive(async () => {
      const table = changeable(engine, input.TableName)
      if (table.DeletionProtectionEnabled)
        throw invalid(
          'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
        )
      table.TableStatus = 'DELETING'
      table.local.untilMs = context.clock.now() + TRANSITION_MS
      await engine.save(table)
      await clearTable(engine, table)
      counted.delete(table.TableName)
      const { TableName, TableArn, TableId, TableStatus, ProvisionedThroughput } = describe(table, {
        items: 0,
        bytes: 0,
      })
      return { TableDescription: { TableName, TableArn, TableId, TableStatus, ProvisionedThroughput } }
    })
  }

  async function describeTable(input: DescribeTableInput): Promise<DescribeTableOutput> {
    const table = existing(engine, input.TableName)
    return { Table: describe(table, await count(table)) }
  }

  function listTables(input: ListTablesInput): ListTablesOutput {
    const limit = input.Limit ?? 100
    if (!(limit >= 1 && limit <= 100))
      throw invalid(
        `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value between 1 and 100`,
      )
    const after = input.ExclusiveStartTableName ?? ''
    const names = engine
      .tables()
      .map(table => table.TableName)
      .filter(name => name > after)
    const page = names.slice(0, limit)
    return { TableNames: page, LastEvaluatedTableName: names.length > limit ? page.at(-1) : undefined }
  }

  async function count(table: TableRecord): Promise<Count> {
    const known = counted.get(table.TableName)
    if (known && context.clock.now() - known.atMs < COUNT_MS) return known
    const fresh = { items: 0, bytes: 0, atMs: context.clock.now() }
    const prefix = keys.item(table.TableName)
    for await (const item of engine.level.values({ gte: prefix, lt: `${prefix}\u{ff}` })) {
      fresh.items++
      fresh.bytes += itemBytes(item as Item)
    }
    counted.set(table.TableName, fresh)
    return fresh
  }

  return { createTable, deleteTable, describeTable, listTables }
}

/** Removes everything that a table holds, its record excepted. */
export async function clearTable(engine: Engine, table: TableRecord): Promise<void> {
  const prefixes = [keys.item(table.TableName), `${expirySpace(table.TableName)}~`]
  for (const index of table.GlobalSecondaryIndexes ?? [])
    prefixes.push(keys.index('global', table.TableName, index.IndexName))
  for (const index of table.LocalSecondaryIndexes ?? [])
    prefixes.push(keys.index('local', table.TableName, index.IndexName))
  for (const prefix of prefixes) await engine.level.clear({ gte: prefix, lt: `${prefix}\u{ff}` })
  await clearHistory(engine, table.TableName)
}

/** Ends the deletions that a crash cut short; at start. */
export async function resumeDeletions(engine: Engine): Promise<void> {
  for (const table of engine.tables()) {
    if (table.TableStatus !== 'DELETING') continue
    await clearTable(engine, table)
    await engine.forget(table.TableName)
  }
}
