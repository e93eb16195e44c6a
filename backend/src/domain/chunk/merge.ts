import type { ParsedSample, StoredSample } from '../sample.ts'
import { createUuidSet, markOf } from './uuid-bytes.ts'

/** Identity of a sample: UUIDs are the same in either case. Empty while its UUID has not been looked up. */
export function identity({ sample }: ParsedSample): string {
  return sample.uuid.toLowerCase()
}

/**
 * Where a sample stands among those of the same start, as a text: by UUID where the chunk has that, behind these by the
 * place of the UUID in its envelope. So nothing has to be looked up to put samples in order.
 */
export function placeOf(stored: ParsedSample & Pick<StoredSample, 'original'>): string {
  const { original } = stored
  return original
    ? `~${original.envelope}.${String(original.ordinal).padStart(ORDINAL_DIGITS, '0')}`
    : identity(stored)
}

/** Of a batch's 10,000 samples the last is 9999. */
const ORDINAL_DIGITS = 6

/** The order of samples in a chunk and in every answer: by start, then {@link placeOf}. */
export function compareSamples(a: ParsedSample, b: ParsedSample): number {
  return a.startMs - b.startMs || (placeOf(a) < placeOf(b) ? -1 : 1)
}

/**
 * The samples among `incoming` that neither `existing` nor an earlier incoming one holds; a sample once stored is
 * never replaced, for HealthKit samples do not change.
 * @param existing those of them must have been looked up that may be the same as an incoming one
 */
export function newSamples(
  existing: readonly StoredSample[],
  incoming: readonly StoredSample[],
): StoredSample[] {
  const isNew = incoming.every(({ original }) => original)
    ? byMarks(existing, incoming.length)
    : byUuids(existing, incoming.length)
  return incoming.filter(isNew)
}

function byUuids(existing: readonly StoredSample[], more: number): (stored: StoredSample) => boolean {
  const isNew = createUuidSet(existing.length + more)
  for (const { sample } of existing) if (sample.uuid !== '') isNew(sample.uuid)
  return ({ sample }) => isNew(sample.uuid)
}

/** The same by the marks that samples bring along: UUIDs are looked at only where two have one mark. */
function byMarks(existing: readonly StoredSample[], more: number): (stored: StoredSample) => boolean {
  const known: StoredSample[] = []
  const marks = new Uint16Array(existing.length + more)
  /** The last known sample of a mark's place, counted from one, and of each the one before it of the same place. */
  const last = new Uint32Array(MARK_PLACES)
  const before = new Uint32Array(existing.length + more + 1)
  const isNew = (stored: StoredSample): boolean => {
    const mark = stored.original?.mark ?? markOf(stored.sample.uuid)
    const place = mark & (MARK_PLACES - 1)
    const first = last[place] as number
    for (let at = first; at > 0; at = before[at] as number)
      if (marks[at - 1] === mark && identity(known[at - 1] as StoredSample) === identity(stored)) return false
    marks[known.length] = mark
    last[place] = known.push(stored)
    before[known.length] = first
    return true
  }
  for (const stored of existing) if (stored.sample.uuid !== '') isNew(stored)
  return isNew
}

/** Enough that few of a day's samples share one. */
const MARK_PLACES = 4096

/** Both sets in order, each sample once: the same whatever the order of the arguments' samples. */
export function mergeSamples(
  existing: readonly StoredSample[],
  incoming: readonly StoredSample[],
): StoredSample[] {
  return inOrder([...existing, ...newSamples(existing, incoming)])
}

/** Puts samples in order, in place. */
export function inOrder(samples: StoredSample[]): StoredSample[] {
  return isSorted(samples) ? samples : samples.sort(compareSamples)
}

/** Whether samples rise strictly: what comes in the order of time needs no sorting. */
function isSorted(samples: readonly ParsedSample[]): boolean {
  for (let i = 1; i < samples.length; i++) {
    const [a, b] = [samples[i - 1] as ParsedSample, samples[i] as ParsedSample]
    if (a.startMs > b.startMs || (a.startMs === b.startMs && compareSamples(a, b) > 0)) return false
  }
  return true
}
