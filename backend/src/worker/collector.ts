import { markOf } from '../domain/chunk/uuid-bytes.ts'
import { derivedUuid, hasDerivedUuid } from '../domain/derived-uuid.ts'
import { parseSample } from '../domain/parse-sample.ts'
import type { ParsedSample, Sample, StoredSample } from '../domain/sample.ts'
import { contentHashOf, type UploadPointer } from '../domain/upload.ts'
import type { ProcessDeps } from './process-upload.ts'
import type { Tally } from './tally.ts'

/** Takes the samples of one upload, and merges them into the chunks a batch at a time. */
export interface Collector {
  /**
   * Checks a sample and keeps it until the next flush.
   * @param derived whether it is to get the UUID that is derived from it
   * @param ordinal its place in the envelope, where it stands in one
   */
  add(input: unknown, derived?: true, ordinal?: number): void
  /** Samples that wait for the next flush. */
  waiting(): number
  /** Merges what waits; durable when it resolves. */
  flush(): Promise<void>
  /** Merges the rest, and takes out again what was deleted in the meantime. */
  finish(): Promise<void>
}

/**
 * Samples whose UUID was deleted are refused. The tombstones are read once, and once more at the end: a worker that was
 * taken for dead may go on beside another one that has since worked off a deletion. Either that deletion's search finds
 * what was merged here, or this second look finds the deletion.
 */
export async function collector(deps: ProcessDeps, pointer: UploadPointer, tally: Tally): Promise<Collector> {
  const { user_id: userId, upload_id: upload } = pointer
  // Judged as of their arrival: however long the queue was, and in a rebuild, the same are refused.
  const now = Date.parse(pointer.received_at)
  const envelope = contentHashOf(pointer)
  const dead = await deps.samples.tombstones(userId)
  let batch: StoredSample[] = []
  /** All members at once: to add some to an object takes longer than to make another. */
  const storedOf = (
    { sample, metric, startMs, endMs, offset, day, canonical }: ParsedSample,
    derived: true | undefined,
    ordinal: number | undefined,
  ): StoredSample => {
    if (derived || hasDerivedUuid(sample))
      return { sample, metric, startMs, endMs, offset, day, canonical, upload, derived: true }
    if (envelope === undefined || ordinal === undefined)
      return { sample, metric, startMs, endMs, offset, day, canonical, upload }
    const original = { envelope, ordinal, mark: markOf(sample.uuid) }
    return { sample, metric, startMs, endMs, offset, day, canonical, upload, original }
  }
  const flush = async (): Promise<void> => {
    const full = batch
    batch = []
    if (full.length > 0) tally.merged(await deps.samples.merge(userId, upload, full), full.length)
  }
  return {
    add: (input, derived, ordinal) => {
      if (derived) (input as Sample).uuid = derivedUuid(input as Sample)
      const result = parseSample(input, now)
      if (!result.ok) tally.rejected(input, result.faults)
      else if (dead.has(result.parsed.sample.uuid)) tally.rejected(input, [{ code: 'deleted' }])
      else batch.push(storedOf(result.parsed, derived, ordinal))
    },
    waiting: () => batch.length,
    flush,
    finish: async () => {
      await flush()
      const later = await deps.samples.tombstones(userId)
      if (later.size > dead.size) await deps.samples.remove(userId, later.except(dead))
    },
  }
}
