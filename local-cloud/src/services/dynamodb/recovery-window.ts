import type { Clock } from '../../core/clock.ts'
import type { TableRecord } from './table-record.ts'

/** AWS can restore to no later than about five minutes ago; here these minutes run at the cloud's speed. */
const LAG_MINUTES = 5

/** Between which moments a table can be restored (ms); undefined without point-in-time recovery. */
export function recoveryWindow(
  { local }: TableRecord,
  clock: Clock,
): { earliest: number; latest: number } | undefined {
  if (!local.recovery) return undefined
  const { days, sinceMs } = local.recovery
  const now = clock.now()
  return {
    earliest: Math.max(sinceMs, now - days * 86_400_000),
    latest: Math.max(sinceMs, now - clock.minutes(LAG_MINUTES)),
  }
}
