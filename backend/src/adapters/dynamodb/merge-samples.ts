import { setImmediate } from 'node:timers/promises'
import { compareSamples, inOrder, newSamples } from '../../domain/chunk/merge.ts'
import { markOf } from '../../domain/chunk/uuid-bytes.ts'
import type { Metric } from '../../domain/metrics/metric.ts'
import type { StoredSample } from '../../domain/sample.ts'
import { summarize, windowOf } from '../../domain/summarize.ts'
import { pack } from './append.ts'
import { type ChunkItem, putChunk, queryChunks, queryEveryChunk, samplesOf } from './chunk-items.ts'
import { inParallel } from './in-parallel.ts'
import { ownerOf } from './keys.ts'
import { renewSummaries } from './renew-summaries.ts'
import { putSummary } from './summary-items.ts'
import { isConditionFailure, type SampleTable, type Table } from './table.ts'

/** What a merge left in one metric's day. */
export interface MergedDay {
  metric: string
  day: string
  /** Samples of the day that the upload brought, in this merge or an earlier one; the same after any repetition. */
  brought: number
}

/** How often a merge of a day is tried when another writer comes between. */
export const MERGE_ATTEMPTS = 8

/**
 * Adds what is not there yet and renews the summaries; durable when it resolves. Repeating it, whole or in part and
 * at any point of failure, changes nothing.
 * @param samples of one upload
 * @throws Error when other writers win eight times in a row
 */
export async function mergeIntoChunks(
  table: SampleTable,
  userId: string,
  upload: string,
  samples: readonly StoredSample[],
): Promise<MergedDay[]> {
  const groups = [...Map.groupBy(samples, ({ metric, day }) => `${metric.name}#${day}`).values()].map(
    group => (isWorthReferring(group.length, samples.length) ? group : group.map(withOwnUuid)),
  )
  const merged = await inParallel(groups, group => mergeDay(table, userId, upload, group))
  for (const [metric, ofMetric] of Map.groupBy(groups, metricOf).entries())
    if (windowOf(metric).before > 0) await renewSummaries(table, userId, metric, ofMetric.map(dayOf))
  return merged
}

/** How many stored samples an upload brought. */
export async function countBroughtBy(table: Table, userId: string, upload: string): Promise<number> {
  let count = 0
  for await (const { chunk } of queryEveryChunk(table, userId)) {
    for (const sample of samplesOf(chunk)) if (sample.upload === upload) count++
    // A page holds chunks for seconds of unpacking, in which nothing else ran: not even what keeps the message hidden.
    await setImmediate()
  }
  return count
}

/**
 * Whether a day's samples refer to their UUIDs rather than hold them. A few would save nothing, for a small chunk costs
 * what the smallest does; and who reads some samples must not have to fetch hundreds of times as many for their UUIDs.
 */
function isWorthReferring(ofDay: number, ofUpload: number): boolean {
  return ofDay >= 8 && ofDay * MOST_FETCHED >= ofUpload
}

const MOST_FETCHED = 64

function withOwnUuid(stored: StoredSample): StoredSample {
  if (!stored.original) return stored
  const { original: _, ...own } = stored
  return own
}

async function mergeDay(
  table: SampleTable,
  userId: string,
  upload: string,
  incoming: StoredSample[],
): Promise<MergedDay> {
  const metric = metricOf(incoming)
  const day = dayOf(incoming)
  const range = { userId, metric: metric.name, fromDay: day, toDay: day }
  for (let attempt = 1; ; attempt++) {
    const parts = await Array.fromAsync(queryChunks(table, range, { consistent: true }))
    const existing = parts.map(samplesOf)
    await lookUpAlike(table, userId, existing.flat(), incoming)
    const fresh = newSamples(existing.flat(), incoming)
    try {
      const written = await append(table, { userId, metric, day }, parts, existing.at(-1) ?? [], fresh)
      const all = inOrder([...existing.flat(), ...fresh])
      const basis = parts.reduce((sum, { version }) => sum + version, written)
      if (windowOf(metric).before === 0)
        await putSummary(table, userId, metric.name, day, summarize(metric, day, all), basis)
      const brought = all.filter(sample => sample.upload === upload).length
      return { metric: metric.name, day, brought }
    } catch (error) {
      if (!isConditionFailure(error)) throw error
      if (attempt === MERGE_ATTEMPTS)
        throw new Error(`other writers kept changing ${metric.name} of a day; ${attempt} attempts`, {
          cause: error,
        })
    }
  }
}

/**
 * Looks up the UUIDs of stored samples that may be the same as incoming ones, by their marks; all others differ. Those
 * that this very upload brought, in an attempt that died, are at hand.
 */
async function lookUpAlike(
  { originals }: SampleTable,
  userId: string,
  existing: readonly StoredSample[],
  incoming: readonly StoredSample[],
): Promise<void> {
  if (!existing.some(({ original }) => original)) return
  const marks = new Set(incoming.map(({ sample, original }) => original?.mark ?? markOf(sample.uuid)))
  const alike = existing.filter(({ original }) => original && marks.has(original.mark))
  const own = new Map(incoming.map(({ sample, original }) => [original?.ordinal, sample.uuid]))
  const { envelope } = incoming.find(({ original }) => original)?.original ?? {}
  for (const { sample, original } of alike)
    if (original?.envelope === envelope) sample.uuid = own.get(original?.ordinal) ?? ''
  await originals.lookUp(ownerOf(userId), alike)
}

/**
 * Puts new samples into the last part, then into further ones. Every writer writes the last part that it saw, even
 * one that is full: so writers that see the same parts meet in the same condition, and one of them starts over.
 * Returns the number of writes.
 */
async function append(
  table: Table,
  { userId, metric, day }: { userId: string; metric: Metric; day: string },
  parts: ChunkItem[],
  lastSamples: StoredSample[],
  fresh: StoredSample[],
): Promise<number> {
  const last = parts.at(-1)
  let part = last?.part ?? 0
  let version = last?.version ?? 0
  let base = lastSamples
  let rest = [...fresh].sort(compareSamples)
  let writes = 0
  while (rest.length > 0) {
    const packed = pack(base, rest) ?? (last && { data: last.data, count: base.length, taken: 0 })
    if (!packed || (base.length === 0 && packed.taken === 0))
      throw new Error(`a single ${metric.name} sample does not fit into a chunk`)
    const { data, count } = packed
    await putChunk(table, userId, metric.name, { day, part, version: version + 1, data, count })
    writes++
    rest = rest.slice(packed.taken)
    part++
    version = 0
    base = []
  }
  return writes
}

function metricOf(group: readonly StoredSample[]): Metric {
  return (group[0] as StoredSample).metric
}

function dayOf(group: readonly StoredSample[]): string {
  return (group[0] as StoredSample).day
}
