import type { ParsedSample } from '../sample.ts'

/** Amounts by local minute, of the best source of each. */
export interface MinuteAmounts {
  /** First minute, counted from 1970-01-01T00:00 of the local clock. */
  first: number
  /** One amount a minute; 0 where no source says anything. */
  amounts: Float64Array
}

/** What lasts longer counts in the minute of its start: nobody walks for a week. */
const LONGEST_MS = 7 * 24 * 3_600_000
const MINUTE_MS = 60_000

/**
 * Merges the sources of what adds up. Phone and watch count the same steps, so they are never added: a sample is spread
 * evenly over the local minutes that it lasts, and in each minute the source with the largest amount counts. The total
 * is therefore never below that of any one source and never above that of all together.
 */
export function bestSourcePerMinute(samples: readonly ParsedSample[]): MinuteAmounts {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const sample of samples) {
    const start = localStart(sample)
    first = Math.min(first, Math.floor(start / MINUTE_MS))
    last = Math.max(last, Math.floor((start + Math.max(lengthOf(sample) - 1, 0)) / MINUTE_MS))
  }
  if (samples.length === 0) return { first: 0, amounts: new Float64Array() }
  const amounts = new Float64Array(last - first + 1)
  const sources = [...Map.groupBy(samples, sourceKey).values()]
  if (sources.length === 1) {
    for (const sample of samples) spread(sample, first, amounts)
    return { first, amounts }
  }
  const own = new Float64Array(amounts.length)
  for (const source of sources) {
    own.fill(0)
    for (const sample of source) spread(sample, first, own)
    for (let minute = 0; minute < own.length; minute++)
      if ((own[minute] as number) > (amounts[minute] as number)) amounts[minute] = own[minute] as number
  }
  return { first, amounts }
}

/** Their total, without the dust of adding up shares: a count of steps must not end in .0000000001. */
export function totalOf(amounts: Float64Array): number {
  let sum = 0
  for (const amount of amounts) sum += amount
  return Number(sum.toPrecision(12))
}

/** One device or app: two of the same name from different bundles are two. */
export function sourceKey({ sample: { source } }: ParsedSample): string {
  return `${source.name}\n${source.bundle_id ?? ''}`
}

function spread(sample: ParsedSample, first: number, amounts: Float64Array): void {
  const start = localStart(sample)
  const length = lengthOf(sample)
  const at = Math.floor(start / MINUTE_MS)
  if (length === 0) {
    amounts[at - first] = (amounts[at - first] as number) + sample.canonical
    return
  }
  const end = start + length
  for (let minute = at; minute * MINUTE_MS < end; minute++) {
    const from = Math.max(start, minute * MINUTE_MS)
    const until = Math.min(end, (minute + 1) * MINUTE_MS)
    const share = (sample.canonical * (until - from)) / length
    amounts[minute - first] = (amounts[minute - first] as number) + share
  }
}

function localStart({ startMs, offset }: ParsedSample): number {
  return startMs + offset * MINUTE_MS
}

function lengthOf({ startMs, endMs }: ParsedSample): number {
  return endMs - startMs <= LONGEST_MS ? endMs - startMs : 0
}
