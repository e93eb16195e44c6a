import type { AuditStore } from '../../adapters/dynamodb/audit-store.ts'
import type { AccessRecord } from '../../domain/access-record.ts'

/** Writes access records. */
export interface AuditTrail {
  /** Resolves when the record is durable. */
  record(userId: string, record: AccessRecord): Promise<void>
}

/** Most records of one item: about 20 KB. */
const MOST = 100

/**
 * One item a request; but while an item of a person is being written, further records of theirs wait and become the next
 * one together. So a single request waits for one write, and a flood of them costs no more than the table can take.
 */
export function createAuditTrail(store: Pick<AuditStore, 'append'>): AuditTrail {
  const people = new Map<string, Waiting[]>()

  async function write(userId: string, waiting: Waiting[]): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MOST)
      try {
        await store.append(
          userId,
          batch.map(({ record }) => record),
        )
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    people.delete(userId)
  }

  return {
    record: (userId, record) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const waiting = people.get(userId)
      if (waiting) waiting.push({ record, resolve, reject })
      else {
        const first = [{ record, resolve, reject }]
        people.set(userId, first)
        void write(userId, first)
      }
      return promise
    },
  }
}

interface Waiting {
  record: AccessRecord
  resolve: () => void
  reject: (error: unknown) => void
}
