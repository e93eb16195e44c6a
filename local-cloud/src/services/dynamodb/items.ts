import { AwsError } from '../../core/aws-error.ts'
import { act, type Data, database, type Item, type ItemAction, validate } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { keys } from './keys.ts'
import { translated } from './table-errors.ts'

/** Reading and writing items: dynalite's actions, each write one atomic batch with its index entries. */
export function createItems(engine: Engine) {
  const read = (action: ItemAction) => (input: Data) =>
    act(action, engine.reader, validate(action, input, engine.reader))

  const write = (action: ItemAction) => (input: Data) => {
    const onFailure = failureReturn(input)
    const data = validate(action, input, engine.reader)
    return engine.exclusive(async () => {
      const unit = engine.begin()
      try {
        const output = await act(action, unit.store, data)
        await unit.commit()
        return output
      } catch (error) {
        throw onFailure ? await withItem(engine, data, translated(error)) : error
      }
    })
  }

  return {
    GetItem: read('getItem'),
    BatchGetItem: read('batchGetItem'),
    Query: read('query'),
    Scan: read('scan'),
    PutItem: write('putItem'),
    UpdateItem: write('updateItem'),
    DeleteItem: write('deleteItem'),
    BatchWriteItem: write('batchWriteItem'),
  }
}

/** Whether a failed condition is to be told with the item that failed it. */
export function failureReturn(input: Data): boolean {
  const value = input.ReturnValuesOnConditionCheckFailure ?? 'NONE'
  if (value !== 'NONE' && value !== 'ALL_OLD')
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${value}' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]`,
    )
  return value === 'ALL_OLD'
}

async function withItem(engine: Engine, data: Data, error: unknown): Promise<unknown> {
  if (!(error instanceof AwsError) || error.code !== 'ConditionalCheckFailedException') return error
  const item = await storedItem(engine, data)
  return item ? new AwsError(error.code, error.message, error.status, { Item: item }) : error
}

/** The item that a request's `Key` or `Item` names, as it lies in the table. */
export async function storedItem(engine: Engine, data: Data): Promise<Item | undefined> {
  const table = engine.table(data.TableName as string)
  if (!table) return undefined
  const key = database.createKey((data.Key ?? data.Item) as Item, table)
  return (await engine.level.get(keys.item(table.TableName) + key)) as Item | undefined
}
