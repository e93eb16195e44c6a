import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { compareSamples, identity, mergeSamples, newSamples } from '../../domain/chunk/merge.ts'
import type { Clock } from '../../domain/clock.ts'
import type { DailySummaries } from '../../domain/daily-summary.ts'
import { localDate } from '../../domain/instant.ts'
import type { Metric } from '../../domain/metrics/metric.ts'
import type { Sample, StoredSample } from '../../domain/sample.ts'
import { type DaySummary, datesTouchedBy, summarize, windowOf } from '../../domain/summarize.ts'
import { pack } from './append.ts'
import { type ChunkItem, putChunk, queryChunks, samplesOf } from './chunk-items.ts'
import { putSummary, querySummaries } from './summary-items.ts'

export interface SampleStoreDeps {
  client: DynamoDBClient
  tableName: string
  clock: Clock
}

/** Where reading goes on: after this sample. */
export interface Position {
  day: string
  startMs: number
  /** Lower case. */
  uuid: string
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

/** What a merge left in one metric's day. */
export interface MergedDay {
  metric: string
  day: string
  /** Samples of the day that the upload brought, in this merge or an earlier one; the same after any repetition. */
  brought: number
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
  /** Samples in order of local day, start and UUID; `next` when there are more. */
  read(query: ReadQuery): Promise<{ samples: Sample[]; next?: Position }>
  daily(userId: string, metric: string, from: string, to: string): Promise<DaySummary[]>
}

/** How often a merge of a day is tried when another writer comes between. */
const MERGE_ATTEMPTS = 8
/** Days merged at a time. */
const CONCURRENCY = 8

export function createSampleStore(deps: SampleStoreDeps): SampleStore {
  const table = {
    client: DynamoDBDocumentClient.from(deps.client, { marshallOptions: { removeUndefinedValues: true } }),
    tableName: deps.tableName,
  }

  async function merge(
    userId: string,
    upload: string,
    samples: readonly StoredSample[],
  ): Promise<MergedDay[]> {
    const groups = [...Map.groupBy(samples, ({ metric, day }) => `${metric.name}#${day}`).values()]
    const merged = await inParallel(groups, group => mergeDay(userId, upload, group))
    for (const group of Map.groupBy(groups, group => metricOf(group)).entries()) {
      const [metric, ofMetric] = group
      if (windowOf(metric).before > 0) await renewWindowed(userId, metric, ofMetric.map(dayOf))
    }
    return merged
  }

  async function mergeDay(userId: string, upload: string, incoming: StoredSample[]): Promise<MergedDay> {
    const metric = metricOf(incoming)
    const day = dayOf(incoming)
    const range = { userId, metric: metric.name, fromDay: day, toDay: day }
    for (let attempt = 1; ; attempt++) {
      const parts = await Array.fromAsync(queryChunks(table, range, { consistent: true }))
      const existing = parts.map(samplesOf)
      const fresh = newSamples(existing.flat(), incoming)
      try {
        const written = await append(userId, metric.name, day, parts, existing.at(-1) ?? [], fresh)
        const all = mergeSamples(existing.flat(), fresh)
        const basis = parts.reduce((sum, { version }) => sum + version, written)
        if (windowOf(metric).before === 0)
          await putSummary(table, userId, metric.name, day, summarize(metric, day, all), basis)
        const brought = all.filter(sample => sample.upload === upload).length
        return { metric: metric.name, day, brought }
      } catch (error) {
        if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
        if (attempt === MERGE_ATTEMPTS)
          throw new Error(`other writers kept changing ${metric.name} of a day; ${attempt} attempts`, {
            cause: error,
          })
      }
    }
  }

  /**
   * Puts new samples into the last part, then into further ones. Every writer writes the last part that it saw, even
   * one that is full: so writers that see the same parts meet in the same condition, and one of them starts over.
   * Returns the number of writes.
   */
  async function append(
    userId: string,
    metric: string,
    day: string,
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
        throw new Error(`a single ${metric} sample does not fit into a chunk`)
      const writtenAt = new Date(deps.clock.now()).toISOString()
      const { data, count } = packed
      await putChunk(table, userId, metric, { day, part, version: version + 1, data, count, writtenAt })
      writes++
      rest = rest.slice(packed.taken)
      part++
      version = 0
      base = []
    }
    return writes
  }

  /** Renews the summaries of a metric whose days depend on their neighbours, from the chunks as they now are. */
  async function renewWindowed(userId: string, metric: Metric, days: string[]): Promise<void> {
    const dates = [...new Set(days.flatMap(day => datesTouchedBy(metric, day)))].sort()
    const { before, after } = windowOf(metric)
    for (const run of runsOf(dates)) {
      const range = {
        userId,
        metric: metric.name,
        fromDay: shift(run[0] as string, -before),
        toDay: shift(run.at(-1) as string, after),
      }
      const chunks = await Array.fromAsync(queryChunks(table, range, { consistent: true }))
      const decoded = chunks.map(chunk => ({ ...chunk, samples: samplesOf(chunk) }))
      await inParallel(run, async date => {
        const near = decoded.filter(({ day }) => day >= shift(date, -before) && day <= shift(date, after))
        const basis = near.reduce((sum, { version }) => sum + version, 0)
        const summary = summarize(
          metric,
          date,
          near.flatMap(({ samples }) => samples),
        )
        await putSummary(table, userId, metric.name, date, summary, basis)
      })
    }
  }

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
    for await (const chunk of queryChunks(table, range, { consistent: false, firstPage: 2 })) {
      if (chunk.day !== current) takeDay()
      if (found.length > limit) break
      current = chunk.day
      day.push(...samplesOf(chunk))
    }
    if (found.length <= limit) takeDay()
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const more = found.length > limit && last
    return {
      samples: page.map(({ sample }) => sample),
      ...(more && { next: { day: last.day, startMs: last.startMs, uuid: identity(last) } }),
    }
  }

  return {
    merge,
    read,
    daily: (userId, metric, from, to) => querySummaries(table, userId, metric, from, to),
  }
}

/** Minutes of the westernmost and easternmost offsets: an instant's local date lies between them. */
const LEAST_OFFSET = -12 * 60
const MOST_OFFSET = 14 * 60

function isAfter(sample: StoredSample, { day, startMs, uuid }: Position): boolean {
  if (sample.day !== day) return sample.day > day
  return sample.startMs > startMs || (sample.startMs === startMs && identity(sample) > uuid)
}

function metricOf(group: readonly StoredSample[]): Metric {
  return (group[0] as StoredSample).metric
}

function dayOf(group: readonly StoredSample[]): string {
  return (group[0] as StoredSample).day
}

function shift(date: string, days: number): string {
  return localDate(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000, 0)
}

/** Sorted dates in runs without gaps of more than a week, so that one query reads no years in between. */
function runsOf(dates: readonly string[]): string[][] {
  const runs: string[][] = []
  for (const date of dates) {
    const run = runs.at(-1)
    if (run && date <= shift(run.at(-1) as string, 7)) run.push(date)
    else runs.push([date])
  }
  return runs
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, lane))
  return results
}
