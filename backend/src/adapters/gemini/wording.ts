import { judgeAnswer } from '../../domain/insights/answer.ts'
import type { Fact } from '../../domain/insights/facts.ts'
import type { Turn, Worded, Wording, WordingReason } from '../../domain/insights/insight.ts'
import type { Log } from '../../logging.ts'
import { type Circuit, createCircuit } from './circuit.ts'
import { type Budget, budgetOf, type ClientOptions, generate } from './client.ts'
import { fetchFacts } from './fetch-facts.ts'
import { INSTRUCTIONS_VERSION, repairTurns, wordingRequest } from './requests.ts'
import { type GeminiSettings, geminiRoute, type TokenProvider } from './route.ts'
import type { Generated, GenerateRequest } from './wire.ts'

export interface GeminiWordingOptions extends GeminiSettings, Omit<ClientOptions, 'route' | 'circuit'> {
  /** For Vertex AI. */
  tokens?: TokenProvider
  /** @default one of its own */
  circuit?: Circuit
  /** What wording may take in all, and fetching the facts of a question as well, in milliseconds. @default 2000 */
  budgetMs?: number
  log: Log
  /** Told of every insight that was asked for. @default nobody */
  observe?: (asked: Asked) => void
}

/** What asking for one insight came to, for metrics. */
export interface Asked {
  kind: 'insight' | 'question'
  /** Absent when the model's words were taken. */
  reason?: WordingReason
  durationMs: number
  /** Requests that were answered. */
  calls: number
  tokens: { prompt: number; answer: number }
}

/** Sends one request on behalf of an insight, and keeps what was sent and said. */
export type Ask = (request: GenerateRequest, budget: Budget) => Promise<Generated>

/**
 * Has Gemini word facts, and believes nothing it says: an answer that is not grounded in the facts is sent back once to
 * be mended, then dropped. Sent are facts and their ids alone; no identifier, no date, nothing of where data came from.
 */
export function createGeminiWording(options: GeminiWordingOptions): Wording {
  const { log, model, budgetMs = 2000 } = options
  const now = options.now ?? (() => performance.now())
  const route = geminiRoute(options, options.tokens)
  const client = { ...options, route, circuit: options.circuit ?? createCircuit({ now }) }

  async function recorded(kind: Asked['kind'], work: (ask: Ask) => Promise<Outcome>): Promise<Worded> {
    const turns: Turn[] = []
    if (!route.ok) return { ok: false, reason: route.reason, turns }
    const asked = { kind, calls: 0, tokens: { prompt: 0, answer: 0 } }
    const started = now()
    const outcome = await work(async (request, budget) => {
      const answer = await generate(client, request, budget)
      turns.push({
        sent: JSON.stringify(request.contents),
        ...(answer.ok && { received: JSON.stringify(answer.content) }),
      })
      if (answer.ok) {
        asked.calls++
        asked.tokens.prompt += answer.tokens.prompt
        asked.tokens.answer += answer.tokens.answer
      }
      return answer
    })
    const durationMs = Math.round(now() - started)
    options.observe?.({ ...asked, durationMs, ...(!outcome.ok && { reason: outcome.reason }) })
    const fields = { dependency: 'gemini', kind, duration_ms: durationMs, count: asked.calls }
    if (outcome.ok) log.info('insight worded by gemini', fields)
    else log.warn('insight not worded by gemini', { ...fields, reason: outcome.reason })
    return { ...outcome, turns }
  }

  return {
    version: route.ok ? `${model}/${INSTRUCTIONS_VERSION}` : `none/${route.reason}`,
    word: facts => recorded('insight', ask => wordFacts(ask, facts, budgetOf(budgetMs, now))),
    answer: (question, tools) =>
      recorded('question', async ask => {
        const fetched = await fetchFacts(ask, question, tools, budgetOf(budgetMs, now))
        if (!fetched.ok) return fetched
        return wordFacts(ask, tools.facts(), budgetOf(budgetMs, now), question)
      }),
  }
}

type Outcome = { ok: true; narrative: string; model?: string } | { ok: false; reason: WordingReason }

async function wordFacts(
  ask: Ask,
  facts: readonly Fact[],
  budget: Budget,
  question?: string,
): Promise<Outcome> {
  const request = wordingRequest(facts, question)
  for (let repairs = 0; ; repairs++) {
    const answer = await ask(request, budget)
    if (!answer.ok) return answer
    if (!answer.text) return { ok: false, reason: 'gemini_invalid_answer' }
    const judged = judgeAnswer(answer.text, facts)
    if (judged.ok)
      return { ok: true, narrative: judged.narrative, ...(answer.model && { model: answer.model }) }
    if (repairs === 1)
      return { ok: false, reason: judged.malformed ? 'gemini_invalid_answer' : 'ungrounded_answer' }
    request.contents.push(...repairTurns(answer.text, judged.faults))
  }
}
