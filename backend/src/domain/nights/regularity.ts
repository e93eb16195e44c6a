/** Days whose minutes are known: 1 asleep, 0 awake; `undefined` for a day that is not. All of the same length. */
export type SleepDays = readonly (Uint8Array | undefined)[]

/** Pairs of successive days that are both known. */
export function dayPairs(days: SleepDays): [Uint8Array, Uint8Array][] {
  return days.slice(1).flatMap((day, index): [Uint8Array, Uint8Array][] => {
    const before = days[index]
    return day && before ? [[before, day]] : []
  })
}

/**
 * Sleep regularity index: how likely a person is in the same state at the same time on successive days, from −100 to
 * 100. Phillips et al. 2017, https://doi.org/10.1038/s41598-017-03171-4. NaN without a pair.
 */
export function sleepRegularityIndex(days: SleepDays): number {
  let same = 0
  let compared = 0
  for (const [before, day] of dayPairs(days)) {
    for (let epoch = 0; epoch < day.length; epoch++) if (before[epoch] === day[epoch]) same++
    compared += day.length
  }
  return -100 + (200 * same) / compared
}

const DAY = 1440

/**
 * Social jetlag: midpoint on free days against that on workdays along the shorter arc, positive where it is later.
 * Wittmann et al. 2006, https://doi.org/10.1080/07420520500545979.
 * @param workdays and `freeDays` in minutes after midnight @returns minutes, −720 to 720
 */
export function socialJetlag(workdays: number, freeDays: number): number {
  const difference = (((freeDays - workdays) % DAY) + DAY) % DAY
  return difference > DAY / 2 ? difference - DAY : difference
}

/**
 * Midpoint of sleep on free days, corrected for sleep debt (MSFsc), an estimate of chronotype for people who sleep
 * without an alarm on free days. Roenneberg et al. 2007, https://doi.org/10.1016/j.smrv.2007.07.005.
 * @param midpoint on free days, minutes after midnight @param work and `free`: minutes of sleep
 * @returns minutes after midnight
 */
export function correctedMidpoint(
  midpoint: number,
  work: number,
  free: number,
  workdaysAWeek: number,
): number {
  if (free <= work) return midpoint
  const week = (work * workdaysAWeek + free * (7 - workdaysAWeek)) / 7
  return (((midpoint - (free - week) / 2) % DAY) + DAY) % DAY
}
