import { MOST_USERS } from '../../adapters/dynamodb/batch-limits.ts'
import type { Revisions } from '../../adapters/dynamodb/revisions.ts'
import type { Turns } from '../turns.ts'

/** Most calls of one turn; what is beyond waits for the next. */
const MOST_CALLS = 4

/**
 * Revisions for requests, which share calls: none is answered by a read that began before it was asked.
 * @returns the revision of a user; `undefined` where there is none
 */
export function shareRevisions(
  revisions: Revisions,
  turns: Turns,
): (userId: string) => Promise<number | undefined> {
  let waiting = new Map<string, PromiseWithResolvers<number | undefined>>()

  async function answer(batch: typeof waiting): Promise<void> {
    try {
      const found = await revisions.of([...batch.keys()])
      for (const [userId, { resolve }] of batch) resolve(found.get(userId))
    } catch (error) {
      for (const { reject } of batch.values()) reject(error)
    }
  }

  async function send(): Promise<void> {
    const all = [...waiting]
    const most = MOST_USERS * MOST_CALLS
    waiting = new Map(all.slice(most))
    if (waiting.size > 0) ask()
    const calls: Promise<void>[] = []
    for (let at = 0; at < Math.min(all.length, most); at += MOST_USERS)
      calls.push(answer(new Map(all.slice(at, Math.min(at + MOST_USERS, most)))))
    await Promise.all(calls)
  }

  const ask = turns.join(send)
  return userId => {
    let entry = waiting.get(userId)
    if (!entry) {
      entry = Promise.withResolvers()
      waiting.set(userId, entry)
      ask()
    }
    return entry.promise
  }
}
