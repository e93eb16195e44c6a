import { createHash } from 'node:crypto'
import type { ServiceContext } from '../../core/service.ts'

/** How long a deduplication id is remembered: five minutes, fixed on AWS. */
export const DEDUPLICATION_MS = 5 * 60_000

/** What was answered to the first send of a deduplication id. */
export interface FirstSend {
  at: number
  key: string
  messageId: string
  order: number
}

/** Remembers deduplication ids for five minutes, over restarts as well. */
export interface Deduplication {
  /** @param scope the queue's id, with the group where the queue deduplicates by group */
  find(scope: string, dedupId: string): FirstSend | undefined
  remember(scope: string, dedupId: string, sent: { messageId: string; order: number }): void
  /** Takes back what was remembered of a send that then failed, or its retry would be lost as a duplicate. */
  undo(scope: string, dedupId: string): void
}

export function createDeduplication({ store, clock }: ServiceContext): Deduplication {
  const records = store.collection<FirstSend>('sqs', 'deduplication')
  const known = new Map(
    records
      .list()
      .sort((a, b) => a.at - b.at)
      .map(sent => [sent.key, sent]),
  )
  const keyOf = (scope: string, dedupId: string) =>
    createHash('sha256').update(`${scope}\0${dedupId}`).digest('base64url')

  function forget(): void {
    // in order of sending, so the first that is young enough ends it
    for (const [key, sent] of known) {
      if (sent.at + DEDUPLICATION_MS > clock.now()) return
      known.delete(key)
      records.delete(key)
    }
  }

  function find(scope: string, dedupId: string): FirstSend | undefined {
    forget()
    return known.get(keyOf(scope, dedupId))
  }

  function remember(scope: string, dedupId: string, sent: { messageId: string; order: number }): void {
    const key = keyOf(scope, dedupId)
    const record = { at: clock.now(), key, ...sent }
    records.put(key, record)
    known.set(key, record)
  }

  return { find, remember, undo: (scope, dedupId) => void known.delete(keyOf(scope, dedupId)) }
}
