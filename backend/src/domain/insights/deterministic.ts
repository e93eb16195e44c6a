import type { Fact } from './facts.ts'

/** Smallest change, in per cent, that is worth a sentence; smaller ones are within a week's ordinary variation. */
const WORTH_TELLING = 5

/**
 * Facts in plain sentences: what an insight says when nothing words it better. It tells how much data there is, what
 * was usual, and what changed; highest and lowest days are left to the list of facts.
 */
export function deterministicNarrative(facts: readonly Fact[]): string {
  return facts
    .filter(
      ({ kind, value }) =>
        kind === 'coverage' || kind === 'average' || (kind === 'trend' && Math.abs(value) >= WORTH_TELLING),
    )
    .map(fact => fact.text)
    .join(' ')
}
