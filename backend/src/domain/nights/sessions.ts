import { localDate } from '../instant.ts'
import { unionMs } from '../intervals.ts'
import { sourceKey } from '../merging/best-source.ts'
import type { ParsedSample } from '../sample.ts'
import { SLEEP } from '../sleep.ts'

/** A longer gap between two sleep samples ends a session; three hours bridge a long wake, not a day. */
const GAP_MS = 3 * 3_600_000

/**
 * Sleep samples in sessions: a night, or a nap. Those with less than three hours between them are of one session, and
 * of it the samples of one source count: the one that knows stages, else the one that saw the most sleep. Two watches
 * would otherwise count a night twice, or contradict each other within it.
 * @returns in order of time, none of them empty
 */
export function sleepSessions(samples: readonly ParsedSample[]): ParsedSample[][] {
  const sessions: ParsedSample[][] = []
  let until = Number.NEGATIVE_INFINITY
  for (const sample of [...samples].sort((a, b) => a.startMs - b.startMs)) {
    if (sample.startMs - until >= GAP_MS) sessions.push([])
    sessions.at(-1)?.push(sample)
    until = Math.max(until, sample.endMs)
  }
  return sessions.map(bestSource)
}

/** The local date on which the last sample of a session ends: a night belongs to it. */
export function wakeDate(session: readonly ParsedSample[]): string {
  const last = session.reduce((a, b) => (b.endMs > a.endMs ? b : a))
  return localDate(last.endMs, last.offset)
}

/** Whether a sample names a stage, and not only that a person slept. */
export function isStage({ canonical }: ParsedSample): boolean {
  return canonical >= SLEEP.asleepCore
}

/**
 * The samples of a session that say when a person slept: the stages where there are any, for an "asleep" beside them
 * spans the wakes between them; else what says asleep without a stage.
 */
export function asleepOf(session: readonly ParsedSample[]): ParsedSample[] {
  const stages = session.filter(isStage)
  return stages.length > 0 ? stages : session.filter(({ canonical }) => canonical === SLEEP.asleepUnspecified)
}

function bestSource(session: ParsedSample[]): ParsedSample[] {
  const sources = [...Map.groupBy(session, sourceKey).entries()]
  if (sources.length === 1) return session
  const ranked = sources.map(([key, own]) => ({
    key,
    own,
    staged: own.some(isStage) ? 1 : 0,
    asleep: unionMs(asleepOf(own)),
    lasts: unionMs(own),
  }))
  ranked.sort(
    (a, b) => b.staged - a.staged || b.asleep - a.asleep || b.lasts - a.lasts || (a.key < b.key ? -1 : 1),
  )
  return ranked[0]?.own ?? []
}
