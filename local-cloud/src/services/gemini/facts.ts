import type { Content } from './wire.ts'

/** One thing that the request says, to be worded. */
export interface Given {
  id: string
  /** A sentence, or `name: number`. */
  text: string
  /** Every number of the text, and the value. */
  numbers: number[]
  value?: number
  unit?: string
}

/**
 * What a request gives to speak of: the results of functions where there are any after the last question, else the
 * `{id, text, value, unit}` objects in the JSON that the user sent.
 */
export function factsIn(contents: Content[]): Given[] {
  const results = lastResults(contents)
  if (results.length > 0) {
    const named = results.flatMap(({ response }) => namedFacts(response))
    return named.length > 0 ? named : results.flatMap(({ name, response }) => leaves(response, [name]))
  }
  return contents
    .filter(({ role }) => role !== 'model')
    .flatMap(({ parts }) => parts)
    .flatMap(({ text }) => namedFacts(jsonIn(text ?? '')))
}

/** The function results that came after the user last said something. */
export function lastResults(contents: Content[]) {
  const spoken = contents.findLastIndex(
    ({ role, parts }) => role !== 'model' && parts.some(({ text }) => text !== undefined),
  )
  return contents
    .slice(spoken + 1)
    .flatMap(({ parts }) => parts)
    .flatMap(({ functionResponse }) => functionResponse ?? [])
}

/** Every number that a text gives in digits. */
export function numbersIn(text: string): number[] {
  return [...text.matchAll(/(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?/g)].map(([digits]) =>
    Number(digits.replaceAll(',', '')),
  )
}

function jsonIn(text: string): unknown {
  const from = text.search(/[[{]/)
  const to = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  if (from < 0 || to < from) return undefined
  try {
    return JSON.parse(text.slice(from, to + 1))
  } catch {
    return undefined
  }
}

function namedFacts(value: unknown): Given[] {
  if (value === null || typeof value !== 'object') return []
  const fact = value as { id?: unknown; text?: unknown; value?: unknown; unit?: unknown }
  if (typeof fact.id === 'string' && typeof fact.text === 'string') {
    const numbers = numbersIn(fact.text)
    const own = typeof fact.value === 'number' ? fact.value : undefined
    if (own !== undefined && !numbers.some(number => Math.abs(number) === Math.abs(own))) numbers.push(own)
    const unit = typeof fact.unit === 'string' ? fact.unit : undefined
    return [{ id: fact.id, text: fact.text, numbers, value: own, unit }]
  }
  return Object.values(value).flatMap(namedFacts)
}

/** Numbers and texts of a result that has no facts with ids, each by the names on the way to it. */
function leaves(value: unknown, path: string[]): Given[] {
  if (value !== null && typeof value === 'object')
    return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]))
  if (typeof value !== 'number' && typeof value !== 'string') return []
  const text = `${path.slice(1).join(' ').replaceAll('_', ' ')}: ${value}.`
  return [
    {
      id: path.join('.'),
      text,
      numbers: numbersIn(text),
      value: typeof value === 'number' ? value : undefined,
    },
  ]
}
