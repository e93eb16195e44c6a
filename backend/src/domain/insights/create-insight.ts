import { createHash } from 'node:crypto'
import type { DailySummaries } from '../daily-summary.ts'
import { deterministicNarrative } from './deterministic.ts'
import { computeFacts, type Fact } from './facts.ts'
import type { Insight, InsightStore, Worded, Wording, WordingReason } from './insight.ts'
import { readPeriod } from './period.ts'

export interface CreateInsightDeps {
  summaries: DailySummaries
  wording: Wording
  store: InsightStore
  now: () => Date
  /** Ids that sort by time: UUID version 7. */
  newId: () => string
}

/** What is known before anything is worded. */
export interface FoundFacts {
  from: string
  to: string
  facts: Fact[]
  confidence: number
}

/** `reused`: the same facts have been worded before, by the same model. */
export type CreatedInsight =
  | { ok: true; insight: Insight; reused: boolean }
  | { ok: false; from: string; to: string }

/** Days of a period whose beginning is not given. */
export const DEFAULT_DAYS = 14

/**
 * Computes what a period's data shows, has it worded, and keeps the result. What was worded before from the same facts
 * is given again, without asking.
 * @param period local dates, inclusive; by default the last fortnight
 * @param onFacts told of the facts while they are being worded
 * @returns the insight, or the period that holds no data
 */
export async function createInsight(
  deps: CreateInsightDeps,
  userId: string,
  period: { from?: string; to?: string },
  onFacts: (found: FoundFacts) => void = () => {},
): Promise<CreatedInsight> {
  const { summaries, from, to } = await readPeriod(deps, userId, period, DEFAULT_DAYS)
  const { facts, confidence } = computeFacts(summaries, from, to)
  if (facts.length === 0) return { ok: false, from, to }
  onFacts({ from, to, facts, confidence })
  const key = contentKey(deps.wording.version, from, to, facts)
  const same = await deps.store.sameContent(userId, key)
  if (same) return { ok: true, insight: same, reused: true }
  const worded = await deps.wording.word(facts)
  const narrative = worded.ok ? worded.narrative : deterministicNarrative(facts)
  const insight = insightOf(deps, { from, to, facts, confidence }, narrative, worded)
  const lasting = worded.ok || LASTING.has(worded.reason)
  await deps.store.put(userId, insight, { turns: worded.turns, ...(lasting && { contentKey: key }) })
  return { ok: true, insight, reused: false }
}

/** An insight as it is kept. */
export function insightOf(
  deps: Pick<CreateInsightDeps, 'newId' | 'now'>,
  found: FoundFacts,
  narrative: string,
  worded: Worded,
): Insight {
  return {
    id: deps.newId(),
    from: found.from,
    to: found.to,
    narrative,
    facts: found.facts,
    generatedBy: worded.ok ? 'gemini' : 'deterministic',
    ...(worded.ok ? worded.model && { model: worded.model } : { reason: worded.reason }),
    confidence: found.confidence,
    generatedAt: deps
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z'),
  }
}

/** Reasons that are settings: asking again changes nothing until they change, and then the version changes too. */
const LASTING: ReadonlySet<WordingReason> = new Set([
  'skip_external_services',
  'no_api_key',
  'phi_not_permitted',
])

function contentKey(version: string, from: string, to: string, facts: readonly Fact[]): string {
  return createHash('sha256')
    .update(JSON.stringify([version, from, to, facts]))
    .digest('base64url')
}
