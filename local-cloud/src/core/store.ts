import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Documents of one kind under string keys, in key order. What `put` returned from survives `kill -9`. */
export interface Collection<T> {
  get(key: string): T | undefined
  put(key: string, value: T): void
  delete(key: string): boolean
  /** Every document whose key starts with `prefix`, in key order. @default '' */
  list(prefix?: string): T[]
  keys(prefix?: string): string[]
  /** Documents with `from <= key < to`, in key order, at most `limit` of them: for collections too large to list. */
  scan(from: string, to: string, limit: number): { key: string; value: T }[]
}

/**
 * The state of the local cloud: one SQLite file with documents as JSON, written before a request is answered.
 * Large bodies (objects, layers) live in files below `folder`, not here.
 */
export interface Store {
  /** The folder that a service may keep its own files in. */
  folder(service: string): string
  /** Values must survive JSON: dates as numbers, bytes as base64. */
  collection<T>(service: string, name: string): Collection<T>
  /**
   * Called before a service writes a file of its own: a full disk can be played (see README.md, faults).
   * @throws an `ENOSPC` error while it is
   */
  room(service: string): void
  /** All writes inside take effect together or not at all; must be synchronous. */
  transaction<R>(work: () => R): R
  close(): void
}

/** @param room throws while the disk of a service is to seem full. @default never */
export function openStore(root: string, room: (service: string) => void = () => {}): Store {
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(root, 'state.db'))
  database.exec(`pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 2000;
    create table if not exists document (
      service text, collection text, key text, value text, primary key (service, collection, key)
    ) without rowid`)
  const select = database.prepare(
    'select value from document where service = ? and collection = ? and key = ?',
  )
  const upsert = database.prepare('insert or replace into document values (?, ?, ?, ?)')
  const remove = database.prepare('delete from document where service = ? and collection = ? and key = ?')
  const range = database.prepare(
    `select key, value from document where service = ? and collection = ? and key >= ? and key < ? order by key`,
  )
  const page = database.prepare(
    `select key, value from document where service = ? and collection = ? and key >= ? and key < ? order by key limit ?`,
  )
  let depth = 0

  function collection<T>(service: string, name: string): Collection<T> {
    const rows = (prefix = '') =>
      range.all(service, name, prefix, `${prefix}\u{10ffff}`) as { key: string; value: string }[]
    return {
      get: key => {
        const row = select.get(service, name, key) as { value: string } | undefined
        return row && (JSON.parse(row.value) as T)
      },
      put: (key, value) => {
        room(service)
        upsert.run(service, name, key, JSON.stringify(value))
      },
      delete: key => {
        room(service)
        return Number(remove.run(service, name, key).changes) > 0
      },
      list: prefix => rows(prefix).map(row => JSON.parse(row.value) as T),
      keys: prefix => rows(prefix).map(row => row.key),
      scan: (from, to, limit) =>
        (page.all(service, name, from, to, limit) as { key: string; value: string }[]).map(row => ({
          key: row.key,
          value: JSON.parse(row.value) as T,
        })),
    }
  }

  function transaction<R>(work: () => R): R {
    if (depth > 0) return work()
    database.exec('begin immediate')
    depth++
    try {
      const result = work()
      database.exec('commit')
      return result
    } catch (error) {
      database.exec('rollback')
      throw error
    } finally {
      depth--
    }
  }

  return {
    folder: service => {
      const path = join(root, service)
      mkdirSync(path, { recursive: true, mode: 0o700 })
      return path
    },
    collection,
    room,
    transaction,
    close: () => database.close(),
  }
}
