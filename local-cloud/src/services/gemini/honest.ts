import { factsIn, type Given, lastResults } from './facts.ts'
import { functionCalls } from './function-calls.ts'
import { fillSchema } from './shape.ts'
import type { GenerateRequest, Part, Reply } from './wire.ts'

/** Facts that one text tells. */
const MOST_FACTS = 5

/**
 * What the stand-in says when nothing is wrong: facts of the request in sentences, or the functions that would give
 * them. The same request always gets the same answer, and nothing in it comes from anywhere else.
 */
export function honestReply(request: GenerateRequest): Reply {
  const parts = calls(request) ?? [{ text: told(request) }]
  return { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }] }
}

function calls(request: GenerateRequest): Part[] | undefined {
  if (lastResults(request.contents).length > 0) return undefined
  const said = request.contents.findLast(({ role }) => role !== 'model')
  const found = functionCalls(request, said?.parts.map(({ text }) => text ?? '').join('\n') ?? '')
  return found.length > 0 ? found : undefined
}

function told({ contents, generationConfig = {} }: GenerateRequest): string {
  const facts = worthTelling(factsIn(contents))
  const schema = generationConfig.responseJsonSchema ?? generationConfig.responseSchema
  if (schema) return JSON.stringify(fillSchema(schema, facts, inSentences))
  const text = inSentences(facts)
  return generationConfig.responseMimeType === 'application/json' ? JSON.stringify({ text }) : text
}

/** The first, then changes by their size, then the rest; told in the order in which they came. */
function worthTelling(facts: Given[]): Given[] {
  const change = ({ text, value = 0 }: Given) =>
    /\b(higher|lower|more|less)\b.*\bthan\b/.test(text) ? Math.abs(value) : 0
  const ranked = facts.slice(1).sort((a, b) => change(b) - change(a))
  const kept = new Set([...facts.slice(0, 1), ...ranked].slice(0, MOST_FACTS))
  return facts.filter(fact => kept.has(fact))
}

function inSentences(facts: Given[]): string {
  if (facts.length === 0) return 'I was given no facts to speak of.'
  const sentences = facts.map(({ text }) => toYou(text))
  return facts.length === 1 ? sentences.join('') : `Here is what your data shows. ${sentences.join(' ')}`
}

/** `Steps averaged …` is said to a person: `Your steps averaged …`. */
function toYou(text: string): string {
  if (/^(There|Highest|Lowest|The|An?|Your?|On|In|No)\b/.test(text) || !/^[A-Z]/.test(text)) return text
  const acronym = /^[A-Z][A-Z\d]/.test(text)
  return `Your ${acronym ? text[0] : text[0]?.toLowerCase()}${text.slice(1)}`
}
