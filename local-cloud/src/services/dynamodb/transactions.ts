import { createHash } from 'node:crypto'
import type {
  CancellationReason,
  TransactGetItemsInput,
  TransactWriteItemsInput,
} from '@aws-sdk/client-dynamodb'
import { AwsError } from '../../core/aws-error.ts'
import type { Clock } from '../../core/clock.ts'
import { act, type Data, database, type Item, type ItemAction, validate } from './dynalite.ts'
import type { Engine, WriteUnit } from './engine.ts'
import { itemBytes } from './item-size.ts'
import { failureReturn, storedItem } from './items.ts'
import { keys } from './keys.ts'
import { invalid, notFound, translated } from './table-errors.ts'

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html */
const MAX_ACTIONS = 100
const MAX_BYTES = 4 * 1024 * 1024
/** How long a client token makes a repetition harmless. */
const TOKEN_MS = 10 * 60_000

interface Action {
  kind: 'Put' | 'Update' | 'Delete' | 'ConditionCheck'
  data: Data
  /** The item as it was, in the reason of a cancellation. */
  returnItem: boolean
}

const DYNALITE: Record<Action['kind'], ItemAction> = {
  Put: 'putItem',
  Update: 'updateItem',
  Delete: 'deleteItem',
  // A condition check takes what a deletion takes and deletes nothing.
  ConditionCheck: 'deleteItem',
}

/** All-or-nothing writes and consistent reads of several items. */
export function createTransactions(engine: Engine, clock: Clock) {
  function write(input: TransactWriteItemsInput): Promise<Data> {
    const actions = (input.TransactItems ?? []).map(item => readAction(engine, item as Record<string, Data>))
    checkCount(actions.length)
    const { ClientRequestToken: token, ReturnConsumedCapacity: capacity } = input
    if (token !== undefined && !/^.{1,36}$/s.test(token))
      throw invalid(`ClientRequestToken must have 1 to 36 characters, got ${token.length}`)
    const fingerprint = createHash('sha256').update(JSON.stringify(input.TransactItems)).digest('hex')
    return engine.exclusive(async () => {
      checkTargets(engine, actions)
      if (token && (await seen(token, fingerprint))) return consumed(actions, capacity, false)
      const unit = engine.begin()
      const reasons: CancellationReason[] = []
      for (const action of actions) reasons.push(await apply(engine, unit, action))
      if (reasons.some(reason => reason.Code !== 'None'))
        throw new AwsError(
          'TransactionCanceledException',
          `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(r => r.Code).join(', ')}]`,
          400,
          { CancellationReasons: reasons },
        )
      const bytes = unit.changes.reduce(
        (sum, change) =>
          sum +
          (change.type === 'put' && change.key.startsWith('item-') ? itemBytes(change.value as Item) : 0),
        0,
      )
      if (bytes > MAX_BYTES) throw invalid('Collection of items in the transaction exceeds 4 MB')
      if (token)
        unit.changes.push({ type: 'put', key: keys.token(token), value: { fingerprint, atMs: clock.now() } })
      await unit.commit()
      return consumed(actions, capacity, true)
    })
  }

  async function seen(token: string, fingerprint: string): Promise<boolean> {
    const known = (await engine.level.get(keys.token(token))) as
      | { fingerprint: string; atMs: number }
      | undefined
    if (!known || clock.now() - known.atMs > TOKEN_MS) return false
    if (known.fingerprint === fingerprint) return true
    throw new AwsError(
      'IdempotentParameterMismatchException',
      'The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical',
    )
  }

  function read(input: TransactGetItemsInput): Promise<Data> {
    const gets = (input.TransactItems ?? []).map(item => {
      if (!item.Get) throw invalid('TransactItems can only contain Get')
      return validate('getItem', item.Get as unknown as Data, engine.reader)
    })
    checkCount(gets.length)
    return engine.exclusive(async () => {
      const Responses: Data[] = []
      for (const data of gets) {
        const { Item: item } = await act('getItem', engine.reader, data)
        Responses.push(item ? { Item: item } : {})
      }
      return { Responses }
    })
  }

  /** Forgets the tokens that no longer count. */
  function purgeTokens(): Promise<void> {
    return engine.exclusive(async () => {
      const unit = engine.begin()
      for await (const [key, value] of engine.level.iterator(keys.all('token')))
        if (clock.now() - (value as { atMs: number }).atMs > TOKEN_MS) unit.changes.push({ type: 'del', key })
      await unit.commit()
    })
  }

  return { write, read, purgeTokens }
}

