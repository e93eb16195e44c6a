import type { MergedDay } from '../adapters/dynamodb/merge-samples.ts'
import type { SampleFault } from '../domain/parse-sample.ts'
import type { Checkpoint, Rejection, UploadCounts } from '../domain/upload.ts'
import { typeName } from '../domain/validate-batch.ts'

/** Most different rejections that an upload's status lists. */
const MAX_REJECTIONS = 100

/**
 * Counts what becomes of an upload. The figures are the same however often it is processed, and wherever an earlier
 * run ended: accepted is what the stored days say the upload brought, not what this run happened to add.
 */
export interface Tally {
  merged(days: readonly MergedDay[], samples: number): void
  rejected(input: unknown, faults: readonly Pick<SampleFault, 'code'>[]): void
  /** A record that was refused before it came here. */
  refused(type: string, code: string): void
  /** Takes up what an earlier attempt had counted; what it stored is then told by {@link Tally.recounted}. */
  restore(checkpoint: Checkpoint): void
  /** All that the upload brought, counted in what is stored. */
  recounted(accepted: number): void
  /** Records seen so far. */
  seen(): number
  /** What a later attempt needs. */
  figures(): Pick<Checkpoint, 'good' | 'rejected' | 'rejections'>
  counts(): UploadCounts
  rejections(): Rejection[]
}

export function createTally(): Tally {
  const brought = new Map<string, number>()
  const refused = new Map<string, Rejection>()
  let total: number | undefined
  let good = 0
  let rejected = 0
  const refuse = (type: string, code: string, count = 1): void => {
    rejected += count
    const key = `${type} ${code}`
    const entry = refused.get(key)
    if (entry) entry.count += count
    else if (refused.size < MAX_REJECTIONS) refused.set(key, { type, code, count })
  }
  return {
    merged: (days, samples) => {
      good += samples
      for (const { metric, day, brought: count } of days) brought.set(`${metric}#${day}`, count)
    },
    rejected: (input, faults) => refuse(typeName(input), faults[0]?.code ?? 'invalid'),
    refused: (type, code) => refuse(type, code),
    restore: checkpoint => {
      good = checkpoint.good
      for (const { type, code, count } of checkpoint.rejections) refuse(type, code, count)
      rejected = checkpoint.rejected
    },
    recounted: accepted => {
      total = accepted
    },
    seen: () => good + rejected,
    figures: () => ({ good, rejected, rejections: [...refused.values()].map(entry => ({ ...entry })) }),
    counts: () => {
      const accepted = total ?? [...brought.values()].reduce((sum, count) => sum + count, 0)
      return { accepted, duplicate: good - accepted, rejected }
    },
    rejections: () => [...refused.values()].sort((a, b) => b.count - a.count),
  }
}
