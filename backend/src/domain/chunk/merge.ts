import type { ParsedSample, StoredSample } from '../sample.ts'
import { createUuidSet } from './uuid-bytes.ts'

/** Identity of a sample: UUIDs are the same in either case. */
export function identity({ sample }: ParsedSample): string {
  return sample.uuid.toLowerCase()
}

/** The order of samples in a chunk and in every answer: by start, then UUID. */
export function compareSamples(a: ParsedSample, b: ParsedSample): number {
  return a.startMs - b.startMs || (identity(a) < identity(b) ? -1 : 1)
}

/**
 * The samples among `incoming` that neither `existing` nor an earlier incoming one holds; a sample once stored is
 * never replaced, for HealthKit samples do not change.
 */
export function newSamples(
  existing: readonly StoredSample[],
  incoming: readonly StoredSample[],
): StoredSample[] {
  const isNew = createUuidSet(existing.length + incoming.length)
  for (const { sample } of existing) isNew(sample.uuid)
  return incoming.filter(({ sample }) => isNew(sample.uuid))
}

/** Both sets in order, each sample once: the same whatever the order of the arguments' samples. */
export function mergeSamples(
  existing: readonly StoredSample[],
  incoming: readonly StoredSample[],
): StoredSample[] {
  const all = [...existing, ...newSamples(existing, incoming)]
  return isSorted(all) ? all : all.sort(compareSamples)
}

/** Whether samples rise strictly: what comes in the order of time needs no sorting. */
function isSorted(samples: readonly ParsedSample[]): boolean {
  for (let i = 1; i < samples.length; i++) {
    const [a, b] = [samples[i - 1] as ParsedSample, samples[i] as ParsedSample]
    if (a.startMs > b.startMs || (a.startMs === b.startMs && compareSamples(a, b) > 0)) return false
  }
  return true
}
