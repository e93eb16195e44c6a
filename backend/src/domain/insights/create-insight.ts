import type { DailySummaries } from '../daily-summary.ts'
import { deterministicNarrative } from './deterministic.ts'
import { addDays, computeFacts } from './facts.ts'
import type { Insight, InsightStore, Wording } from './insight.ts'
import { INSIGHT_METRICS } from './metrics.ts'

export interface CreateInsightDeps {
  summaries: DailySummaries
  wording: Wording
  store: InsightStore
  now: () => Date
  /** Ids that sort by time: UUID version 7. */
  newId: () => string
}

/** Days of a period whose beginning is not given. */
export const DEFAULT_DAYS = 14

/**
 * Computes what a period's data shows, has it worded, and keeps the result.
 * @param period local dates, inclusive. Without an end it ends today, by the clock of wherever the newest data is from;
 * without a beginning it is a fortnight
 * @returns the insight, or the period that holds no data
 */
export async function createInsight(
  deps: CreateInsightDeps,
  userId: string,
  period: { from?: string; to?: string },
): Promise<{ ok: true; insight: Insight } | { ok: false; from: string; to: string }> {
  const now = deps.now()
  const today = now.toISOString().slice(0, 10)
  // East of Greenwich it may be tomorrow already.
  const latest = period.to ?? addDays(today, 1)
  const earliest = period.from ?? addDays(period.to ?? today, 1 - DEFAULT_DAYS)
  const summaries = new Map(
    await Promise.all(
      INSIGHT_METRICS.map(
        async ({ name }) => [name, await deps.summaries.daily(userId, name, earliest, latest)] as const,
      ),
    ),
  )
  const isTomorrow = [...summaries.values()].some(days => days.at(-1)?.date === latest)
  const to = period.to ?? (isTomorrow ? latest : today)
  const from = period.from ?? addDays(to, 1 - DEFAULT_DAYS)
  for (const [name, days] of summaries)
    summaries.set(
      name,
      days.filter(({ date }) => date >= from && date <= to),
    )

  const { facts, confidence } = computeFacts(summaries, from, to)
  if (facts.length === 0) return { ok: false, from, to }
  const worded = await deps.wording.word(facts)
  const insight: Insight = {
    id: deps.newId(),
    from,
    to,
    narrative: worded.ok ? worded.narrative : deterministicNarrative(facts),
    facts,
    generatedBy: worded.ok ? 'gemini' : 'deterministic',
    ...(worded.ok ? worded.model && { model: worded.model } : { reason: worded.reason }),
    confidence,
    generatedAt: now.toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  await deps.store.put(userId, insight)
  return { ok: true, insight }
}
