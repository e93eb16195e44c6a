import { createHash } from 'node:crypto'
import type { Dimension } from '@aws-sdk/client-cloudwatch'
import type { ServiceContext } from '../../core/service.ts'
import { type Aggregate, merge } from './aggregate.ts'

/** A metric by its whole identity. */
export interface MetricRecord {
  id: string
  namespace: string
  name: string
  /** In the order of their names. */
  dimensions: { Name: string; Value: string }[]
  /** When the newest sample came. */
  seenAt: number
}

/** The samples of one metric in one span, in one unit. */
interface Bucket extends Aggregate {
  start: number
  unit: string
}

/** How long samples are kept: 15 days, as AWS keeps those of a minute. */
const KEPT_MS = 15 * 86_400_000
/** How long spans shorter than a minute are kept apart: 3 hours, as AWS does. */
const FINE_MS = 3 * 3_600_000
const MINUTE_MS = 60_000
/** Rows read at a time. */
const PAGE = 1000

export type MetricStore = ReturnType<typeof createMetricStore>

/** Samples in spans of a minute of the cloud's clock (of a second where asked for), with values and counts. */
export function createMetricStore({ store, clock }: ServiceContext) {
  const metrics = store.collection<MetricRecord>('monitoring', 'metric')
  const buckets = store.collection<Bucket>('monitoring', 'bucket')
  const minute = Math.max(1, Math.min(MINUTE_MS, clock.minutes(1)))

  function put(bucket: Bucket, id: string): void {
    const key = `${id}/${stamp(bucket.start)}/${bucket.unit}`
    const known = buckets.get(key)
    buckets.put(key, known ? { ...bucket, ...merge(known, bucket) } : bucket)
  }

  function* read(id: string, from: number, to: number): Generator<{ key: string; value: Bucket }> {
    let at = `${id}/${stamp(from)}`
    for (;;) {
      const rows = buckets.scan(at, `${id}/${stamp(to)}`, PAGE)
      yield* rows
      if (rows.length < PAGE) return
      at = `${rows.at(-1)?.key}\0`
    }
  }

  /** Drops what is too old, and joins fine spans to minutes. */
  function tidy(): void {
    const now = clock.now()
    for (const metric of metrics.list())
      store.transaction(() => {
        for (const { key } of read(metric.id, 0, now - KEPT_MS)) buckets.delete(key)
        if (metric.seenAt < now - KEPT_MS) metrics.delete(metric.id)
        for (const { key, value } of read(metric.id, now - KEPT_MS, now - FINE_MS)) {
          const start = Math.floor(value.start / MINUTE_MS) * MINUTE_MS
          if (start === value.start) continue
          buckets.delete(key)
          put({ ...value, start }, metric.id)
        }
      })
  }

  return {
    metrics,
    tidy,
    /** Must run inside a transaction where several samples belong together. */
    add(
      metric: Pick<MetricRecord, 'namespace' | 'name' | 'dimensions'>,
      time: number,
      unit: string,
      samples: Aggregate,
      fine: boolean,
    ): void {
      const id = metricId(metric.namespace, metric.name, metric.dimensions)
      const known = metrics.get(id)
      const seenAt = Math.max(time, known?.seenAt ?? 0)
      // read by ListMetrics and tidy alone, which do not count minutes
      if (!known || seenAt - known.seenAt >= MINUTE_MS) metrics.put(id, { id, ...metric, seenAt })
      const span = fine ? Math.min(1000, minute) : minute
      put({ ...samples, unit, start: Math.floor(time / span) * span }, id)
    },
    /**
     * The samples of a metric from `from` (inclusive) to `to`, in spans of `step` ms that begin at `from`.
     * @param unit only samples of this unit; all together when absent
     */
    spans(id: string, from: number, to: number, step: number, unit?: string): Map<number, Aggregate> {
      const found = new Map<number, Aggregate>()
      for (const { value } of read(id, from, to)) {
        if (unit !== undefined && value.unit !== unit) continue
        const start = from + Math.floor((value.start - from) / step) * step
        const { count, sum, min, max, values } = value
        const samples = { count, sum, min, max, values }
        const before = found.get(start)
        found.set(start, before ? merge(before, samples) : samples)
      }
      return found
    },
    /** The units in which a metric has samples in a time. */
    units(id: string, from: number, to: number): string[] {
      return [...new Set([...read(id, from, to)].map(({ value }) => value.unit))]
    },
  }
}

/** The key of a metric: the same whatever the order of its dimensions. */
export function metricId(namespace: string, name: string, dimensions: Dimension[]): string {
  const sorted = sortDimensions(dimensions).map(({ Name, Value }) => [Name, Value])
  return createHash('sha256')
    .update(JSON.stringify([namespace, name, sorted]))
    .digest('hex')
    .slice(0, 24)
}

export function sortDimensions(dimensions: Dimension[]): { Name: string; Value: string }[] {
  return dimensions
    .map(({ Name = '', Value = '' }) => ({ Name, Value }))
    .sort((a, b) => (a.Name < b.Name ? -1 : 1))
}

/** A time as text that sorts as time does. */
function stamp(time: number): string {
  return String(Math.max(0, Math.floor(time))).padStart(14, '0')
}
