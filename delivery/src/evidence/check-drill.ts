import type { DrillClocks } from './document.ts'
import { documentsOf, type StoredLink, verifyChain } from './verify-chain.ts'

/** Seconds within which a rollback must have brought everything back. */
export const DRILL_SECONDS = 120
/** Days for which a passed drill counts. */
export const DRILL_DAYS = 30

export type DrillStanding =
  | { kind: 'passed'; sequence: number; seconds: number; ageDays: number }
  | { kind: 'missing'; why: string }

/**
 * Whether the newest drill of a chain passed in time and lately. A drill that failed undoes those before it, one
 * that was not let into production says nothing, and a chain that is broken proves nothing.
 * @param stored the whole chain of the environment in which drills are held
 * @param now milliseconds since the epoch
 */
export function checkDrill(stored: StoredLink[], now: number): DrillStanding {
  const chain = verifyChain(stored)
  if (chain.kind === 'broken')
    return { kind: 'missing', why: `the evidence is broken at ${chain.sequence}: ${chain.why}` }
  const drill = documentsOf(stored).findLast(
    ({ kind, verdict }) => kind === 'drill' && verdict !== 'not-held',
  )
  if (!drill) return { kind: 'missing', why: 'no drill was ever held' }
  const ageDays = (now - Date.parse(drill.endedAt)) / 86_400_000
  const age = `${ageDays.toFixed(1)} days ago`
  if (drill.verdict !== 'passed')
    return { kind: 'missing', why: `the last drill, ${age}, did not pass: ${drill.reason ?? drill.verdict}` }
  const seconds = secondsOf(drill.drill ?? {})
  if (seconds === undefined || seconds >= DRILL_SECONDS)
    return { kind: 'missing', why: `the last drill, ${age}, took ${seconds?.toFixed(1) ?? 'too many'} s` }
  if (ageDays > DRILL_DAYS) return { kind: 'missing', why: `the last drill was ${age}` }
  return { kind: 'passed', sequence: drill.sequence, seconds, ageDays }
}

/** The seconds from the fault until everything was back; undefined where something never came back. */
export function secondsOf(clocks: DrillClocks): number | undefined {
  const { detected, commanded, weights, hundredGood, ended } = clocks
  const all = [detected, commanded, weights, hundredGood, ended]
  return all.some(clock => clock === undefined) ? undefined : Math.max(...(all as number[]))
}
