import type { MergedDay } from '../adapters/dynamodb/sample-store.ts'
import { findMetric } from '../domain/metrics/catalogue.ts'
import type { SampleFault } from '../domain/parse-sample.ts'
import type { Rejection, UploadCounts } from '../domain/upload.ts'

/** Most different rejections that an upload's status lists. */
const MAX_REJECTIONS = 100

/**
 * Counts what becomes of an upload. The figures are the same however often it is processed, and wherever an earlier
 * run ended: accepted is what the stored days say the upload brought, not what this run happened to add.
 */
export interface Tally {
  merged(days: readonly MergedDay[], samples: number): void
  rejected(input: unknown, faults: readonly SampleFault[]): void
  counts(): UploadCounts
  rejections(): Rejection[]
}

export function createTally(): Tally {
  const brought = new Map<string, number>()
  const refused = new Map<string, Rejection>()
  let good = 0
  let rejected = 0
  return {
    merged: (days, samples) => {
      good += samples
      for (const { metric, day, brought: count } of days) brought.set(`${metric}#${day}`, count)
    },
    rejected: (input, faults) => {
      rejected++
      const type = typeName(input)
      const code = faults[0]?.code ?? 'invalid'
      const key = `${type} ${code}`
      const entry = refused.get(key)
      if (entry) entry.count++
      else if (refused.size < MAX_REJECTIONS) refused.set(key, { type, code, count: 1 })
    },
    counts: () => {
      const accepted = [...brought.values()].reduce((sum, count) => sum + count, 0)
      return { accepted, duplicate: good - accepted, rejected }
    },
    rejections: () => [...refused.values()].sort((a, b) => b.count - a.count),
  }
}

/** The type that a record gives itself, where it is a name and not something else that got there. */
function typeName(input: unknown): string {
  const { type } = (input ?? {}) as { type?: unknown }
  if (typeof type !== 'string') return 'unknown'
  return findMetric(type)?.healthkit ?? (/^HK\w{1,120}$/.test(type) ? type : 'unknown')
}
