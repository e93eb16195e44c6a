/** A number in a text, with the precision at which it is written. */
export interface Mention {
  value: number
  /** Half a unit of its last significant digit: `8,400` stands for 8,350 to 8,450. */
  tolerance: number
}

const NUMBER = /(?<![\w.])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?/g

const WORDS: Record<string, number> = {
  ...{
    zero: 0,
    two: 2,
    three: 3,
    four: 4,
    five: 5,
    six: 6,
    seven: 7,
    eight: 8,
    nine: 9,
    ten: 10,
    eleven: 11,
  },
  ...{
    twelve: 12,
    thirteen: 13,
    fourteen: 14,
    fifteen: 15,
    sixteen: 16,
    seventeen: 17,
    eighteen: 18,
    nineteen: 19,
  },
  ...{ twenty: 20, thirty: 30, forty: 40, fifty: 50, sixty: 60, seventy: 70, eighty: 80, ninety: 90 },
  ...{ hundred: 100, thousand: 1000, million: 1_000_000, dozen: 12, fortnight: 14 },
  ...{ twice: 2, double: 2, doubled: 2, triple: 3, tripled: 3, quarter: 25, halved: 50 },
}
const WORD = new RegExp(`\\b(${Object.keys(WORDS).join('|')})\\b`, 'gi')

/** Every number that a text gives, in digits or in words (`one` apart, which is mostly an article). */
export function numbersIn(text: string): Mention[] {
  const digits = [...text.matchAll(NUMBER)].map(([match]) => mention(match))
  const words = [...text.matchAll(WORD)].map(([match]) => ({
    value: WORDS[match.toLowerCase()]!,
    tolerance: 0,
  }))
  return [...digits, ...words]
}

/** Whether a number stands for one of the others: within its own precision, the sign apart (`12 % lower`). */
export function standsFor(mention: Mention, known: readonly number[]): boolean {
  return known.some(value => {
    const off = Math.abs(Math.abs(mention.value) - Math.abs(value))
    return off <= Math.max(mention.tolerance, 1e-9)
  })
}

function mention(match: string): Mention {
  const written = match.replace(/,/g, '').replace('−', '-')
  const value = Number(written)
  const decimals = written.split('.')[1]?.length ?? 0
  const zeros = decimals === 0 ? (/0*$/.exec(written)?.[0].length ?? 0) : 0
  // A rounding that moves a number by more than one per cent is no longer the same number.
  const rounded = 0.5 * 10 ** zeros
  const tolerance = decimals > 0 ? 0.5 * 10 ** -decimals : rounded <= Math.abs(value) / 100 ? rounded : 0.5
  return { value, tolerance }
}
