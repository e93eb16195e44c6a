import { type Change, database, type Index, type Item } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { keys } from './keys.ts'
import type { TableRecord } from './table-record.ts'

/** Entries in one batch. */
const CHUNK = 1000

/**
 * Makes the entries of an index from the items that its table holds.
 * @param write writes a batch; the caller sees to it that one is written at a time
 */
export async function fillIndex(
  engine: Engine,
  table: TableRecord,
  kind: 'global' | 'local',
  index: Index,
  write: (changes: Change[]) => Promise<void>,
): Promise<void> {
  const target = keys.index(kind, table.TableName, index.IndexName)
  const prefix = keys.item(table.TableName)
  let changes: Change[] = []
  for await (const value of engine.level.values({ gte: prefix, lt: `${prefix}\u{ff}` })) {
    const item = value as Item
    // An item whose attribute has another type than the key is left out of the index, as on AWS.
    const fits = index.KeySchema.every(({ AttributeName }) => {
      const type =
        table.AttributeDefinitions.find(d => d.AttributeName === AttributeName)?.AttributeType ?? ''
      return item[AttributeName]?.[type] !== undefined
    })
    if (!fits) continue
    for (const put of database.getIndexActions([index], undefined, item, table).puts)
      changes.push({ type: 'put', key: target + put.key, value: put.item })
    if (changes.length < CHUNK) continue
    await write(changes)
    changes = []
  }
  if (changes.length > 0) await write(changes)
}
