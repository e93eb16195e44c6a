import type { Fact } from './facts.ts'

/** Why a text was not worded by the model. */
export type WordingReason =
  | 'skip_external_services'
  | 'no_api_key'
  | 'phi_not_permitted'
  | 'gemini_timeout'
  | 'gemini_rate_limited'
  | 'gemini_unavailable'
  | 'gemini_refused_request'
  | 'gemini_blocked'
  | 'gemini_truncated'
  | 'gemini_invalid_answer'
  | 'ungrounded_answer'

/** What was said to a person about a period, and what it rests on. */
export interface Insight {
  id: string
  /** First and last local date of the period. */
  from: string
  to: string
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

/** Words facts; the Gemini adapter implements it. It never rejects: a failure is an outcome. */
export interface Wording {
  word(
    facts: readonly Fact[],
  ): Promise<{ ok: true; narrative: string; model?: string } | { ok: false; reason: WordingReason }>
}

/** Keeps insights; the DynamoDB adapter implements it. */
export interface InsightStore {
  put(userId: string, insight: Insight): Promise<void>
  get(userId: string, id: string): Promise<Insight | undefined>
  /** The newest first. `before` is the id of the last one seen. */
  list(userId: string, limit: number, before?: string): Promise<Insight[]>
}
