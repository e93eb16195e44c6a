import type { Fact } from './facts.ts'

/** Smallest change, in per cent, that is worth a sentence; smaller ones are within a week's ordinary variation. */
const WORTH_TELLING = 5

/** Most sentences where facts are told one after the other. */
const MOST_SENTENCES = 7

/**
 * Facts in plain sentences: what an insight says when nothing words it better. It tells how much data there is, what
 * was usual, and what changed; highest and lowest days are left to the list of facts, unless there is nothing else.
 */
export function deterministicNarrative(facts: readonly Fact[]): string {
  const usual = facts.filter(
    ({ kind, value }) =>
      kind === 'coverage' || kind === 'average' || (kind === 'trend' && Math.abs(value) >= WORTH_TELLING),
  )
  const told = usual.some(({ kind }) => kind !== 'coverage') ? usual : facts.slice(0, MOST_SENTENCES)
  return told.map(fact => fact.text).join(' ')
}
