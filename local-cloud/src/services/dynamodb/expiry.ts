import type { ServiceContext } from '../../core/service.ts'
import { act, type Change, database, type Item, type Range } from './dynalite.ts'
import type { Engine } from './engine.ts'
import { keys } from './keys.ts'

/** How often expired items are looked for. AWS promises no more than "within a few days". */
const SWEEP_MS = 30_000
/** Items whose time lies further back are left alone, as on AWS. */
const FORGOTTEN_SECONDS = 5 * 365 * 86_400
/** Deletions in one batch, so that a long sweep does not hold up other writers. */
const SWEEP_CHUNK = 100

/**
 * The entry that makes an item with a time to live be found when it is due; undefined for a value that does not
 * expire (no number, or too far back). Entries of overwritten items stay until they are due and are then dropped.
 */
export function expiryChange(
  table: string,
  key: string,
  value: Item[string] | undefined,
): Change | undefined {
  const seconds = expiryOf(value)
  if (seconds === undefined) return undefined
  return { type: 'put', key: `${expirySpace(table)}~${padded(seconds)}~${key}`, value: 1 }
}

/** Puts every item that a table already holds under its time to live; used when TTL is switched on. */
export async function indexExpiry(engine: Engine, table: string, attribute: string): Promise<void> {
  await engine.level.clear(keys.all(expirySpace(table)))
  const prefix = keys.item(table)
  let changes: Change[] = []
  for await (const [key, item] of engine.level.iterator({ gte: prefix, lt: `${prefix}\u{ff}` })) {
    const change = expiryChange(table, key.slice(prefix.length), (item as Item)[attribute])
    if (change) changes.push(change)
    if (changes.length < 1000) continue
    await engine.level.batch(changes)
    changes = []
  }
  if (changes.length > 0) await engine.level.batch(changes)
}

/** The key space of a table's times to live. */
export function expirySpace(table: string): string {
  return `expiry-${table}`
}

/** Deletes expired items every so often until stopped. Until it comes round they are still read, as on AWS. */
export function startSweeper(
  engine: Engine,
  context: ServiceContext,
  alsoEverySweep: () => Promise<void>,
): () => Promise<void> {
  let cancel = () => {}
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  const arm = () => {
    cancel = context.clock.after(SWEEP_MS, () => {
      running = sweep()
        .catch(error => context.log('dynamodb', 'expiry sweep failed', { error: (error as Error).message }))
        .finally(() => stopped || arm())
    })
  }

  async function sweep(): Promise<void> {
    const now = Math.floor(context.clock.now() / 1000)
    for (const table of engine.tables()) {
      const attribute = table.local.ttlAttribute
      while (attribute && !stopped && (await sweepChunk(engine, table.TableName, attribute, now)));
    }
    await alsoEverySweep()
  }

  arm()
  return async () => {
    stopped = true
    cancel()
    await running
  }
}

/** @returns whether there may be more that is due */
function sweepChunk(engine: Engine, name: string, attribute: string, now: number): Promise<boolean> {
  return engine.exclusive(async () => {
    const table = engine.table(name)
    if (table?.TableStatus !== 'ACTIVE') return false
    const space = `${expirySpace(name)}~`
    const due: Range = { gte: space, lt: `${space}${padded(now)}~`, limit: SWEEP_CHUNK }
    const unit = engine.begin()
    let found = 0
    for await (const [entry] of engine.level.iterator(due)) {
      found++
      unit.changes.push({ type: 'del', key: entry })
      const key = entry.slice(space.length + PAD + 1)
      const item = (await engine.level.get(keys.item(name) + key)) as Item | undefined
      const expires = expiryOf(item?.[attribute])
      if (!item || expires === undefined || expires >= now || expires < now - FORGOTTEN_SECONDS) continue
      const Key = Object.fromEntries(
        table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]),
      )
      if (database.createKey(item, table) === key)
        await act('deleteItem', unit.store, { TableName: name, Key })
    }
    await unit.commit()
    return found === SWEEP_CHUNK
  })
}

const PAD = 12

function padded(seconds: number): string {
  return String(Math.floor(seconds)).padStart(PAD, '0')
}

function expiryOf(value: Item[string] | undefined): number | undefined {
  const seconds = Number(value?.N ?? Number.NaN)
  return seconds > 0 && seconds < 10 ** PAD ? seconds : undefined
}
