import { median } from '../statistics.ts'

/** A moment from which on a series lies elsewhere. */
export interface ChangePoint {
  /** Index of the first value after the change. */
  index: number
  /** Medians of the stretch before it and of the one after it. */
  before: number
  after: number
  /** Approximate probability of such a change by chance. */
  p: number
}

/** Fewest values of a stretch: a week, so that a weekend is no change. */
const SHORTEST = 7
/** Days resemble their neighbours, which makes chance look like change; hence stricter than the usual 0.05. */
const LEVEL = 0.001

/**
 * Changes of level by Pettitt's rank test, which no outlier and no shape of distribution misleads, applied again to each
 * side of a change found (binary segmentation). Pettitt 1979, https://doi.org/10.2307/2346729; Scott & Knott 1974,
 * https://doi.org/10.2307/2529204. The day is found to within one or two, for the test leans towards equal halves.
 */
export function changePoints(values: readonly number[]): ChangePoint[] {
  const cuts = segment(values, 0).sort((a, b) => a.index - b.index)
  const borders = [0, ...cuts.map(({ index }) => index), values.length]
  return cuts.map(({ index, p }, at) => ({
    index,
    p,
    before: median(values.slice(borders[at], index)),
    after: median(values.slice(index, borders[at + 2])),
  }))
}

/** The most likely change of a series by Pettitt's test: K = max |U|, p ≈ 2 exp(−6K² / (n³ + n²)). */
export function pettitt(values: readonly number[], shortest = 1): { index: number; k: number; p: number } {
  const n = values.length
  const ranks = midRanks(values)
  let sum = 0
  let index = 0
  let k = -1
  for (let t = 1; t < n; t++) {
    sum += ranks[t - 1] as number
    const u = Math.abs(2 * sum - t * (n + 1))
    if (u > k && t >= shortest && n - t >= shortest) {
      k = u
      index = t
    }
  }
  return { index, k, p: Math.min(1, 2 * Math.exp((-6 * k * k) / (n ** 3 + n ** 2))) }
}

function segment(values: readonly number[], offset: number): { index: number; p: number }[] {
  if (values.length < 2 * SHORTEST) return []
  const { index, p } = pettitt(values, SHORTEST)
  if (p >= LEVEL) return []
  return [
    ...segment(values.slice(0, index), offset),
    { index: offset + index, p },
    ...segment(values.slice(index), offset + index),
  ]
}

/** Ranks from 1; equal values share the mean of theirs. */
function midRanks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number))
  const ranks = new Array<number>(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++
    for (let i = from; i < to; i++) ranks[order[i] as number] = (from + 1 + to) / 2
    from = to
  }
  return ranks
}
