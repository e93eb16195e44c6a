import { encodeChunk } from '../../domain/chunk/codec.ts'
import { mayHold, type Wanted, wanted } from '../../domain/chunk/holds.ts'
import { identity } from '../../domain/chunk/merge.ts'
import { findMetric } from '../../domain/metrics/catalogue.ts'
import type { Metric } from '../../domain/metrics/metric.ts'
import type { StoredSample } from '../../domain/sample.ts'
import { type ChunkItem, putChunk, queryChunks, queryEveryChunk, samplesOf } from './chunk-items.ts'
import { inParallel } from './in-parallel.ts'
import { ownerOf } from './keys.ts'
import { MERGE_ATTEMPTS } from './merge-samples.ts'
import { renewSummaries } from './renew-summaries.ts'
import { isConditionFailure, type SampleTable, type Table } from './table.ts'

/** As far as every metric's days reach. */
const EVERY_DAY = { fromDay: '0000', toDay: '9999' }

/**
 * Takes samples out of the chunks. A day's summary is written before its chunks are, as they will be: where a crash
 * comes between, the samples are found again by the repetition and nothing stays stale. A chunk that becomes empty
 * stays, for its version is what other writers meet at.
 * @returns how many samples were there
 */
export async function removeFromChunks(
  table: SampleTable,
  userId: string,
  uuids: readonly string[],
  metrics?: readonly Metric[],
): Promise<number> {
  if (uuids.length === 0) return 0
  const dead = wanted(uuids)
  const daysOf = new Map<string, Set<string>>()
  for await (const { metric, chunk } of chunksToSearch(table, userId, metrics)) {
    if (!mayHold(chunk.data, dead)) continue
    const days = daysOf.get(metric) ?? new Set()
    daysOf.set(metric, days.add(chunk.day))
  }
  let removed = 0
  for (const [name, days] of daysOf) {
    const metric = findMetric(name)
    if (!metric) throw new Error(`stored chunks have the unknown metric '${name}'; do not remove metrics`)
    removed += await removeFromMetric(table, userId, metric, [...days], dead)
  }
  return removed
}

async function removeFromMetric(
  table: SampleTable,
  userId: string,
  metric: Metric,
  days: string[],
  dead: Wanted,
): Promise<number> {
  /** Only samples whose marks are those of dead ones are looked up. */
  const living = async (samples: StoredSample[]): Promise<StoredSample[]> => {
    const alike = samples.filter(({ original }) => original && dead.marks.has(original.mark))
    await table.originals.lookUp(ownerOf(userId), alike)
    return samples.filter(sample => !dead.uuids.has(identity(sample)))
  }
  await renewSummaries(table, userId, metric, days, async ({ version }, samples) => {
    const left = await living(samples)
    return { samples: left, version: left.length < samples.length ? version + 1 : version }
  })
  const counts = await inParallel(days, day => removeFromDay(table, userId, metric, day, living))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function removeFromDay(
  table: SampleTable,
  userId: string,
  metric: Metric,
  day: string,
  living: (samples: StoredSample[]) => Promise<StoredSample[]>,
): Promise<number> {
  const range = { userId, metric: metric.name, fromDay: day, toDay: day }
  let removed = 0
  for (let attempt = 1; ; attempt++) {
    try {
      for (const chunk of await Array.fromAsync(queryChunks(table, range, { consistent: true }))) {
        const before = samplesOf(chunk)
        const samples = await living(before)
        if (samples.length === before.length) continue
        const changed = {
          ...chunk,
          version: chunk.version + 1,
          data: encodeChunk(samples),
          count: samples.length,
        }
        await putChunk(table, userId, metric.name, changed)
        removed += before.length - samples.length
      }
      // Another writer was here since: what it left has a summary to be had from the chunks as they are.
      if (attempt > 1) await renewSummaries(table, userId, metric, [day])
      return removed
    } catch (error) {
      if (!isConditionFailure(error) || attempt === MERGE_ATTEMPTS) throw error
    }
  }
}

async function* chunksToSearch(
  table: Table,
  userId: string,
  metrics: readonly Metric[] | undefined,
): AsyncGenerator<{ metric: string; chunk: ChunkItem }> {
  if (!metrics) return yield* queryEveryChunk(table, userId)
  for (const metric of new Set(metrics)) {
    const range = { userId, metric: metric.name, ...EVERY_DAY }
    for await (const chunk of queryChunks(table, range, { consistent: true }))
      yield { metric: metric.name, chunk }
  }
}
