import { datesOf } from '../dates.ts'
import { type Measure, type Method, measure } from '../measure.ts'
import { circularMean, mean } from '../statistics.ts'
import type { Night } from './night.ts'
import { correctedMidpoint, dayPairs, sleepRegularityIndex, socialJetlag } from './regularity.ts'

/** What a period's nights show together. Times of day are minutes after local midnight. */
export interface SleepMeasures {
  asleep: Measure
  efficiency: Measure
  midpoint: Measure
  midpointDeviation: Measure
  regularity: Measure
  socialJetlag: Measure
  correctedMidpoint: Measure
}

/** Fewest nights for an average to be given, and for a spread. */
const MEAN_NIGHTS = 3
const SPREAD_NIGHTS = 5
/** Fewest pairs of successive days: the research behind the index used a week. */
const REGULARITY_PAIRS = 5
const FREE_NIGHTS = 2
const WORK_NIGHTS = 3

/**
 * Measures of the nights that end from `from` to `to`; naps count for regularity only. Free days are taken to be
 * Saturday and Sunday, for nobody says when a person works or sets an alarm.
 */
export function sleepMeasures(nights: readonly Night[], from: string, to: string): SleepMeasures {
  const dates = datesOf(from, to)
  const inPeriod = nights.filter(({ date }) => date >= from && date <= to)
  const main = inPeriod.filter(({ kind, asleep }) => kind === 'night' && asleep !== null)
  const of = dates.length
  const averaged = (values: (number | null)[], need: number) => {
    const known = values.filter(value => value !== null)
    return { known, coverage: { have: known.length, of, need, unit: 'nights' as const } }
  }
  const asleep = averaged(
    main.map(night => night.asleep),
    MEAN_NIGHTS,
  )
  const efficiency = averaged(
    main.map(night => night.efficiency),
    MEAN_NIGHTS,
  )
  const midpoint = averaged(
    main.map(night => night.midpoint),
    MEAN_NIGHTS,
  )
  const days = sleepDays(inPeriod, dates)
  const pairs = dayPairs(days).length
  const free = main.filter(night => isFree(night.date))
  const work = main.filter(night => !isFree(night.date))
  const jetlag = {
    have: Math.min(free.length, FREE_NIGHTS) + Math.min(work.length, WORK_NIGHTS),
    of: FREE_NIGHTS + WORK_NIGHTS,
    need: FREE_NIGHTS + WORK_NIGHTS,
    unit: 'nights' as const,
  }
  const middle = (some: Night[]) => circularMean(some.map(night => night.midpoint ?? Number.NaN)).mean
  const sleeps = (some: Night[]) => mean(some.map(night => night.asleep ?? Number.NaN))
  return {
    asleep: measure(METHODS.asleep, 'min', asleep.coverage, () => mean(asleep.known)),
    efficiency: measure(METHODS.efficiency, '%', efficiency.coverage, () => mean(efficiency.known)),
    midpoint: measure(
      METHODS.midpoint,
      'min after midnight',
      midpoint.coverage,
      () => circularMean(midpoint.known).mean,
      SCATTERED,
    ),
    midpointDeviation: measure(
      METHODS.midpointDeviation,
      'min',
      { ...midpoint.coverage, need: SPREAD_NIGHTS },
      () => circularMean(midpoint.known).deviation,
      SCATTERED,
    ),
    regularity: measure(
      METHODS.regularity,
      '',
      { have: pairs, of: Math.max(0, of - 1), need: REGULARITY_PAIRS, unit: 'day pairs' },
      () => sleepRegularityIndex(days),
    ),
    socialJetlag: measure(
      METHODS.socialJetlag,
      'min',
      jetlag,
      () => socialJetlag(middle(work), middle(free)),
      SCATTERED,
    ),
    correctedMidpoint: measure(
      METHODS.correctedMidpoint,
      'min after midnight',
      jetlag,
      () => correctedMidpoint(middle(free), sleeps(work), sleeps(free), 5),
      SCATTERED,
    ),
  }
}

const SCATTERED = 'the times are spread around the clock and have no mean'

const METHODS = {
  asleep: {
    name: 'total-sleep-time',
    source: 'union of the sleep samples of the best source of each night, HKCategoryValueSleepAnalysis',
  },
  efficiency: { name: 'sleep-efficiency', source: 'Reed & Sacco 2016, https://doi.org/10.5664/jcsm.5498' },
  midpoint: { name: 'circular-mean', source: 'Mardia & Jupp 2000, Directional Statistics, 2.2' },
  midpointDeviation: {
    name: 'circular-standard-deviation',
    source: 'Mardia & Jupp 2000, Directional Statistics, 2.3',
  },
  regularity: {
    name: 'sleep-regularity-index',
    source: 'Phillips et al. 2017, https://doi.org/10.1038/s41598-017-03171-4; by the minute, noon to noon',
  },
  socialJetlag: {
    name: 'social-jetlag',
    source: 'Wittmann et al. 2006, https://doi.org/10.1080/07420520500545979; free days: Saturday and Sunday',
  },
  correctedMidpoint: {
    name: 'msf-sc',
    source:
      'Roenneberg et al. 2007, https://doi.org/10.1016/j.smrv.2007.07.005; free days: Saturday and Sunday',
  },
} as const satisfies Record<string, Method>

const DAY = 1440
const NOON = 720

/**
 * The minutes of each date from the noon before to its noon, asleep or not; unknown where no night of that date was
 * recorded. Awake is what is not recorded as sleep within such a day.
 */
function sleepDays(nights: readonly Night[], dates: readonly string[]): (Uint8Array | undefined)[] {
  const known = new Set(nights.filter(({ asleep }) => asleep !== null).map(({ date }) => date))
  const days = new Map(
    dates.flatMap(date => (known.has(date) ? [[dayIndex(date), new Uint8Array(DAY)] as const] : [])),
  )
  for (const { sleep } of nights)
    for (const { startMs, endMs, offset } of sleep) {
      const until = Math.floor(endMs / 60_000) + offset + NOON
      for (let minute = Math.floor(startMs / 60_000) + offset + NOON; minute < until; minute++) {
        const day = days.get(Math.floor(minute / DAY))
        if (day) day[minute % DAY] = 1
      }
    }
  return dates.map(date => days.get(dayIndex(date)))
}

function dayIndex(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000
}

function isFree(date: string): boolean {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return weekday === 0 || weekday === 6
}