function readAction(engine: Engine, item: Record<string, Data>): Action {
  const named = Object.entries(item ?? {}).filter(([, value]) => value !== undefined && value !== null)
  const [kind, input] = named[0] ?? []
  if (named.length !== 1 || !kind || !input || !Object.hasOwn(DYNALITE, kind))
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete')
  if (kind === 'ConditionCheck' && !input.ConditionExpression)
    throw invalid("ConditionCheck must have a ConditionExpression: 'conditionExpression' must not be null")
  if (kind === 'Update' && !input.UpdateExpression)
    throw invalid("Update must have an UpdateExpression: 'updateExpression' must not be null")
  const action = kind as Action['kind']
  return {
    kind: action,
    returnItem: failureReturn(input),
    data: validate(DYNALITE[action], input, engine.reader),
  }
}

function checkCount(count: number): void {
  if (count >= 1 && count <= MAX_ACTIONS) return
  throw invalid(
    `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${count < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_ACTIONS}`}`,
  )
}

/** Every table must be there, and no item may be named twice. */
function checkTargets(engine: Engine, actions: Action[]): void {
  const targets = new Set<string>()
  for (const { data } of actions) {
    const table = engine.table(data.TableName as string)
    if (!table || !/ACTIVE|UPDATING/.test(table.TableStatus)) throw notFound()
    const key = (data.Key ?? data.Item) as Item
    if (table.KeySchema.some(({ AttributeName }) => !key[AttributeName])) continue
    const name = JSON.stringify([
      table.TableName,
      ...table.KeySchema.map(({ AttributeName }) => key[AttributeName]),
    ])
    if (targets.has(name)) throw invalid('Transaction request cannot include multiple operations on one item')
    targets.add(name)
  }
}

async function apply(engine: Engine, unit: WriteUnit, action: Action): Promise<CancellationReason> {
  const { kind, data } = action
  try {
    if (kind === 'ConditionCheck') await check(engine, data)
    else await act(DYNALITE[kind], unit.store, data)
    return { Code: 'None' }
  } catch (thrown) {
    const error = translated(thrown)
    if (!(error instanceof AwsError)) throw error
    if (error.code === 'ConditionalCheckFailedException') {
      const item = action.returnItem ? await storedItem(engine, data) : undefined
      return {
        Code: 'ConditionalCheckFailed',
        Message: error.message,
        ...(item && { Item: item as unknown as CancellationReason['Item'] }),
      }
    }
    if (error.code === 'ValidationException') return { Code: 'ValidationError', Message: error.message }
    throw error
  }
}

async function check(engine: Engine, data: Data): Promise<void> {
  const table = engine.table(data.TableName as string)
  const wrong = table && database.validateKey(data.Key as Item, table)
  if (wrong) throw wrong
  const failed = database.checkConditional(data, await storedItem(engine, data))
  if (failed) throw failed
}

/** A transaction costs two units where a plain write costs one; a repeated one costs reads. */
function consumed(actions: Action[], asked: string | undefined, wrote: boolean): Data {
  if (asked !== 'TOTAL' && asked !== 'INDEXES') return {}
  const units = new Map<string, number>()
  for (const { data } of actions) {
    const table = data.TableName as string
    const item = data.Item as Item | undefined
    units.set(table, (units.get(table) ?? 0) + 2 * database.capacityUnits(item, !wrote, true))
  }
  return {
    ConsumedCapacity: [...units].map(([TableName, total]) => ({
      TableName,
      CapacityUnits: total,
      ...(wrote ? { WriteCapacityUnits: total } : { ReadCapacityUnits: total }),
    })),
  }
}
