import type { BatchExecuteStatementInput, BatchStatementResponse } from '@aws-sdk/client-dynamodb'
import { AwsError } from '../../core/aws-error.ts'
import { act, type Data, database, type Item, validate } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { invalid, translated } from './table-errors.ts'

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html */
const MAX_STATEMENTS = 25

/** What an INSERT says: the item that it puts where none is. */
export interface Insert {
  table: string
  item: Item
}

/**
 * Batches of PartiQL: INSERT with a parameter for each value, which never replaces an item. Each statement stands alone:
 * its failure is told in its place of the answer.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
 */
export function createPartiql(engine: Engine) {
  function batch({ Statements: statements = [] }: BatchExecuteStatementInput): Promise<Data> {
    if (statements.length === 0 || statements.length > MAX_STATEMENTS)
      throw invalid(`Statements must have 1 to ${MAX_STATEMENTS} members, got ${statements.length}`)
    const shapes = new Map<string, InsertShape>()
    const inserts = statements.map(({ Statement = '', Parameters }) => {
      const shape = shapes.get(Statement) ?? shapeOf(Statement)
      shapes.set(Statement, shape)
      return filled(shape, Parameters)
    })
    return engine.exclusive(async () => {
      const unit = engine.begin()
      const taken = new Set<string>()
      const Responses: BatchStatementResponse[] = []
      for (const { table: TableName, item } of inserts) {
        const refused = await insert(TableName, item).catch(refusal)
        Responses.push(refused ? { TableName, Error: refused } : { TableName })
      }
      await unit.commit()
      return { Responses }

      async function insert(TableName: string, Item: Item): Promise<BatchStatementResponse['Error']> {
        const table = engine.table(TableName)
        const [hash] = table?.KeySchema ?? []
        const data = validate(
          'putItem',
          // As attribute_not_exists, in the older form, which needs no parser.
          { TableName, Item, Expected: { [hash?.AttributeName ?? 'pk']: { Exists: false } } },
          engine.reader,
        )
        const whole = table?.KeySchema.every(({ AttributeName }) => Item[AttributeName])
        const key = table && whole && `${TableName} ${database.createKey(Item, table)}`
        if (key && taken.has(key)) return DUPLICATE
        await act('putItem', unit.store, data)
        if (key) taken.add(key)
        return undefined
      }
    })
  }
  return { batch }
}

/** @throws AwsError `ValidationException` for what is no statement; 501 for one that is not an INSERT of parameters */
export function readInsert(statement: string, parameters?: unknown): Insert {
  return filled(shapeOf(statement), parameters)
}

/** An INSERT without its values. */
interface InsertShape {
  table: string
  names: string[]
}

function shapeOf(statement: string): InsertShape {
  const [, table, members] =
    /^\s*INSERT\s+INTO\s+"?([\w.-]{3,255})"?\s+VALUE\s*\{(.*)\}\s*;?\s*$/is.exec(statement) ?? []
  const names = members?.split(',').map(member => /^\s*'([^']+)'\s*:\s*\?\s*$/.exec(member)?.[1])
  if (!table || !names?.every(name => name !== undefined)) {
    if (!/^\s*(SELECT|INSERT|UPDATE|DELETE|EXISTS)\b/i.test(statement))
      throw invalid("Statement wasn't well formed, can't be processed: Unexpected keyword")
    throw new AwsError(
      'NotImplemented',
      `the local cloud knows of PartiQL only: INSERT INTO "table" VALUE {'name': ?, ...}`,
      501,
    )
  }
  return { table, names }
}

function filled({ table, names }: InsertShape, parameters: unknown): Insert {
  const values = Array.isArray(parameters) ? parameters : []
  if (values.length !== names.length)
    throw invalid("Number of parameters in request and statement don't match.")
  return { table, item: Object.fromEntries(names.map((name, at) => [name, values[at]])) as Item }
}

const DUPLICATE: BatchStatementResponse['Error'] = {
  Code: 'DuplicateItem',
  Message: 'Duplicate primary key exists in table',
}

/** What became of a statement that was refused. */
function refusal(thrown: unknown): BatchStatementResponse['Error'] {
  const error = translated(thrown)
  if (!(error instanceof AwsError)) throw error
  const { code, message: Message } = error
  if (code === 'ConditionalCheckFailedException') return DUPLICATE
  if (code === 'ResourceNotFoundException') return { Code: 'ResourceNotFound', Message }
  if (code === 'ValidationException') return { Code: 'ValidationError', Message }
  throw error
}
