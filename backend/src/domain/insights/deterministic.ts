import type { Fact } from './facts.ts'

/** The facts in plain sentences, in their own order: what an insight says when nothing words it better. */
export function deterministicNarrative(facts: readonly Fact[]): string {
  return facts.map(fact => fact.text).join(' ')
}
