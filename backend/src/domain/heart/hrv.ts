/** Variability of the intervals between beats (RR), Task Force 1996, https://doi.org/10.1161/01.CIR.93.5.1043. */
export interface Variability {
  /** Root mean square of successive differences, ms. */
  rmssd: number
  /** Standard deviation of the intervals, n − 1, ms. */
  sdnn: number
  /** Share of successive differences above 50 ms, of the differences, per cent. */
  pnn50: number
  /** Mean interval in ms, and mean of the momentary heart rates (60,000 of each interval) in beats a minute. */
  meanRr: number
  meanHeartRate: number
  /** Intervals and successive differences that went in. */
  intervals: number
  differences: number
}

/** Intervals outside are missed or doubled beats, not a heart: 200 to 30 a minute. */
const LEAST_MS = 300
const MOST_MS = 2000

/**
 * Variability over runs of intervals; no difference is taken across a gap. NaN where there is too little to take it.
 * @param runs intervals in milliseconds, in runs without a missed beat
 */
export function variabilityOf(runs: readonly (readonly number[])[]): Variability {
  const good = runs.flatMap(splitAtArtefacts)
  const intervals = good.flat()
  const differences = good.flatMap(run => run.slice(1).map((value, index) => value - (run[index] as number)))
  const meanRr = sum(intervals) / intervals.length
  return {
    rmssd: Math.sqrt(sum(differences.map(value => value ** 2)) / differences.length),
    sdnn: Math.sqrt(sum(intervals.map(value => (value - meanRr) ** 2)) / (intervals.length - 1)),
    pnn50: (100 * differences.filter(value => Math.abs(value) > 50).length) / differences.length,
    meanRr,
    meanHeartRate: sum(intervals.map(value => 60_000 / value)) / intervals.length,
    intervals: intervals.length,
    differences: differences.length,
  }
}

function splitAtArtefacts(run: readonly number[]): number[][] {
  const parts: number[][] = [[]]
  for (const interval of run)
    if (interval >= LEAST_MS && interval <= MOST_MS) parts.at(-1)?.push(interval)
    else parts.push([])
  return parts.filter(part => part.length > 0)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
