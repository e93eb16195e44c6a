import type { ParsedSample } from '../sample.ts'

/** Length of the window, and fewest heart rates in it for it to count: a watch takes one every five minutes. */
const WINDOW_MS = 30 * 60_000
const LEAST_SAMPLES = 3

/**
 * The lowest mean heart rate of half an hour of sleep, for days on which nobody computed a resting heart rate: a
 * stand-in, which must be labelled as such. Windows begin at each sample and lie within one stretch of sleep.
 * @param rates heart-rate samples @param sleep when the person slept, milliseconds since the epoch
 * @returns beats a minute; `undefined` where no half hour of sleep holds three samples
 */
export function lowestInSleep(
  rates: readonly ParsedSample[],
  sleep: readonly { startMs: number; endMs: number }[],
): number | undefined {
  let lowest: number | undefined
  const sorted = [...rates].sort((a, b) => a.startMs - b.startMs)
  for (const { startMs, endMs } of joined(sleep)) {
    const within = sorted.filter(rate => rate.startMs >= startMs && rate.startMs < endMs)
    let end = 0
    let sum = 0
    within.forEach((rate, begin) => {
      while (end < within.length && (within[end] as ParsedSample).startMs < rate.startMs + WINDOW_MS)
        sum += (within[end++] as ParsedSample).canonical
      const count = end - begin
      if (count >= LEAST_SAMPLES && rate.startMs + WINDOW_MS <= endMs)
        lowest = Math.min(lowest ?? Number.POSITIVE_INFINITY, sum / count)
      sum -= rate.canonical
    })
  }
  return lowest
}

/** Stretches that touch or overlap as one: stages follow each other without a gap. */
function joined(stretches: readonly { startMs: number; endMs: number }[]) {
  const all: { startMs: number; endMs: number }[] = []
  for (const { startMs, endMs } of [...stretches].sort((a, b) => a.startMs - b.startMs)) {
    const last = all.at(-1)
    if (last && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs)
    else all.push({ startMs, endMs })
  }
  return all
}
