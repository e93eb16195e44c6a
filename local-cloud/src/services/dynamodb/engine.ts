import { join } from 'node:path'
import { Stream } from 'node:stream'
import type { ServiceContext } from '../../core/service.ts'
import {
  type ActionStore,
  type Callback,
  type Change,
  database,
  type Item,
  type Level,
  type Range,
  type SubStore,
} from './dynalite.ts'
import { expiryChange } from './expiry.ts'
import { createHistory } from './history.ts'
import { itemBytes, MAX_ITEM_BYTES } from './item-size.ts'
import { keys } from './keys.ts'
import { openLevel } from './level.ts'
import { notFound } from './table-errors.ts'
import { settle, type TableRecord } from './table-record.ts'

/** The database under the service: tables in memory and on disk, items on disk, one writer at a time. */
export interface Engine {
  level: Level
  /** The tables by name, those being deleted included, in the state that the clock says. */
  tables(): TableRecord[]
  table(name: string): TableRecord | undefined
  /** The change that stores a table's record; `remember` follows once it is on disk. */
  save(table: TableRecord): Promise<void>
  forget(name: string): Promise<void>
  /** What dynalite's reading actions work on. */
  reader: ActionStore
  /** Runs `work` after every earlier writer: reads in it see no half-done write. */
  exclusive<T>(work: () => Promise<T>): Promise<T>
  /** Collects what writing actions change, for one atomic batch. Use inside `exclusive`. */
  begin(): WriteUnit
  close(): Promise<void>
}

export interface WriteUnit {
  store: ActionStore
  changes: Change[]
  /** Writes all changes in one batch: all of them survive a crash, or none. */
  commit(): Promise<void>
}

/** Opens the database below the service's folder, making it when absent. */
export async function openEngine(context: ServiceContext): Promise<Engine> {
  const path = join(context.store.folder('dynamodb'), 'level')
  const options = { maxItemSize: MAX_ITEM_BYTES }
  const level = await openLevel(
    path,
    (message, fields) => context.log('dynamodb', message, fields),
    () => context.store.room('dynamodb'),
  )
  const known = new Map<string, TableRecord>()
  for await (const value of level.values(keys.all('table'))) {
    const table = value as TableRecord
    known.set(table.TableName, table)
  }
  const historyOf = createHistory(level, name => known.get(name))
  let tail: Promise<unknown> = Promise.resolve()

  function table(name: string): TableRecord | undefined {
    const record = known.get(name)
    if (!record) return undefined
    const now = settle(record, context.clock.now())
    if (!now) known.delete(name)
    return now
  }

  function getTable(name: string, checkStatus: boolean | Callback, callback?: Callback): void {
    const done = typeof checkStatus === 'function' ? checkStatus : (callback as Callback)
    const found = table(name)
    const usable = checkStatus === false || (found && /ACTIVE|UPDATING/.test(found.TableStatus))
    if (found && usable) done(null, found)
    else done(notFound(checkStatus === false ? name : undefined))
  }

  function begin(): WriteUnit {
    const changes: Change[] = []
    const store: ActionStore = {
      options,
      getTable,
      getItemDb: name => ({
        ...subStore(level, keys.item(name)),
        put: (key, item, done) => {
          if (itemBytes(item) > MAX_ITEM_BYTES)
            return done(database.validationError('Item size to update has exceeded the maximum allowed size'))
          changes.push({ type: 'put', key: keys.item(name) + key, value: item })
          const attribute = table(name)?.local.ttlAttribute
          const expiry = attribute && expiryChange(name, key, item[attribute])
          if (expiry) changes.push(expiry)
          done()
        },
        del: (key, done) => {
          changes.push({ type: 'del', key: keys.item(name) + key })
          done()
        },
      }),
      getIndexDb: (type, name, index) => {
        const prefix = keys.index(type, name, index)
        return {
          ...subStore(level, prefix),
          put: (key, value, done) => {
            changes.push({ type: 'put', key: prefix + key, value })
            done()
          },
          del: (key, done) => {
            changes.push({ type: 'del', key: prefix + key })
            done()
          },
        }
      },
    }
    const commit = async () => {
      if (changes.length === 0) return
      const history = await historyOf(changes, context.clock.now())
      await level.batch([...changes, ...history])
    }
    return { store, changes, commit }
  }

  return {
    level,
    table,
    tables: () => [...known.keys()].sort().flatMap(name => table(name) ?? []),
    save: async record => {
      await level.batch([{ type: 'put', key: keys.table(record.TableName), value: record }])
      known.set(record.TableName, record)
    },
    forget: async name => {
      await level.batch([{ type: 'del', key: keys.table(name) }])
      known.delete(name)
    },
    reader: {
      options,
      getTable,
      getItemDb: name => subStore(level, keys.item(name)),
      getIndexDb: (type, name, index) => subStore(level, keys.index(type, name, index)),
    },
    exclusive: work => {
      const run = tail.then(work)
      tail = run.catch(() => {})
      return run
    },
    begin,
    close: async () => {
      await tail
      await level.close()
    },
  }
}

/** How many values are fetched from disk at once while a query runs. */
const READ_AHEAD = 64

function subStore(level: Level, prefix: string): SubStore {
  const refuse: SubStore['put'] & SubStore['del'] = () => {
    throw new Error('a reading action tried to write')
  }
  return {
    // dynalite may throw inside a callback: told as that action's error it ends one request, not the process.
    get: (key, done) =>
      void level.get(prefix + key).then(
        value => {
          try {
            done(null, value)
          } catch (error) {
            done(error)
          }
        },
        error => done(error),
      ),
    put: refuse,
    del: refuse,
    createValueStream: range => new ValueStream(level, bounded(range, prefix)),
    // Writers run one at a time already.
    lock: (_key, run) => run(callback => callback),
  }
}

function bounded({ gt, gte, lt, lte, ...rest }: Range, prefix: string): Range {
  const lower = gte ? { gte: prefix + gte } : gt ? { gt: prefix + gt } : { gte: prefix }
  const upper = lte ? { lte: prefix + lte } : lt ? { lt: prefix + lt } : { lt: `${prefix}\u{ff}` }
  return { ...rest, ...lower, ...upper }
}

/**
 * Values in key order as `data` events, read in chunks from one snapshot; stops when dynalite has enough.
 * Of `Stream` because dynalite's reader listens twice to any other emitter.
 */
class ValueStream extends Stream {
  #stopped = false

  constructor(level: Level, range: Range) {
    super()
    // dynalite attaches its listeners after it made the stream.
    setImmediate(() => void this.#pump(level, range))
  }

  destroy(): void {
    this.#stopped = true
  }

  async #pump(level: Level, range: Range): Promise<void> {
    const iterator = level.values(range)
    try {
      for (;;) {
        const values = this.#stopped ? [] : await iterator.nextv(READ_AHEAD)
        if (values.length === 0) break
        for (const value of values) if (!this.#stopped) this.emit('data', value as Item)
      }
      if (!this.#stopped) this.emit('end')
    } catch (error) {
      this.emit('error', error)
    } finally {
      await iterator.close()
    }
  }
}
