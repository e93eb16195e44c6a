import { AwsError } from '../../core/aws-error.ts'
import type { Operation, Service, ServiceContext } from '../../core/service.ts'
import { createBackups } from './backups.ts'
import { type Engine, openEngine } from './engine.ts'
import { startSweeper } from './expiry.ts'
import { purgeHistory } from './history.ts'
import { createItems } from './items.ts'
import { leadingKeys } from './leading-keys.ts'
import { createPartiql } from './partiql.ts'
import { createRestore } from './restore.ts'
import { translated } from './table-errors.ts'
import { createTableSettings } from './table-settings.ts'
import { createTables, resumeDeletions } from './tables.ts'
import { createTransactions } from './transactions.ts'
import { createUpdateTable } from './update-table.ts'

/** DynamoDB: dynalite's expressions and item actions over a store that is atomic, with what dynalite lacks. */
export function createDynamodb(context: ServiceContext): Service {
  let opened: Promise<Opened> | undefined
  let hashOf: Opened['hashOf'] = () => undefined
  let stopping = false
  const open = () => {
    opened ??= openService(context)
    return opened
  }

  const operations = Object.fromEntries(
    OPERATIONS.map(name => [
      name,
      async (input: unknown, request: Parameters<Operation>[1]) => {
        // tasks that are being stopped still ask; SDKs ask again after a 503
        if (stopping) throw new AwsError('ServiceUnavailable', 'the local cloud is stopping', 503)
        try {
          return await (await open()).operations[name]?.(input, request)
        } catch (error) {
          throw told(error, context)
        }
      },
    ]),
  )

  return {
    name: 'dynamodb',
    protocol: 'json',
    targetPrefix: 'DynamoDB_20120810',
    jsonVersion: '1.0',
    operations,
    start: async () => {
      ;({ hashOf } = await open())
    },
    conditionKeys: (operation, input): Record<string, string[]> => {
      const keys = leadingKeys(operation, input, hashOf)
      return keys.length > 0 ? { 'dynamodb:LeadingKeys': keys } : {}
    },
    stop: async () => {
      stopping = true
      await (await opened)?.close()
    },
  }
}

interface Opened {
  operations: Record<OperationName, Operation>
  /** The name of a table's partition key. */
  hashOf(table: string): string | undefined
  close(): Promise<void>
}

const OPERATIONS = [
  'CreateTable',
  'UpdateTable',
  'DeleteTable',
  'DescribeTable',
  'ListTables',
  'TagResource',
  'UntagResource',
  'ListTagsOfResource',
  'UpdateTimeToLive',
  'DescribeTimeToLive',
  'UpdateContinuousBackups',
  'DescribeContinuousBackups',
  'CreateBackup',
  'DeleteBackup',
  'DescribeBackup',
  'ListBackups',
  'RestoreTableFromBackup',
  'RestoreTableToPointInTime',
  'GetItem',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'Query',
  'Scan',
  'BatchGetItem',
  'BatchWriteItem',
  'TransactWriteItems',
  'TransactGetItems',
  'BatchExecuteStatement',
] as const
type OperationName = (typeof OPERATIONS)[number]

async function openService(context: ServiceContext): Promise<Opened> {
  const engine: Engine = await openEngine(context)
  await resumeDeletions(engine)
  const tables = createTables(engine, context)
  const settings = createTableSettings(engine, context)
  const transactions = createTransactions(engine, context.clock)
  await transactions.purgeTokens()
  const backups = createBackups(engine, context)
  const restore = createRestore(engine, context, backups)
  await backups.sweep()
  const stopSweeper = startSweeper(engine, context, async () => {
    await transactions.purgeTokens()
    await purgeHistory(engine, context.clock.now())
  })
  restore.resume()
  const operations: Opened['operations'] = {
    CreateTable: tables.createTable,
    UpdateTable: createUpdateTable(engine, context),
    DeleteTable: tables.deleteTable,
    DescribeTable: tables.describeTable,
    ListTables: tables.listTables,
    TagResource: settings.tagResource,
    UntagResource: settings.untagResource,
    ListTagsOfResource: settings.listTagsOfResource,
    UpdateTimeToLive: settings.updateTimeToLive,
    DescribeTimeToLive: settings.describeTimeToLive,
    UpdateContinuousBackups: settings.updateContinuousBackups,
    DescribeContinuousBackups: settings.describeContinuousBackups,
    ...backups.operations,
    ...restore.operations,
    ...createItems(engine),
    TransactWriteItems: transactions.write,
    TransactGetItems: transactions.read,
    BatchExecuteStatement: createPartiql(engine).batch,
  }
  return {
    operations,
    hashOf: name => engine.table(name)?.KeySchema[0]?.AttributeName,
    close: async () => {
      await restore.stop()
      await stopSweeper()
      await engine.close()
    },
  }
}

/** Refusals as AWS words them; what nobody foresaw (a full disk, say) as AWS's own failure, with a log line. */
function told(thrown: unknown, context: ServiceContext): unknown {
  const error = translated(thrown)
  if (error instanceof AwsError) return error
  const { code, stack } = error as NodeJS.ErrnoException
  context.log('dynamodb', 'internal error', { code, error: stack })
  return new AwsError('InternalServerError', 'Internal server error', 500)
}
