import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { Fact } from '../../domain/insights/facts.ts'
import { groundingFaults } from '../../domain/insights/grounding.ts'
import type { Wording, WordingReason } from '../../domain/insights/insight.ts'
import type { Log } from '../../logging.ts'
import { DEVELOPER_API, type GeminiOptions, type GenerateRequest, generate } from './client.ts'

export interface GeminiWordingOptions extends Omit<GeminiOptions, 'baseUrl' | 'apiKey'> {
  /** `SKIP_EXTERNAL_SERVICES`: never call. */
  skip: boolean
  apiKey?: string
  /** A route of the operator's own choosing. */
  baseUrl?: string
  /** Whether a business associate agreement covers the route. */
  baa: boolean
  /** Limit of everything together, in milliseconds; under the 60 s after which an ALB gives up. @default 25000 */
  deadlineMs?: number
  log: Log
}

/**
 * Has Gemini word facts, and believes nothing it says: an answer that is not grounded in the facts is sent back once to
 * be mended, then dropped. Sent are facts and their ids alone; no identifier, no date, nothing of where data came from.
 *
 * Facts about a person's health are protected health information (45 CFR 160.103), and Google's Developer API comes
 * without a business associate agreement, so they are sent only where the configuration says that they may be.
 */
export function createGeminiWording(options: GeminiWordingOptions): Wording {
  const { skip, apiKey, baseUrl, baa, log } = options
  const unavailable: WordingReason | undefined = skip
    ? 'skip_external_services'
    : !apiKey
      ? 'no_api_key'
      : !baa && !baseUrl
        ? 'phi_not_permitted'
        : undefined
  return {
    word: async facts => {
      if (unavailable || !apiKey) return { ok: false, reason: unavailable ?? 'no_api_key' }
      const outcome = await ask(
        { ...options, apiKey, baseUrl: baseUrl ?? DEVELOPER_API },
        facts,
        AbortSignal.timeout(options.deadlineMs ?? 25_000),
      )
      if (!outcome.ok)
        log.warn('insight not worded by gemini', { dependency: 'gemini', reason: outcome.reason })
      return outcome
    },
  }
}

async function ask(
  gemini: GeminiOptions,
  facts: readonly Fact[],
  deadline: AbortSignal,
): ReturnType<Wording['word']> {
  const request = firstRequest(facts)
  for (let repairs = 0; ; repairs++) {
    const answer = await generate(gemini, request, deadline)
    if (!answer.ok) return answer
    const wording = parseWording(answer.text)
    const faults = wording
      ? groundingFaults(wording, facts)
      : ['the answer is not a JSON document of the given schema']
    if (wording && faults.length === 0)
      return { ok: true, narrative: wording.narrative.trim(), ...(answer.model && { model: answer.model }) }
    if (repairs === 1) return { ok: false, reason: wording ? 'ungrounded_answer' : 'gemini_invalid_answer' }
    request.contents.push(
      { role: 'model', parts: [{ text: answer.text.slice(0, 8000) }] },
      {
        role: 'user',
        parts: [{ text: `Mend this and answer again in full:\n- ${faults.slice(0, 20).join('\n- ')}` }],
      },
    )
  }
}

/** The model's answer; also, as a plain JSON schema, what it is asked for. */
const Answer = Type.Object({
  narrative: Type.String({ minLength: 1, maxLength: 4000 }),
  claims: Type.Array(
    Type.Object({
      text: Type.String({ maxLength: 1000 }),
      fact_ids: Type.Array(Type.String({ maxLength: 8 }), { maxItems: 20 }),
      numbers: Type.Array(Type.Number(), { maxItems: 20 }),
    }),
    { minItems: 1, maxItems: 40 },
  ),
})
const answers = Compile(Answer)

/** The same in the keywords that `responseJsonSchema` takes, which do not include lengths of strings. */
const ANSWER_SCHEMA = {
  type: 'object',
  required: ['narrative', 'claims'],
  properties: {
    narrative: { type: 'string', description: 'The whole text, two to six sentences' },
    claims: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['text', 'fact_ids', 'numbers'],
        properties: {
          text: { type: 'string', description: 'One statement of the narrative' },
          fact_ids: { type: 'array', items: { type: 'string' }, minItems: 1 },
          numbers: { type: 'array', items: { type: 'number' }, description: 'Every number in the statement' },
        },
      },
    },
  },
}

const INSTRUCTION = [
  'You word facts about wearable data for the person who wears the device: friendly, plain, two to six sentences.',
  'Say only what the given facts say. Use no number that is not in a fact, and keep each number with its own subject.',
  'Days are counted back from the last day of the period; name no date, month or day of the week.',
  'Give no diagnosis, no medical advice, no cause, and no comparison with other people.',
  'List every statement of the narrative as a claim with the ids of the facts it rests on and its numbers.',
].join('\n')

function firstRequest(facts: readonly Fact[]): GenerateRequest {
  const sent = facts.map(({ id, text, value, unit }) => ({ id, text, value, unit }))
  return {
    systemInstruction: { parts: [{ text: INSTRUCTION }] },
    contents: [{ role: 'user', parts: [{ text: JSON.stringify({ facts: sent }) }] }],
    generationConfig: {
      temperature: 0.2,
      // Thinking models spend from the same purse.
      maxOutputTokens: 8192,
      responseMimeType: 'application/json',
      responseJsonSchema: ANSWER_SCHEMA,
    },
  }
}

function parseWording(text: string) {
  try {
    const value: unknown = JSON.parse(text)
    return answers.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}
