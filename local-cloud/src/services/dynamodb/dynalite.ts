import { createRequire } from 'node:module'

/**
 * The parts of dynalite 4.0.0 that are used, typed. dynalite is a server; only its expression parser, validations
 * and item actions are called here, on a store of ours. They are internals (dynalite has no `exports` map), which
 * is why the version is pinned exactly.
 */
const load = createRequire(import.meta.url)

/** An item or key as on the wire: `{pk: {S: 'a'}}`, bytes in base64. */
export type Item = Record<string, Record<string, unknown>>

/** A request as dynalite takes it. */
export type Data = Record<string, unknown>

export type Callback = (error?: unknown, value?: unknown) => void

/** One ordered key space; dynalite reads and writes items and index entries through it. */
export interface SubStore {
  get(key: string, callback: Callback): void
  put(key: string, value: Item, callback: Callback): void
  del(key: string, callback: Callback): void
  createValueStream(options: Range): unknown
  lock(key: string, run: (release: (callback: Callback) => Callback) => void): void
}

export interface Range {
  gt?: string
  gte?: string
  lt?: string
  lte?: string
  limit?: number
  reverse?: boolean
}

/** What dynalite's actions expect of a store. */
export interface ActionStore {
  options: { maxItemSize: number }
  getTable(name: string, checkStatus: boolean | Callback, callback?: Callback): void
  getItemDb(table: string): SubStore
  getIndexDb(type: string, table: string, index: string): SubStore
}

export type Change = { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string }

/** The level database below: ordered keys, JSON values, atomic batches. */
export interface Level {
  open(): Promise<void>
  close(): Promise<void>
  get(key: string): Promise<unknown>
  batch(changes: Change[]): Promise<void>
  clear(range: Range): Promise<void>
  values(range: Range): LevelIterator<unknown>
  iterator(range: Range): LevelIterator<[string, unknown]>
}

export interface LevelIterator<T> extends AsyncIterable<T> {
  nextv(size: number): Promise<T[]>
  close(): Promise<void>
}

type Validation = { types: object; custom?: (data: Data, store: ActionStore) => string | undefined }

/** The table as dynalite's key functions read it. */
export interface KeyedTable {
  TableName: string
  KeySchema: { AttributeName: string; KeyType: string }[]
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[]
  GlobalSecondaryIndexes?: Index[]
  LocalSecondaryIndexes?: Index[]
}

export interface Index {
  IndexName: string
  KeySchema: { AttributeName: string; KeyType: string }[]
  Projection: { ProjectionType: string; NonKeyAttributes?: string[] }
}

interface Database {
  createKey(item: Item, table: KeyedTable): string
  validateKey(key: Item, table: KeyedTable): Error | undefined
  checkConditional(data: Data, item: Item | undefined): Error | null | undefined
  capacityUnits(item: Item | undefined, isRead: boolean, isConsistent: boolean): number
  getIndexActions(
    indexes: Index[],
    existing: Item | undefined,
    item: Item,
    table: KeyedTable,
  ): { puts: { index: string; key: string; item: Item }[] }
  validationError(message: string): Error
}

export const database = load('dynalite/db') as Database

const validations = load('dynalite/validations') as {
  checkTypes(data: Data, types: object): Data
  checkValidations(data: Data, types: object, custom: Validation['custom'], store: ActionStore): void
}

export type ItemAction =
  | 'putItem'
  | 'getItem'
  | 'updateItem'
  | 'deleteItem'
  | 'query'
  | 'scan'
  | 'batchGetItem'
  | 'batchWriteItem'

/** Checks a request's types and constraints and parses its expressions; unknown members fall away. Throws dynalite's errors. */
export function validate(action: ItemAction | 'createTable', input: Data, store: ActionStore): Data {
  const { types, custom } = load(`dynalite/validations/${action}`) as Validation
  const data = validations.checkTypes({ ...input }, types)
  validations.checkValidations(data, types, custom, store)
  return data
}

/** Runs an item action on a store. Rejects with dynalite's errors. */
export function act(action: ItemAction, store: ActionStore, data: Data): Promise<Record<string, unknown>> {
  const run = load(`dynalite/actions/${action}`) as (store: ActionStore, data: Data, done: Callback) => void
  return new Promise((resolve, reject) => {
    run(store, data, (error, value) => (error ? reject(error) : resolve(value as Record<string, unknown>)))
  })
}
