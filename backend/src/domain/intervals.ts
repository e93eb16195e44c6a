/** A stretch of time, in milliseconds since the epoch. */
export interface Interval {
  startMs: number
  endMs: number
}

/** Milliseconds that the intervals cover together, overlaps once. */
export function unionMs(intervals: readonly Interval[]): number {
  const sorted = [...intervals].sort((a, b) => a.startMs - b.startMs)
  let total = 0
  let until = Number.NEGATIVE_INFINITY
  for (const { startMs, endMs } of sorted) {
    if (endMs <= until) continue
    total += endMs - Math.max(startMs, until)
    until = endMs
  }
  return total
}
