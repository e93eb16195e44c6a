import type { ParsedSample } from './sample.ts'

/** Heartbeat series (`HKHeartbeatSeriesSample`): its beats are in `metadata.beats`. */
export const HEARTBEAT_SERIES = 'heartbeat_series'

/** One beat as HealthKit gives it: seconds since the series began, and whether beats before it were missed. */
export type Beat = readonly [seconds: number, precededByGap: boolean]

/**
 * The beats of a heartbeat series' metadata, `[[0, false], [0.81, false], …]`, in rising order.
 * @returns undefined where they are of another form
 */
export function readBeats(metadata: Record<string, unknown> | undefined): Beat[] | undefined {
  const beats = metadata?.beats
  if (!Array.isArray(beats) || beats.length === 0) return undefined
  let last = -1
  for (const beat of beats) {
    if (!Array.isArray(beat) || beat.length !== 2 || typeof beat[1] !== 'boolean') return undefined
    const [seconds] = beat as [unknown]
    if (typeof seconds !== 'number' || !(seconds >= 0 && seconds > last && seconds < 86_400)) return undefined
    last = seconds
  }
  return beats as Beat[]
}

/**
 * Intervals between successive beats in milliseconds, in runs without a gap: of a heartbeat series, or of an HRV sample
 * of an export, whose `InstantaneousBeatsPerMinute` say them as 60 / bpm. Empty where a sample carries no beats.
 */
export function beatIntervals({ sample, metric }: ParsedSample): number[][] {
  if (metric.name === HEARTBEAT_SERIES) return runsOf(readBeats(sample.metadata) ?? [])
  const list = sample.metadata?.InstantaneousBeatsPerMinute
  if (!Array.isArray(list)) return []
  const intervals = list.map(entry => 60_000 / Number((entry as { bpm?: unknown } | null)?.bpm))
  return [intervals.filter(interval => interval > 0 && Number.isFinite(interval))].filter(
    run => run.length > 0,
  )
}

function runsOf(beats: readonly Beat[]): number[][] {
  const runs: number[][] = []
  beats.forEach(([seconds, gap], index) => {
    const before = beats[index - 1]
    if (!before || gap) runs.push([])
    else runs.at(-1)?.push((seconds - before[0]) * 1000)
  })
  return runs.filter(run => run.length > 0)
}
