import type { FactTools } from './fact-tools.ts'
import type { Fact } from './facts.ts'

/** Why a text was not worded by the model. */
export type WordingReason =
  | 'skip_external_services'
  | 'no_api_key'
  | 'phi_not_permitted'
  | 'gemini_timeout'
  | 'gemini_rate_limited'
  | 'gemini_unavailable'
  | 'gemini_circuit_open'
  | 'gemini_refused_request'
  | 'gemini_blocked'
  | 'gemini_truncated'
  | 'gemini_invalid_answer'
  | 'ungrounded_answer'
  | 'no_facts_fetched'

/** What was said to a person about a period or in answer to a question, and what it rests on. */
export interface Insight {
  id: string
  /** First and last local date of the period. */
  from: string
  to: string
  /** What was asked, as it was asked; absent for insights about a period. */
  question?: string
  narrative: string
  facts: Fact[]
  generatedBy: 'gemini' | 'deterministic'
  /** Present when `generatedBy` is `gemini`: the version that answered, as it names itself. */
  model?: string
  /** Present when `generatedBy` is `deterministic`. */
  reason?: WordingReason
  /** Between 0 and 1, from the coverage of the data, never from a model. */
  confidence: number
  /** RFC 3339, UTC, whole seconds. */
  generatedAt: string
}

/** What was sent to a model and what came back, kept with the insight, encrypted. */
export interface Turn {
  sent: string
  received?: string
}

export type Worded = (
  | { ok: true; narrative: string; model?: string }
  | { ok: false; reason: WordingReason }
) & {
  turns: Turn[]
}

/** Words facts; the Gemini adapter implements it. It never rejects: a failure is an outcome. */
export interface Wording {
  /** Changes when the same facts would be worded otherwise: the model, its instructions, or why it is not asked. */
  readonly version: string
  word(facts: readonly Fact[]): Promise<Worded>
  /** Answers a question from the facts that the model fetches by the tools, and from no others. */
  answer(question: string, tools: FactTools): Promise<Worded>
}

/** Keeps insights; the DynamoDB adapter implements it. */
export interface InsightStore {
  /** @param contentKey finds the insight again by {@link InsightStore.sameContent} */
  put(userId: string, insight: Insight, more: { turns: readonly Turn[]; contentKey?: string }): Promise<void>
  get(userId: string, id: string): Promise<Insight | undefined>
  sameContent(userId: string, contentKey: string): Promise<Insight | undefined>
  /** The newest first. `before` is the id of the last one seen. */
  list(userId: string, limit: number, before?: string): Promise<Insight[]>
}
