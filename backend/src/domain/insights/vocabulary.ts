import type { Fact } from './facts.ts'
import { INSIGHT_METRICS } from './metrics.ts'

const words = (text: string): string[] => text.trim().split(/\s+/)

/**
 * Words that say nothing by themselves. A text may use these and the words that its facts bring along, and no others:
 * what is not on a list cannot be said, be it a disease, an advice, a cause, a judgement, a date, a negation, or an
 * instruction that somebody smuggled in.
 */
export const PLAIN_WORDS: readonly string[] = words(`
  a about across also an and are around as at based be been being but by came data did do does during ended for from
  had has have here how in is it its kept look looking looks made note of on overall period reached reading readings
  record recorded roughly showed showing shown shows show so stood summary that the their them then there these they
  this those to too took was went were what when where which while with you your approximately measured measurement
  measurements came day per
`)

/** What else a fact of this kind lets a text say. */
const BY_KIND: Record<Fact['kind'], readonly string[]> = {
  coverage: words('coverage covers covered available'),
  average: words('average averaged averages averaging typical typically usual usually'),
  trend: words('change changed changes changing compared comparing than against later earlier half'),
  highest: words('highest peak maximum most'),
  lowest: words('lowest minimum least'),
  day: [],
}
const UP = words(
  'higher increase increased increasing rose rise risen rising grew grow grown growing climb climbed up',
)
const DOWN = words(
  'lower decrease decreased decreasing fell fall fallen falling drop dropped dropping decline declined declining down',
)
const LEVEL = words('same unchanged steady stable')

/** Words of change, by the sign of the change that they tell. */
const DIRECTIONS = new Map([
  ...UP.map(word => [word, 1] as const),
  ...DOWN.map(word => [word, -1] as const),
  ...LEVEL.map(word => [word, 0] as const),
])

const plain = new Set(PLAIN_WORDS)
const byMetric = new Map(
  INSIGHT_METRICS.map(({ name, label, words: more }) => [name, new Set([...words(label), ...words(more)])]),
)

/** Whether a word says nothing by itself. */
export function isPlain(word: string): boolean {
  return plain.has(word)
}

/** Says of words whether a statement that rests on this fact may use them. */
export function wordsOf(fact: Fact): (word: string) => boolean {
  const given = new Set([
    ...BY_KIND[fact.kind],
    ...(fact.text.toLowerCase().match(/[a-z]+(?:\/min)?/g) ?? []),
    ...(byMetric.get(fact.metric ?? '') ?? []),
  ])
  // A trend's words go one way only, whatever its own text compares.
  const directed = fact.kind === 'trend' ? DIRECTIONS : undefined
  const way = Math.sign(fact.value)
  return word =>
    plain.has(word) ||
    ((directed?.get(word) ?? way) === way && (given.has(word) || directed?.has(word) === true))
}
