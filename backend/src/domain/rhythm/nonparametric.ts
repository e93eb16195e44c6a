/** A window of the mean day. */
export interface DayWindow {
  /** Mean of the window, in the unit of the signal. */
  mean: number
  /** Minute after local midnight at which it begins. */
  onset: number
}

/** Regularity and contrast of rest and activity; NaN where the signal does not vary. */
export interface Rhythm {
  /** Interdaily stability, 0 (no two days alike) to 1. */
  is: number
  /** Intradaily variability, near 0 for a smooth day, about 2 for noise. */
  iv: number
  /** The least active five hours and the most active ten of the mean day. */
  l5: DayWindow
  m10: DayWindow
  /** Relative amplitude, (M10 − L5) / (M10 + L5). */
  ra: number
  /** Hours that went in. */
  hours: number
}

const HOURS = 24
const MINUTES = 1440

/**
 * The nonparametric measures of Witting et al. 1990 and van Someren et al. 1999, with their (population) variances: IS
 * and IV from hourly means, L5 and M10 from the cyclic mean day by the minute, the first of equal windows. (pyActigraphy
 * takes sample variances: its IS is this one times (N−1)/N · p/(p−1), its IV this one times (N−1)/N.)
 * @param days whole local days of 1,440 minutes in order; `undefined` for one without data
 */
export function rhythmOf(days: readonly (Float64Array | undefined)[]): Rhythm {
  const hourly = days.flatMap(day => (day ? hoursOf(day) : Array<number>(HOURS).fill(Number.NaN)))
  const present = hourly.filter(value => !Number.isNaN(value))
  const centre = average(present)
  const variance = average(present.map(value => (value - centre) ** 2))
  const steps = hourly.slice(1).map((value, index) => (value - (hourly[index] as number)) ** 2)
  const byHour = Array.from({ length: HOURS }, (_, hour) =>
    average(hourly.filter((value, index) => index % HOURS === hour && !Number.isNaN(value))),
  )
  const profile = meanDay(days)
  const l5 = extremeWindow(profile, 5 * 60, -1)
  const m10 = extremeWindow(profile, 10 * 60, 1)
  return {
    is: average(byHour.map(value => (value - centre) ** 2)) / variance,
    iv: average(steps.filter(step => !Number.isNaN(step))) / variance,
    l5,
    m10,
    ra: (m10.mean - l5.mean) / (m10.mean + l5.mean),
    hours: present.length,
  }
}

function hoursOf(day: Float64Array): number[] {
  return Array.from({ length: HOURS }, (_, hour) => average(day.subarray(hour * 60, hour * 60 + 60)))
}

function meanDay(days: readonly (Float64Array | undefined)[]): Float64Array {
  const profile = new Float64Array(MINUTES)
  const known = days.filter(day => day !== undefined)
  for (const day of known)
    for (let minute = 0; minute < MINUTES; minute++)
      profile[minute] = (profile[minute] as number) + (day[minute] as number)
  return profile.map(sum => sum / known.length)
}

/** The window of so many minutes with the largest (sign 1) or smallest (-1) mean, past midnight where need be. */
function extremeWindow(profile: Float64Array, length: number, sign: 1 | -1): DayWindow {
  let sum = profile.subarray(0, length).reduce((total, value) => total + value, 0)
  let best = sum
  let onset = 0
  // A running sum drifts in its last bits; what is larger by no more than that is not larger.
  const dust = 1e-9 * profile.reduce((total, value) => total + Math.abs(value), 0)
  for (let start = 1; start < MINUTES; start++) {
    sum += (profile[(start + length - 1) % MINUTES] as number) - (profile[start - 1] as number)
    if (sign * (sum - best) <= dust) continue
    best = sum
    onset = start
  }
  let exact = 0
  for (let i = 0; i < length; i++) exact += profile[(onset + i) % MINUTES] as number
  return { mean: exact / length, onset }
}

function average(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return sum / values.length
}
