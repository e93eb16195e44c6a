/** A piece of a text. Numbers carry the unit that is written after them, in its canonical form. */
export type Token =
  | { kind: 'number'; value: number; tolerance: number; unit?: string }
  | { kind: 'word'; text: string }
  | { kind: 'mark'; text: string }

/**
 * Takes a text apart into numbers, words in lower case, and marks.
 * @returns undefined for a text that holds anything else: markup, links, other scripts and digits, signs before numbers,
 * ranges, numbers that are written in no known way
 */
export function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    PIECE.lastIndex = at
    const match = PIECE.exec(text)
    if (!match) return undefined
    const [all, digits, word, mark] = match
    at += all.length
    if (digits !== undefined) tokens.push(number(digits))
    else if (word !== undefined) tokens.push(wordOrNumber(word.toLowerCase().replace('’', "'")))
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
    // `8 412` is one number to some and two to others
    if (tokens.at(-1)?.kind === 'number' && tokens.at(-2)?.kind === 'number') return undefined
  }
  return withUnits(tokens)
}

/** Digits, or a word, or a mark, or a plain space; a dash is none before a digit, where it would be a sign or a range. */
const PIECE =
  /(?<![\w.,–—-])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?!\w|[.,]\d)|(?<!\w)([A-Za-z]+(?:['’][a-z]+)?(?:\/min)?)(?![\w/])|([.,;:!?'"“”()%]|[–—-](?!\d))|[ \n]+/y

/** A rounding that moves a number by more is not the same number any more. */
const ROUNDING = 0.01

function number(digits: string): Token {
  const written = digits.replace(/,/g, '')
  const value = Number(written)
  const decimals = written.split('.')[1]?.length ?? 0
  const zeros = decimals === 0 ? (/0*$/.exec(written)?.[0].length ?? 0) : 0
  const halfUnit = 0.5 * 10 ** (zeros - decimals)
  return { kind: 'number', value, tolerance: Math.min(halfUnit, ROUNDING * value) }
}

function wordOrNumber(text: string): Token {
  const value = NUMBER_WORDS[text]
  return value === undefined ? { kind: 'word', text } : { kind: 'number', value, tolerance: 0 }
}

const NUMBER_WORDS: Record<string, number> = Object.assign(
  Object.create(null),
  ...[
    'zero . two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
      ' ',
    ),
  ].map(words => Object.fromEntries(words.map((word, value) => [word, value]))),
  { twenty: 20, thirty: 30, forty: 40, fifty: 50, sixty: 60, seventy: 70, eighty: 80, ninety: 90 },
)

/** Units as people write them after a number, and what they are called here; the longest match counts. */
const UNITS: [written: string[], unit: string][] = [
  [['beats', 'per', 'minute'], 'beats/min'],
  [['beats', 'a', 'minute'], 'beats/min'],
  [['beats/min'], 'beats/min'],
  [['bpm'], 'beats/min'],
  [['breaths', 'per', 'minute'], 'breaths/min'],
  [['breaths', 'a', 'minute'], 'breaths/min'],
  [['breaths/min'], 'breaths/min'],
  [['per', 'cent'], '%'],
  [['percent'], '%'],
  [['%'], '%'],
  ...['h', 'hour', 'hours'].map(word => [[word], 'h'] as [string[], string]),
  ...['min', 'minute', 'minutes'].map(word => [[word], 'min'] as [string[], string]),
  ...['kcal', 'calories', 'kilocalories'].map(word => [[word], 'kcal'] as [string[], string]),
  ...['ms', 'millisecond', 'milliseconds'].map(word => [[word], 'ms'] as [string[], string]),
  ...['step', 'steps'].map(word => [[word], 'steps'] as [string[], string]),
  ...['day', 'days', 'night', 'nights'].map(word => [[word], 'days'] as [string[], string]),
]

function withUnits(tokens: Token[]): Token[] {
  const out: Token[] = []
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!
    if (token.kind !== 'number') {
      out.push(token)
      continue
    }
    const after = tokens.slice(at + 1, at + 4).map(next => (next.kind === 'number' ? '' : next.text))
    const found = UNITS.find(([written]) => written.every((word, i) => after[i] === word))
    out.push(found ? { ...token, unit: found[1] } : token)
    if (found) at += found[0].length
  }
  return out
}
