import { type AuditEntry, type AuditStore, MOST_ENTRIES } from '../../adapters/dynamodb/audit-store.ts'
import type { AccessRecord } from '../../domain/access-record.ts'

/** Writes access records. */
export interface AuditTrail {
  /** Resolves when the record is durable. */
  record(userId: string, record: AccessRecord): Promise<void>
}

/** Most records of one item: about 20 KB. */
const MOST = 100
/** Calls under way at once: the second only of what fills a whole one. */
const LANES = 2

/**
 * A record is written at once where nothing else is being written. While a call is under way, further records wait, and
 * become the next one together: an item a person, of up to 25 people. So a single request waits for one write, and a flood
 * of them costs no more calls than the table can take.
 */
export function createAuditTrail(store: Pick<AuditStore, 'append'>): AuditTrail {
  const people = new Map<string, Waiting[]>()
  let lanes = 0

  async function write(): Promise<void> {
    lanes++
    while (people.size > 0) {
      const batch = take(people)
      try {
        const failed = await store.append(batch.map(entryOf))
        for (const [index, { waiting }] of batch.entries())
          for (const { resolve, reject } of waiting) failed[index] ? reject(failed[index]) : resolve()
      } catch (error) {
        for (const { waiting } of batch) for (const { reject } of waiting) reject(error)
      }
    }
    lanes--
  }

  return {
    record: (userId, record) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const one = { record, resolve, reject }
      const waiting = people.get(userId)
      if (waiting) waiting.push(one)
      else people.set(userId, [one])
      if (lanes > 0 && lanes < LANES && people.size >= MOST_ENTRIES) void write()
      // What comes in the same turn of the event loop goes together.
      else if (lanes === 0 && people.size === 1 && !waiting) setImmediate(() => lanes === 0 && void write())
      return promise
    },
  }
}

interface Waiting {
  record: AccessRecord
  resolve: () => void
  reject: (error: unknown) => void
}

interface Batch {
  userId: string
  waiting: Waiting[]
}

/** Takes the longest waiting people's records, as many as one call and one item hold. */
function take(people: Map<string, Waiting[]>): Batch[] {
  const batch: Batch[] = []
  for (const [userId, all] of people) {
    if (batch.length === MOST_ENTRIES) break
    batch.push({ userId, waiting: all.splice(0, MOST) })
    if (all.length === 0) people.delete(userId)
  }
  return batch
}

function entryOf({ userId, waiting }: Batch): AuditEntry {
  return { userId, records: waiting.map(({ record }) => record) }
}
