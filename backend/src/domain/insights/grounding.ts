import type { Fact } from './facts.ts'
import { INSIGHT_METRICS } from './metrics.ts'
import { numbersIn, standsFor } from './numbers.ts'

/** What a model wrote: the text, and for each claim in it the facts that it rests on. */
export interface Wording {
  narrative: string
  claims: { text: string; fact_ids: string[]; numbers: number[] }[]
}

/**
 * Holds a model's wording against the facts, and returns what is wrong with it, in words that a model can mend it by;
 * nothing means it is grounded. Every number must be in a cited fact, in one about the metric that the sentence speaks
 * of; a change must go the way that its fact says; and nothing may be dated, for no date was sent.
 */
export function groundingFaults(wording: Wording, facts: readonly Fact[]): string[] {
  const byId = new Map(facts.map(fact => [fact.id, fact]))
  const faults: string[] = []
  const cited = new Set<Fact>()
  for (const { text, fact_ids, numbers } of wording.claims) {
    const unknown = fact_ids.filter(id => !byId.has(id))
    if (unknown.length) faults.push(`there is no fact ${unknown.slice(0, 5).join(', ')}`)
    const own = fact_ids.flatMap(id => byId.get(id) ?? [])
    if (own.length === 0) faults.push('a claim cites no fact')
    for (const fact of own) cited.add(fact)
    const known = own.flatMap(numbersOf)
    if (!numbers.every(value => standsFor({ value, tolerance: 0.5 }, known))) {
      faults.push(`a claim on ${fact_ids.join(', ')} lists a number that is not in those facts`)
    }
    for (const sentence of sentences(text)) faults.push(...sentenceFaults(sentence, own))
  }
  if (wording.claims.length === 0) faults.push('no claim is given')
  for (const sentence of sentences(wording.narrative)) faults.push(...sentenceFaults(sentence, [...cited]))
  return [...new Set(faults)]
}

function sentenceFaults(sentence: string, cited: Fact[]): string[] {
  const faults: string[] = []
  const spokenOf = INSIGHT_METRICS.filter(metric => metric.mention.test(sentence)).map(metric => metric.name)
  const about = cited.filter(({ metric }) => !metric || spokenOf.length === 0 || spokenOf.includes(metric))
  const known = about.flatMap(numbersOf)
  for (const mention of numbersIn(sentence)) {
    if (!standsFor(mention, known))
      faults.push(`the number ${mention.value} is in no cited fact about what its sentence speaks of`)
  }
  const trends = about.filter(fact => fact.kind === 'trend' && spokenOf.includes(fact.metric ?? ''))
  if (trends.length === 1 && spokenOf.length === 1 && againstTrend(sentence, trends[0]!.value)) {
    faults.push(`a sentence contradicts the direction of ${trends[0]!.id}`)
  }
  if (DATED.test(sentence)) faults.push('a sentence names a date, a month or a day of the week')
  return faults
}

/** Every number that a fact gives: its value and what its text shows. */
function numbersOf(fact: Fact): number[] {
  return [fact.value, ...numbersIn(fact.text).map(mention => mention.value)]
}

const UP = /\b(increas|rose|risen|rising|grew|grow|climb|gain|upward|went up)\w*/i
const DOWN = /\b(decreas|fell|fall|drop|declin|reduc|shrank|downward|went down)\w*/i

/** Words of change only: `higher` and `lower` also compare single days. */
function againstTrend(sentence: string, change: number): boolean {
  const up = UP.test(sentence)
  const down = DOWN.test(sentence)
  if (up === down) return false
  return (up && change <= 0) || (down && change >= 0)
}

/** `may` and `march` are left out where they are words. */
const DATED =
  /\b((mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|april|june|july|august|september|october|november|december|(march|may) \d|\d{4}-\d{2}-\d{2}|yesterday|today)\b/i

function sentences(text: string): string[] {
  return text.split(/(?<=[.!?])\s+(?=[A-Z"“])|\n+/).filter(sentence => sentence.trim())
}
