import { datesOf } from '../dates.ts'
import { type Measure, type Method, measure } from '../measure.ts'
import { bestSourcePerMinute } from '../merging/best-source.ts'
import type { ParsedSample } from '../sample.ts'
import { type Rhythm, rhythmOf } from './nonparametric.ts'

/** Rest and activity of a period from steps. Onsets are minutes after local midnight. */
export interface RhythmReport {
  interdailyStability: Measure
  intradailyVariability: Measure
  leastActive5h: Measure
  leastActive5hOnset: Measure
  mostActive10h: Measure
  mostActive10hOnset: Measure
  relativeAmplitude: Measure
}

/** Fewest days: with two, one alike pair would pass for stability. */
export const RHYTHM_DAYS = 3

const DAY = 1440

/**
 * The nonparametric measures of steps by the minute, of the best source of each. A day without any step is one without
 * data and left out; within a day a minute without steps is one at rest, for a phone left at home cannot be told from a
 * person who sits.
 */
export function rhythmReport(steps: readonly ParsedSample[], from: string, to: string): RhythmReport {
  const dates = datesOf(from, to)
  const { first, amounts } = bestSourcePerMinute(steps)
  const days = dates.map(date => {
    const begin = Date.parse(`${date}T00:00:00Z`) / 60_000 - first
    const day = new Float64Array(DAY)
    for (let minute = Math.max(0, -begin); minute < DAY && begin + minute < amounts.length; minute++)
      day[minute] = amounts[begin + minute] as number
    return day.some(value => value > 0) ? day : undefined
  })
  const have = days.filter(day => day !== undefined).length
  const coverage = { have, of: dates.length, need: RHYTHM_DAYS, unit: 'days' as const }
  let known: Rhythm | undefined
  const figure = (method: Method, unit: string, pick: (rhythm: Rhythm) => number) =>
    measure(method, unit, coverage, () => {
      known ??= rhythmOf(days)
      return pick(known)
    })
  return {
    interdailyStability: figure(IS, '', ({ is }) => is),
    intradailyVariability: figure(IV, '', ({ iv }) => iv),
    leastActive5h: figure(WINDOWS, 'count/min', ({ l5 }) => l5.mean),
    leastActive5hOnset: figure(WINDOWS, 'min after midnight', ({ l5 }) => l5.onset),
    mostActive10h: figure(WINDOWS, 'count/min', ({ m10 }) => m10.mean),
    mostActive10hOnset: figure(WINDOWS, 'min after midnight', ({ m10 }) => m10.onset),
    relativeAmplitude: figure(RA, '', ({ ra }) => ra),
  }
}

const PAPERS =
  'Witting et al. 1990, https://doi.org/10.1016/0006-3223(90)90523-5; van Someren et al. 1999, https://doi.org/10.3109/07420529908998724'
const IS = {
  name: 'step-based interdaily stability',
  source: `${PAPERS}; hourly means, population variances`,
}
const IV = {
  name: 'step-based intradaily variability',
  source: `${PAPERS}; hourly means, population variances`,
}
const WINDOWS = { name: 'step-based L5 and M10', source: `${PAPERS}; cyclic mean day by the minute` }
const RA = { name: 'step-based relative amplitude', source: `${PAPERS}; (M10 − L5) / (M10 + L5)` }
