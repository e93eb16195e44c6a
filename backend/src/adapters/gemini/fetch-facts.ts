import type { FactTools } from '../../domain/insights/fact-tools.ts'
import type { WordingReason } from '../../domain/insights/insight.ts'
import type { Budget } from './client.ts'
import { fetchingRequest } from './requests.ts'
import type { Content } from './wire.ts'
import type { Ask } from './wording.ts'

/** Turns in which a model may call functions; the second is for mending calls that gave nothing. */
const MOST_ROUNDS = 2
/** Calls of one turn that are made. */
const MOST_CALLS = 6

/**
 * Lets a model fetch the facts that a question needs. What it says besides its calls is not read.
 * @returns ok once the tools hold a fact
 */
export async function fetchFacts(
  ask: Ask,
  question: string,
  tools: FactTools,
  budget: Budget,
): Promise<{ ok: true } | { ok: false; reason: WordingReason }> {
  const contents: Content[] = [{ role: 'user', parts: [{ text: question }] }]
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const answer = await ask(fetchingRequest(contents, tools.declarations), budget)
    if (!answer.ok) return answer
    if (answer.calls.length === 0) break
    const results = answer.calls.map(({ id, name, args }, at) => ({
      functionResponse: {
        ...(id !== undefined && { id }),
        name,
        response: at < MOST_CALLS ? tools.call(name, args ?? {}) : { error: 'too many calls' },
      },
    }))
    if (tools.facts().length > 0) return { ok: true }
    contents.push(answer.content, { role: 'user', parts: results })
  }
  return { ok: false, reason: 'no_facts_fetched' }
}
