import type { Change, Item, Level } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { keys } from './keys.ts'
import type { TableRecord } from './table-record.ts'

/** What an item was before a change; null where there was none. */
export interface Before {
  /** The item's key within its table. */
  key: string
  item: Item | null
}

/**
 * Keeps what items were before each change, for tables with point-in-time recovery: restoring a table to a moment is
 * taking back what came after it. Entries are part of the same batch as the change.
 */
export function createHistory(level: Level, table: (name: string) => TableRecord | undefined) {
  let last = 0
  let sequence = 0

  /** The entries that belong to a batch of changes. Call one at a time, before the batch is written. */
  return async function entriesOf(changes: Change[], nowMs: number): Promise<Change[]> {
    last = Math.max(last, nowMs)
    const entries: Change[] = []
    for (const { key } of changes) {
      const place = key.startsWith('item-') ? key.slice('item-'.length) : ''
      const name = place.slice(0, place.indexOf('~'))
      if (!name || !table(name)?.local.recovery) continue
      const item = ((await level.get(key)) as Item | undefined) ?? null
      const before: Before = { key: place.slice(name.length + 1), item }
      const at = `${stamp(last)}~${String(sequence++).padStart(10, '0')}`
      entries.push({ type: 'put', key: keys.history(name) + at, value: before })
    }
    return entries
  }
}

/** The entries of what came after a moment, the newest first; a snapshot of this instant. */
export function changesSince(engine: Engine, table: string, atMs: number) {
  const prefix = keys.history(table)
  return engine.level.values({ gte: prefix + stamp(atMs + 1), lt: `${prefix}\u{ff}`, reverse: true })
}

/** Forgets what lies beyond the window of each table. */
export async function purgeHistory(engine: Engine, nowMs: number): Promise<void> {
  for (const { TableName, local } of engine.tables()) {
    if (!local.recovery) continue
    const prefix = keys.history(TableName)
    const oldest = nowMs - local.recovery.days * 86_400_000
    await engine.exclusive(() => engine.level.clear({ gte: prefix, lt: prefix + stamp(oldest) }))
  }
}

/** Forgets everything of a table: its recovery was switched off, or it is deleted. Use inside `exclusive`. */
export async function clearHistory(engine: Engine, table: string): Promise<void> {
  const prefix = keys.history(table)
  await engine.level.clear({ gte: prefix, lt: `${prefix}\u{ff}` })
}

function stamp(ms: number): string {
  return String(Math.floor(ms)).padStart(14, '0')
}
