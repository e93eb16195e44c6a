import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { compareSamples, placeOf } from '../../domain/chunk/merge.ts'
import type { Clock } from '../../domain/clock.ts'
import type { DailySummaries } from '../../domain/daily-summary.ts'
import { localDate } from '../../domain/instant.ts'
import type { Metric } from '../../domain/metrics/metric.ts'
import type { Sample, StoredSample } from '../../domain/sample.ts'
import type { DaySummary } from '../../domain/summarize.ts'
import type { Originals } from '../s3/originals.ts'
import { queryChunks, samplesOf } from './chunk-items.ts'
import { ownerOf } from './keys.ts'
import { countBroughtBy, type MergedDay, mergeIntoChunks } from './merge-samples.ts'
import { removeFromChunks } from './remove-samples.ts'
import { revise } from './revisions.ts'
import { querySummaries } from './summary-items.ts'
import { type SampleTable, tableOf } from './table.ts'
import { addTombstones, readTombstones, type Tombstones } from './tombstones.ts'

export interface SampleStoreDeps {
  client: DynamoDBClient
  tableName: string
  clock: Clock
  originals: Originals
}

/** Where reading goes on: after this sample. */
export interface Position {
  day: string
  startMs: number
  /** Among those of the same start, see `placeOf`. */
  place: string
}

export interface ReadQuery {
  userId: string
  metric: Metric
  /** Samples that start at or after `fromMs` and before `toMs`. */
  fromMs: number
  toMs: number
  limit: number
  after?: Position
}

/** The samples of all users, in chunks of a metric's local day, and their daily summaries. */
export interface SampleStore extends DailySummaries {
  /**
   * Adds what is not there yet and renews the summaries; durable when it resolves. Repeating it, whole or in part and
   * at any point of failure, changes nothing.
   * @param samples of one upload
   * @throws Error when other writers win eight times in a row
   */
  merge(userId: string, upload: string, samples: readonly StoredSample[]): Promise<MergedDay[]>
  /** UUIDs whose samples must not be stored. */
  tombstones(userId: string): Promise<Tombstones>
  /** Makes sure that samples of these UUIDs are not stored from now on. */
  entomb(userId: string, uuids: readonly string[]): Promise<void>
  /** How many stored samples an upload brought: reads every chunk of the user. */
  broughtBy(userId: string, upload: string): Promise<number>
  /**
   * Takes samples out of their chunks and renews the summaries; entomb them first. May be repeated after any failure.
   * @param metrics where to look. @default everywhere, which reads every chunk of the user
   * @returns how many were there
   */
  remove(userId: string, uuids: readonly string[], metrics?: readonly Metric[]): Promise<number>
  /**
   * Samples as they were sent, in order of local day, start and place; `next` when there are more.
   * @throws OriginalsUnreachable where UUIDs of these samples cannot be looked up just now
   */
  read(query: ReadQuery): Promise<{ samples: Sample[]; next?: Position }>
  /**
   * All samples that start on local days from `from` to `to` inclusive, in order of day; none is newer than the answer.
   * For measuring: UUIDs are not looked up, and are empty where a chunk does not hold them.
   */
  readDays(userId: string, metric: string, from: string, to: string): Promise<StoredSample[]>
  daily(userId: string, metric: string, from: string, to: string): Promise<DaySummary[]>
}

export function createSampleStore(deps: SampleStoreDeps): SampleStore {
  const table: SampleTable = { ...tableOf(deps), originals: deps.originals }

  async function read(query: ReadQuery): Promise<{ samples: Sample[]; next?: Position }> {
    const { userId, metric, fromMs, toMs, limit, after } = query
    const first = localDate(fromMs, LEAST_OFFSET)
    const range = {
      userId,
      metric: metric.name,
      fromDay: after && after.day > first ? after.day : first,
      toDay: localDate(toMs - 1, MOST_OFFSET),
    }
    const found: StoredSample[] = []
    let day: StoredSample[] = []
    const takeDay = (): void => {
      const wanted = day.filter(
        sample => sample.startMs >= fromMs && sample.startMs < toMs && (!after || isAfter(sample, after)),
      )
      found.push(...wanted.sort(compareSamples).slice(0, limit + 1 - found.length))
      day = []
    }
    let current = ''
    for await (const chunk of queryChunks(table, range, { consistent: true, firstPage: 2 })) {
      if (chunk.day !== current) takeDay()
      if (found.length > limit) break
      current = chunk.day
      day.push(...samplesOf(chunk))
    }
    if (found.length <= limit) takeDay()
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const more = found.length > limit && last
    await deps.originals.lookUp(ownerOf(userId), page)
    return {
      samples: page.map(({ sample }) => sample),
      ...(more && { next: { day: last.day, startMs: last.startMs, place: placeOf(last) } }),
    }
  }

  /** Whether or not it changed something: an earlier attempt may have, and died before it came to this. */
  async function thenRevise<T>(userId: string, change: () => Promise<T>): Promise<T> {
    const changed = await change()
    await revise(table, userId)
    return changed
  }

  async function readDays(userId: string, metric: string, from: string, to: string): Promise<StoredSample[]> {
    const samples: StoredSample[] = []
    for await (const chunk of queryChunks(
      table,
      { userId, metric, fromDay: from, toDay: to },
      { consistent: true },
    ))
      samples.push(...samplesOf(chunk))
    return samples
  }

  return {
    merge: (userId, upload, samples) =>
      thenRevise(userId, () => mergeIntoChunks(table, userId, upload, samples)),
    tombstones: userId => readTombstones(table, userId),
    entomb: (userId, uuids) => addTombstones(table, userId, uuids),
    broughtBy: (userId, upload) => countBroughtBy(table, userId, upload),
    remove: (userId, uuids, metrics) =>
      thenRevise(userId, () => removeFromChunks(table, userId, uuids, metrics)),
    read,
    readDays,
    daily: (userId, metric, from, to) => querySummaries(table, userId, metric, from, to),
  }
}

/** Minutes of the westernmost and easternmost offsets: an instant's local date lies between them. */
const LEAST_OFFSET = -12 * 60
const MOST_OFFSET = 14 * 60

function isAfter(sample: StoredSample, { day, startMs, place }: Position): boolean {
  if (sample.day !== day) return sample.day > day
  return sample.startMs > startMs || (sample.startMs === startMs && placeOf(sample) > place)
}
