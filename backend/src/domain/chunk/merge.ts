import type { ParsedSample, StoredSample } from '../sample.ts'

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
  const seen = new Set(existing.map(identity))
  return incoming.filter(sample => {
    const id = identity(sample)
    return !seen.has(id) && seen.add(id)
  })
}

/** Both sets in order, each sample once: the same whatever the order of the arguments' samples. */
export function mergeSamples(
  existing: readonly StoredSample[],
  incoming: readonly StoredSample[],
): StoredSample[] {
  return [...existing, ...newSamples(existing, incoming)].sort(compareSamples)
}
