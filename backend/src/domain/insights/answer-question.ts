import { type CreateInsightDeps, type FoundFacts, insightOf } from './create-insight.ts'
import { deterministicNarrative } from './deterministic.ts'
import { createFactTools, type FactTools, TOOL_DAYS } from './fact-tools.ts'
import { addDays, computeFacts } from './facts.ts'
import type { Insight } from './insight.ts'
import { INSIGHT_METRICS } from './metrics.ts'
import { readPeriod, within } from './period.ts'
import { scrubQuestion } from './scrub-question.ts'

/** What precedes facts that were not chosen by a model. */
export const UNANSWERED = 'Your question could not be answered as such; this is what your data shows.'

/**
 * Answers a question from the person's own data: the model says which facts it needs, gets them, and words them. What
 * it says is held against the facts as every insight is, so a question can ask for anything and still be told nothing
 * else. Where there is no grounded answer, the facts about what the question mentions are told by plain rules.
 * @returns the answer, or the period that holds no data
 */
export async function answerQuestion(
  deps: CreateInsightDeps,
  userId: string,
  question: string,
): Promise<{ ok: true; insight: Insight } | { ok: false; from: string; to: string }> {
  const data = await readPeriod(deps, userId, {}, TOOL_DAYS)
  const { from, to } = data
  if ([...data.summaries.values()].every(days => days.length === 0)) return { ok: false, from, to }
  const tools = createFactTools(data)
  const worded = await deps.wording.answer(scrubQuestion(question, to), tools)
  const found: FoundFacts = worded.ok
    ? { from, to, facts: tools.facts(), confidence: tools.confidence() }
    : unasked(question, tools, data)
  const narrative = worded.ok ? worded.narrative : `${UNANSWERED} ${deterministicNarrative(found.facts)}`
  const insight = { ...insightOf(deps, found, narrative, worded), question }
  await deps.store.put(userId, insight, { turns: worded.turns })
  return { ok: true, insight }
}

/** Facts about what the question mentions, else about everything, over the last fortnight or, if that is empty, all. */
function unasked(
  question: string,
  tools: FactTools,
  data: Parameters<typeof createFactTools>[0],
): FoundFacts {
  const { to } = data
  if (tools.facts().length > 0) return { ...data, facts: tools.facts(), confidence: tools.confidence() }
  const mentioned = INSIGHT_METRICS.filter(({ mention }) => mention.test(question)).map(({ name }) => name)
  const about = new Map([...data.summaries].filter(([name]) => mentioned.includes(name)))
  for (const summaries of [about, data.summaries])
    for (const from of [addDays(to, -13), data.from]) {
      const { facts, confidence } = computeFacts(within(summaries, from, to), from, to)
      if (facts.length > 0) return { from, to, facts, confidence }
    }
  return { ...data, facts: [], confidence: 0 }
}
