/** A generator of numbers that a seed repeats (mulberry32). */
export interface Random {
  /** At least 0, less than 1. */
  next(): number
  /** At least 0, less than `below`. */
  whole(below: number): number
  pick<T>(from: readonly T[]): T
}

export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (below: number): number => Math.floor(next() * below)
  return { next, whole, pick: from => from[whole(from.length)]! }
}
