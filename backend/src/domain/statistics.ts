/** Arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Middle value, of an even number the mean of the middle two; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** Median absolute deviation from the median, unscaled. */
export function mad(values: readonly number[]): number {
  const centre = median(values)
  return median(values.map(value => Math.abs(value - centre)))
}

/** Minutes of a day: the circle on which times of day lie. */
const DAY_MINUTES = 1440

/** Mean and spread of times of day. */
export interface CircularMean {
  /** Minutes after midnight, 0 to 1440; NaN where the times point nowhere together. */
  mean: number
  /** Circular standard deviation in minutes, √(−2 ln R). */
  deviation: number
}

/**
 * Mean direction of times of day, so that 23:30 and 00:30 average to midnight and not to noon.
 * Mardia & Jupp, Directional Statistics (2000), section 2.
 * @param minutes after midnight, of any day
 */
export function circularMean(minutes: readonly number[]): CircularMean {
  const angles = minutes.map(minute => (2 * Math.PI * minute) / DAY_MINUTES)
  const x = mean(angles.map(Math.cos))
  const y = mean(angles.map(Math.sin))
  const length = Math.min(1, Math.hypot(x, y))
  if (!(length > 1e-9)) return { mean: Number.NaN, deviation: Number.NaN }
  const direction = (Math.atan2(y, x) * DAY_MINUTES) / (2 * Math.PI)
  return {
    mean: (direction + DAY_MINUTES) % DAY_MINUTES,
    // Adding 0 turns -0 into 0.
    deviation: (Math.sqrt(-2 * Math.log(length)) * DAY_MINUTES) / (2 * Math.PI) + 0,
  }
}
