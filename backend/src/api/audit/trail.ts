import type { AuditEntry, AuditStore } from '../../adapters/dynamodb/audit-store.ts'
import { MOST_ENTRIES } from '../../adapters/dynamodb/batch-limits.ts'
import type { AccessRecord } from '../../domain/access-record.ts'
import { createTurns, type Turns } from '../turns.ts'

/** Writes access records. */
export interface AuditTrail {
  /** Resolves when the record is durable. */
  record(userId: string, record: AccessRecord): Promise<void>
}

/** Most records of one item: about 20 KB. */
const MOST = 100
/** Most calls of one turn; what is beyond waits for the next. */
const MOST_CALLS = 4

/**
 * A record is written at once where nothing else is being written. While a call is under way, further records wait, and
 * become the next one together: an item a person, of up to 25 people. So a single request waits for one write, and a flood
 * of them costs no more calls than the table can take.
 */
export function createAuditTrail(
  store: Pick<AuditStore, 'append'>,
  turns: Turns = createTurns(),
): AuditTrail {
  const people = new Map<string, Waiting[]>()

  async function write(batch: Batch[]): Promise<void> {
    try {
      const failed = await store.append(batch.map(entryOf))
      for (const [index, { waiting }] of batch.entries())
        for (const { resolve, reject } of waiting) failed[index] ? reject(failed[index]) : resolve()
    } catch (error) {
      for (const { waiting } of batch) for (const { reject } of waiting) reject(error)
    }
  }

  const ask = turns.join(async () => {
    const calls: Promise<void>[] = []
    while (people.size > 0 && calls.length < MOST_CALLS) calls.push(write(take(people)))
    if (people.size > 0) ask()
    await Promise.all(calls)
  })

  return {
    record: (userId, record) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const one = { record, resolve, reject }
      const waiting = people.get(userId)
      if (waiting) waiting.push(one)
      else people.set(userId, [one])
      ask()
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
