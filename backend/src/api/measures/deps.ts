import type { SampleStore } from '../../adapters/dynamodb/sample-store.ts'
import type { Clock } from '../../domain/clock.ts'
import type { DaySummary } from '../../domain/summarize.ts'
import type { Reads } from './read-cache.ts'

/** What routes that measure need. */
export interface MeasureDeps {
  samples: Pick<SampleStore, 'daily' | 'readDays'>
  reads: Reads
  clock: Clock
}

/** Daily summaries of several metrics at once, by metric. */
export async function summariesOf(
  samples: Pick<SampleStore, 'daily'>,
  userId: string,
  metrics: readonly string[],
  from: string,
  to: string,
): Promise<Map<string, DaySummary[]>> {
  const read = async (metric: string) => [metric, await samples.daily(userId, metric, from, to)] as const
  return new Map(await Promise.all(metrics.map(read)))
}
