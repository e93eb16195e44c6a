import type { Fact } from './facts.ts'
import type { Token } from './tokens.ts'

type NumberToken = Extract<Token, { kind: 'number' }>

/** A number of a statement with the words around it. */
interface Place {
  token: NumberToken
  at: number
  before: string
  after: readonly string[]
}

/**
 * Why one fact does not say what a statement says; undefined when it does: all its words are the fact's or say nothing,
 * and each of its numbers is one of the fact's, in the same role, with the same unit.
 * @param allows says which words the fact allows
 */
export function whyNot(
  fact: Fact,
  allows: (word: string) => boolean,
  tokens: readonly Token[],
): string | undefined {
  const strange = tokens.flatMap(token => (token.kind === 'word' && !allows(token.text) ? [token.text] : []))
  if (strange.length > 0)
    return `words that ${fact.id} does not allow: ${[...new Set(strange)].slice(0, 8).join(', ')}`
  const text = tokens.map(token => (token.kind === 'number' ? '' : token.text))
  const places = tokens.flatMap((token, at) =>
    token.kind === 'number'
      ? [{ token, at, before: text[at - 1] ?? '', after: text.slice(at + 1, at + 4) }]
      : [],
  )
  const wrong = places.find(place => !rolesOf(fact, place).length)
  if (wrong) return `${fact.id} does not give ${wrong.token.value} there, or not in that unit`
  if (fact.kind === 'trend') return trendFault(fact, places, text)
  if (fact.kind === 'highest' || fact.kind === 'lowest' || fact.kind === 'day')
    return dayFault(fact, places, text)
  return undefined
}

type Role = 'value' | Fact['figures'][number]['role']

/** What a number of a statement can be of a fact. */
function rolesOf(fact: Fact, { token, before, after }: Place): Role[] {
  const is = (value: number, unit: string): boolean =>
    Math.abs(token.value - Math.abs(value)) <= Math.max(token.tolerance, 1e-9) &&
    (token.unit === unit || (token.unit === undefined && unit !== '%' && unit !== 'days'))
  const roles: Role[] = []
  const ofPeriod = before === 'of'
  const shared = fact.kind === 'coverage' && token.unit === undefined && after[0] === 'of'
  if (fact.kind === 'coverage') {
    if ((is(fact.value, 'days') || (shared && token.value === fact.value)) && !ofPeriod) roles.push('value')
  } else if (is(fact.value, fact.unit) && !['over', 'than', 'to'].includes(before)) roles.push('value')
  for (const { role, value, unit } of fact.figures) {
    if (!is(value, unit)) continue
    const fits = {
      period: ofPeriod,
      days: ['over', 'on', 'across'].includes(before),
      ago: after[0] === 'before' && after[1] === 'the' && after[2] === 'last',
      now: !['than', 'against', 'with'].includes(before),
      earlier: true,
    }[role]
    if (fits) roles.push(role)
  }
  return roles
}

/** The halves of a trend in their order: the later first, or `from` the earlier `to` the later. */
function trendFault(fact: Fact, places: readonly Place[], text: readonly string[]): string | undefined {
  const half = (role: Role) =>
    places.find(place => rolesOf(fact, place).includes(role) && !rolesOf(fact, place).includes('value'))
  const [now, earlier] = [half('now'), half('earlier')]
  const fault = `${fact.id} has its two halves the other way round`
  if (earlier && earlier !== now) {
    if (!now) return fault
    const fromTo = earlier.before === 'from' && now.before === 'to'
    if (!fromTo && (now.at > earlier.at || now.before === 'from')) return fault
    if (fromTo && now.at < earlier.at) return fault
  } else if (now?.before === 'from') return fault
  const named = text.flatMap((word, at) => (word === 'earlier' ? [at] : []))
  for (const at of named) {
    const lead = text.slice(Math.max(0, at - 4), at)
    if (!lead.some(word => ['than', 'against', 'from', 'with', 'as'].includes(word))) return fault
    if (now && !earlier && now.at > at && now.before !== 'to') return fault
  }
  return undefined
}

/** A day is the one that its fact names, if it is named at all. */
function dayFault(fact: Fact, places: readonly Place[], text: readonly string[]): string | undefined {
  const ago = fact.figures.find(({ role }) => role === 'ago')?.value ?? 0
  if (ago === 0 || !text.includes('last')) return undefined
  return places.some(place => rolesOf(fact, place).includes('ago'))
    ? undefined
    : `${fact.id} is of another day`
}
