import { whyNot } from './entailment.ts'
import type { Fact } from './facts.ts'
import { INSIGHT_METRICS } from './metrics.ts'
import { type Token, tokensOf } from './tokens.ts'
import { isPlain, wordsOf } from './vocabulary.ts'

/** What a model wrote: the text, and for each claim in it the facts that it rests on. */
export interface WordedAnswer {
  narrative: string
  claims: { text: string; fact_ids: string[]; numbers: number[] }[]
}

/**
 * Holds a model's wording against the facts, and returns what is wrong with it, in words that a model can mend it by;
 * nothing means that it is grounded: every statement of the text, and of every claim, is one that a single cited fact
 * makes, in its numbers, their units, its subject, its direction and its words (see {@link whyNot}), or says nothing.
 */
export function groundingFaults(wording: WordedAnswer, facts: readonly Fact[]): string[] {
  const byId = new Map(facts.map(fact => [fact.id, fact]))
  const citable = new Map<string, Citable>()
  const faults: string[] = []
  for (const { text, fact_ids, numbers } of wording.claims) {
    const unknown = fact_ids.filter(id => !byId.has(id))
    if (unknown.length) faults.push(`there is no fact ${unknown.slice(0, 5).join(', ')}`)
    const own = fact_ids.flatMap(id => {
      const fact = byId.get(id)
      if (fact && !citable.has(id)) citable.set(id, { ...fact, allows: wordsOf(fact) })
      return citable.get(id) ?? []
    })
    if (own.length === 0) faults.push('a claim cites no fact')
    if (!numbers.every(number => own.some(fact => givesNumber(fact, number))))
      faults.push(`a claim on ${fact_ids.slice(0, 5).join(', ')} lists a number that is not in those facts`)
    faults.push(...textFaults(text, own))
  }
  if (wording.claims.length === 0) faults.push('no claim is given')
  faults.push(...textFaults(wording.narrative, [...citable.values()]))
  return [...new Set(faults)]
}

/** A fact with the words that it allows. */
type Citable = Fact & { allows: (word: string) => boolean }

function givesNumber(fact: Fact, number: number): boolean {
  return [fact, ...fact.figures].some(({ value }) => Math.abs(Math.abs(value) - Math.abs(number)) < 1e-9)
}

function textFaults(text: string, cited: readonly Citable[]): string[] {
  const faults: string[] = []
  let subject: string | undefined
  for (const statement of statementsIn(text)) {
    const tokens = tokensOf(statement)
    if (!tokens) {
      faults.push(`use plain words, numbers and punctuation only: ${quote(statement)}`)
      continue
    }
    const named = INSIGHT_METRICS.filter(({ mention }) => mention.test(statement)).map(({ name }) => name)
    if (named.length > 1) {
      faults.push(`speak of one measure at a time: ${quote(statement)}`)
      continue
    }
    subject = named[0] ?? subject
    if (named.length === 0 && saysNothing(tokens)) continue
    const about = cited.filter(({ metric }) =>
      subject ? metric === subject || (!named[0] && !metric) : true,
    )
    if (about.length === 0) faults.push(`no cited fact is about this: ${quote(statement)}`)
    const reasons = about.map(fact => whyNot(fact, fact.allows, tokens))
    if (about.length > 0 && !reasons.includes(undefined))
      faults.push(`no cited fact says this: ${quote(statement)} (${reasons[0]})`)
  }
  return faults
}

function saysNothing(tokens: readonly Token[]): boolean {
  return tokens.every(token => token.kind === 'mark' || (token.kind === 'word' && isPlain(token.text)))
}

/**
 * Sentences, and the parts of a sentence that stand for themselves: those on both sides of an `and` when both give a
 * number, so that two facts may share a sentence and no number changes its subject.
 */
function statementsIn(text: string): string[] {
  return text
    .split(/(?<=[.!?;])[ \n]+|\n+/)
    .flatMap(sentence => {
      const parts: string[] = []
      for (const piece of sentence.split(/(?<= )(?=(?:and|while|but) )/)) {
        const previous = parts.at(-1)
        if (previous === undefined || (/\d/.test(previous) && /\d/.test(piece))) parts.push(piece)
        else parts[parts.length - 1] = previous + piece
      }
      return parts
    })
    .filter(statement => /[^ \n]/.test(statement))
}

function quote(statement: string): string {
  return JSON.stringify(statement.trim().slice(0, 160))
}
