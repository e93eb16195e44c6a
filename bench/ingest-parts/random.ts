/** A seeded generator (LCG of Numerical Recipes): the same data in every run. */
export function createRandom(seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return {
    /** An integer from 0 to `n` - 1. */
    below: (n: number): number => Math.floor(next() * n),
    hex: (digits: number): string => {
      let text = ''
      while (text.length < digits)
        text += Math.floor(next() * 65_536)
          .toString(16)
          .padStart(4, '0')
      return text.slice(0, digits)
    },
  }
}
export type Random = ReturnType<typeof createRandom>
