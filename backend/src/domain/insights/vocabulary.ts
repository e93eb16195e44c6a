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

const plain = new Set(PLAIN_WORDS)
const byMetric = new Map(
  INSIGHT_METRICS.map(({ name, label, words: more }) => [name, new Set([...words(label), ...words(more)])]),
)

/** Whether a word says nothing by itself. */
export function isPlain(word: string): boolean {
  return plain.has(word)
}

/** Whether a word may be used in a statement that rests on this fact. */
export function isSaidBy(word: string, fact: Fact): boolean {
  if (plain.has(word) || BY_KIND[fact.kind].includes(word)) return true
  if (fact.metric && byMetric.get(fact.metric)?.has(word)) return true
  if (fact.kind === 'trend') {
    // Its own text counts only after this: "higher" is for rises.
    if (UP.includes(word)) return fact.value > 0
    if (DOWN.includes(word)) return fact.value < 0
    if (LEVEL.includes(word)) return fact.value === 0
  }
  const own: string[] = fact.text.toLowerCase().match(/[a-z]+(?:\/min)?/g) ?? []
  return own.includes(word)
}
