import type { ReleaseRecord } from '../deploy/releases.ts'
import { isDrillRelease } from './drill-release.ts'

export type RollbackChoice =
  | { kind: 'release'; target: ReleaseRecord }
  /** Nothing to go back to, or not to the one asked for; `possible` names what could be chosen. */
  | { kind: 'none'; why: string; possible: string[] }

/**
 * Chooses where to go back to: the newest release that worked before the current one first did, never merely the
 * one deployed before, and never a drill's. Going back twice goes further back; it does not return to what was just left.
 * @param records newest first
 */
export function chooseRollback(
  records: ReleaseRecord[],
  current: string | undefined,
  wanted?: string,
): RollbackChoice {
  const good = records.filter(record => record.status === 'SUCCESSFUL' && !isDrillRelease(record.release))
  const possible = [...new Set(good.map(record => record.release).filter(release => release !== current))]
  if (wanted !== undefined) {
    const target =
      good.find(({ release }) => release === wanted) ?? good.find(({ release }) => release.startsWith(wanted))
    if (target && target.release !== current) return { kind: 'release', target }
    const why = target ? `${wanted} is what serves now` : `${wanted} never served here successfully`
    return { kind: 'none', why, possible }
  }
  const first = good.findLastIndex(record => record.release === current)
  const target = good.slice(first + 1).find(record => record.release !== current)
  if (target) return { kind: 'release', target }
  return { kind: 'none', why: `no release served here before ${current ?? 'the current one'}`, possible }
}
