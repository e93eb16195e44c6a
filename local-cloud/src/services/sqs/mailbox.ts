import type { Clock } from '../../core/clock.ts'
import type { Store } from '../../core/store.ts'
import type { WireAttributes } from './message-attributes.ts'
import { openShelf, type Shelf } from './shelf.ts'

/** What of a message changes with every receive; kept in memory and, before an answer, in the store. */
export interface Letter {
  /** Place in the queue; grows with every send. */
  order: number
  messageId: string
  group?: string
  sentAt: number
  /** When retention began to run: reset by a move into a FIFO dead-letter queue only. */
  enqueuedAt: number
  /** Hidden until then: delayed when it has no receipt, in flight when it has. */
  visibleAt: number
  receipt?: string
  receivedAt?: number
  firstReceivedAt?: number
  receiveCount: number
  /** The queue that it was a dead letter of. */
  source?: string
}

/** What never changes of a message; read from the store when it is delivered. */
export interface Content {
  body: string
  md5: string
  attributes: WireAttributes
  system: WireAttributes
  senderId: string
  dedupId?: string
}

/** One queue's messages: who may be delivered now, in what order. */
export interface Mailbox {
  add(letters: { letter: Letter; content: Content }[]): void
  /** The next place in the queue: microseconds of the clock, always growing. */
  nextOrder(): number
  /**
   * Up to `most` deliverable letters. In a FIFO queue: runs of a group whose letters none are in flight.
   * `accept` says false for a letter that it has taken away (to the dead-letter queue).
   */
  choose(most: number, accept: (letter: Letter) => boolean): Letter[]
  /** Persists a changed letter and hides it until its `visibleAt`, or shows it at once. */
  update(letters: Letter[]): void
  remove(letters: Letter[]): void
  find(order: number): Letter | undefined
  content(letter: Letter): Content
  /** How many are in flight now. */
  inFlight(): number
  /**
   * Since when the oldest message has been in this queue (a dead letter: since it was moved here), milliseconds since
   * the epoch. One received more than three times is passed over while there are others, as SQS does.
   */
  oldest(): number | undefined
  counts(): { visible: number; inFlight: number; delayed: number }
  clear(): void
  /** Resolves when something may have become deliverable, at `deadline`, or when the signal aborts. */
  changed(deadline: number, signal: AbortSignal): Promise<void>
}

/** Receives after which a message no longer counts as the oldest (SQS guide, ApproximateAgeOfOldestMessage). */
const PASSED_OVER_AFTER = 3

export interface MailboxOptions {
  queueId: string
  fifo: boolean
  clock: Clock
  store: Store
  /** Milliseconds that a message is kept. */
  retention(): number
}

export function createMailbox({ queueId, fifo, clock, store, retention }: MailboxOptions): Mailbox {
  const letters = store.collection<Letter>('sqs', 'letter')
  const contents = store.collection<Content>('sqs', 'content')
  const key = (letter: Letter) => `${queueId}/${String(letter.order).padStart(16, '0')}`
  const byOrder = new Map<number, Letter>()
  const shelf: Shelf = openShelf(fifo)
  const waiting = new Set<() => void>()
  let last = 0

  for (const letter of letters.list(`${queueId}/`)) {
    byOrder.set(letter.order, letter)
    shelf.place(letter, clock.now())
    last = letter.order
  }

  function nextOrder(): number {
    last = Math.max(last + 1, clock.now() * 1000)
    return last
  }

  function wake(): void {
    for (const resume of [...waiting]) resume()
  }

  function add(added: { letter: Letter; content: Content }[]): void {
    store.transaction(() => {
      for (const { letter, content } of added) {
        contents.put(key(letter), content)
        letters.put(key(letter), letter)
      }
    })
    for (const { letter } of added) {
      byOrder.set(letter.order, letter)
      shelf.place(letter, clock.now())
    }
    wake()
  }

  function remove(removed: Letter[]): void {
    if (removed.length === 0) return
    store.transaction(() => {
      for (const letter of removed) {
        letters.delete(key(letter))
        contents.delete(key(letter))
      }
    })
    for (const letter of removed) {
      byOrder.delete(letter.order)
      shelf.takeOff(letter)
    }
    wake()
  }

  function update(changed: Letter[]): void {
    store.transaction(() => {
      for (const letter of changed) letters.put(key(letter), letter)
    })
    for (const letter of changed) shelf.place(letter, clock.now())
    if (changed.some(letter => letter.visibleAt <= clock.now())) wake()
  }

  function choose(most: number, accept: (letter: Letter) => boolean): Letter[] {
    shelf.settle(clock.now())
    return shelf.choose(most, letter => {
      if (letter.enqueuedAt + retention() > clock.now()) return accept(letter)
      remove([letter])
      return false
    })
  }

  function counts(): { visible: number; inFlight: number; delayed: number } {
    const now = clock.now()
    remove([...byOrder.values()].filter(letter => letter.enqueuedAt + retention() <= now))
    let [visible, inFlight, delayed] = [0, 0, 0]
    for (const letter of byOrder.values())
      if (letter.visibleAt <= now) visible++
      else if (letter.receipt) inFlight++
      else delayed++
    return { visible, inFlight, delayed }
  }

  function oldest(): number | undefined {
    let first: Letter | undefined
    for (const letter of byOrder.values()) {
      first ??= letter
      if (letter.receiveCount <= PASSED_OVER_AFTER) return letter.order / 1000
    }
    return first && first.order / 1000
  }

  function changed(deadline: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const cancel = clock.after(Math.max(0, Math.min(deadline, shelf.nextDue()) - clock.now()), resume)
      function resume() {
        cancel()
        waiting.delete(resume)
        signal.removeEventListener('abort', resume)
        resolve()
      }
      waiting.add(resume)
      signal.addEventListener('abort', resume, { once: true })
      if (signal.aborted) resume()
    })
  }

  return {
    add,
    nextOrder,
    choose,
    update,
    remove,
    find: order => byOrder.get(order),
    content: letter => contents.get(key(letter)) as Content,
    inFlight: () => {
      shelf.settle(clock.now())
      return shelf.inFlight()
    },
    oldest,
    counts,
    clear: () => remove([...byOrder.values()]),
    changed,
  }
}
