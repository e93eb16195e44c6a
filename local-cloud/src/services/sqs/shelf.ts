import type { Letter } from './mailbox.ts'

/** The letters of one queue, sorted into what may be delivered and what is hidden. Memory only. */
export interface Shelf {
  /** Puts a letter where its `visibleAt` says; again after every change. */
  place(letter: Letter, now: number): void
  takeOff(letter: Letter): void
  /** Shows the hidden letters whose time has come. */
  settle(now: number): void
  /** When the next hidden letter shows; infinity when none is hidden. */
  nextDue(): number
  /** How many hidden letters have been received, which tells them from delayed ones. */
  inFlight(): number
  choose(most: number, accept: (letter: Letter) => boolean): Letter[]
}

export function openShelf(fifo: boolean): Shelf {
  const hidden = new Set<Letter>()
  const received = new Set<Letter>()
  const order = fifo ? groupedOrder(hidden) : plainOrder()
  // never later than the earliest hidden letter; may be earlier after one was taken off
  let due = Number.POSITIVE_INFINITY

  function place(letter: Letter, now: number): void {
    if (letter.visibleAt > now) {
      hidden.add(letter)
      if (letter.receipt) received.add(letter)
      due = Math.min(due, letter.visibleAt)
      order.hide(letter)
    } else {
      hidden.delete(letter)
      received.delete(letter)
      order.show(letter)
    }
  }

  function settle(now: number): void {
    if (due > now) return
    due = Number.POSITIVE_INFINITY
    for (const letter of hidden)
      if (letter.visibleAt <= now) place(letter, now)
      else due = Math.min(due, letter.visibleAt)
  }

  return {
    place,
    takeOff: letter => {
      hidden.delete(letter)
      received.delete(letter)
      order.takeOff(letter)
    },
    settle,
    nextDue: () => due,
    inFlight: () => received.size,
    choose: order.choose,
  }
}

interface Order {
  show(letter: Letter): void
  hide(letter: Letter): void
  takeOff(letter: Letter): void
  choose(most: number, accept: (letter: Letter) => boolean): Letter[]
}

/** A standard queue: whoever became visible first goes first. */
function plainOrder(): Order {
  const ready = new Set<Letter>()
  function choose(most: number, accept: (letter: Letter) => boolean): Letter[] {
    const chosen: Letter[] = []
    for (const letter of ready) {
      if (chosen.length === most) break
      if (accept(letter)) chosen.push(letter)
    }
    return chosen
  }
  return {
    show: letter => void ready.add(letter),
    hide: letter => void ready.delete(letter),
    takeOff: letter => void ready.delete(letter),
    choose,
  }
}

interface Group {
  /** In the order of sending: a letter keeps its place whatever happens to it. */
  letters: Set<Letter>
  inFlight: Set<Letter>
}

/**
 * A FIFO queue: a group with a letter in flight is locked; otherwise a run of its letters from the first on.
 * A served group goes to the end of the line, so that a long one does not starve the others.
 */
function groupedOrder(hidden: ReadonlySet<Letter>): Order {
  const groups = new Map<string, Group>()

  function groupOf(letter: Letter): Group {
    const name = letter.group as string
    let group = groups.get(name)
    if (!group) {
      group = { letters: new Set(), inFlight: new Set() }
      groups.set(name, group)
    }
    return group
  }

  function takeOff(letter: Letter): void {
    const group = groupOf(letter)
    group.letters.delete(letter)
    group.inFlight.delete(letter)
    if (group.letters.size === 0) groups.delete(letter.group as string)
  }

  function choose(most: number, accept: (letter: Letter) => boolean): Letter[] {
    const chosen: Letter[] = []
    const served: [string, Group][] = []
    for (const [name, group] of groups) {
      if (chosen.length === most) break
      if (group.inFlight.size > 0) continue
      const before = chosen.length
      for (const letter of group.letters) {
        if (chosen.length === most || hidden.has(letter)) break
        if (accept(letter)) chosen.push(letter)
      }
      if (chosen.length > before) served.push([name, group])
    }
    for (const [name, group] of served) {
      groups.delete(name)
      groups.set(name, group)
    }
    return chosen
  }

  return {
    show: letter => {
      const group = groupOf(letter)
      group.letters.add(letter)
      group.inFlight.delete(letter)
    },
    hide: letter => {
      const group = groupOf(letter)
      group.letters.add(letter)
      if (letter.receipt) group.inFlight.add(letter)
    },
    takeOff,
    choose,
  }
}
