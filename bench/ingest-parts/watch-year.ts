import type { Sample } from '../../backend/src/domain/sample.ts'
import { createRandom, type Random } from './random.ts'

/** A metric of a watch: how many samples a day, and its values. */
interface Series {
  type: string
  unit: string
  perDay: number
  value(random: Random, last: number): number
  /** Seconds that a sample lasts. */
  lasts: number
  metadata?: (random: Random) => Record<string, unknown>
}

const walk =
  (least: number, most: number, step: number, per = 1) =>
  (random: Random, last: number) =>
    Math.min(most, Math.max(least, (last || (least + most) / 2) + (random.below(2 * step + 1) - step) / per))

/** About 3,560 samples a day, 1.3 million a year, as a watch worn day and night writes them. */
const SERIES: Series[] = [
  {
    type: 'HKQuantityTypeIdentifierHeartRate',
    unit: 'count/min',
    perDay: 500,
    value: walk(45, 160, 4),
    lasts: 0,
    metadata: random => ({ HKMetadataKeyHeartRateMotionContext: random.below(3) }),
  },
  {
    type: 'HKQuantityTypeIdentifierActiveEnergyBurned',
    unit: 'kcal',
    perDay: 1100,
    value: walk(0, 9, 300, 1000),
    lasts: 60,
  },
  {
    type: 'HKQuantityTypeIdentifierBasalEnergyBurned',
    unit: 'kcal',
    perDay: 600,
    value: walk(1, 2, 50, 1000),
    lasts: 140,
  },
  {
    type: 'HKQuantityTypeIdentifierDistanceWalkingRunning',
    unit: 'm',
    perDay: 500,
    value: walk(0, 90, 1000, 100),
    lasts: 60,
  },
  {
    type: 'HKQuantityTypeIdentifierStepCount',
    unit: 'count',
    perDay: 350,
    value: walk(1, 120, 20),
    lasts: 60,
  },
  {
    type: 'HKQuantityTypeIdentifierPhysicalEffort',
    unit: 'kcal/hr·kg',
    perDay: 300,
    value: walk(1, 9, 5, 10),
    lasts: 60,
  },
  {
    type: 'HKQuantityTypeIdentifierEnvironmentalAudioExposure',
    unit: 'dBASPL',
    perDay: 50,
    value: walk(40, 90, 5),
    lasts: 1800,
  },
  { type: 'HKQuantityTypeIdentifierAppleExerciseTime', unit: 'min', perDay: 40, value: () => 1, lasts: 60 },
  {
    type: 'HKQuantityTypeIdentifierRespiratoryRate',
    unit: 'count/min',
    perDay: 40,
    value: walk(10, 20, 1, 2),
    lasts: 0,
  },
  {
    type: 'HKQuantityTypeIdentifierAppleStandTime',
    unit: 'min',
    perDay: 30,
    value: walk(1, 5, 1),
    lasts: 300,
  },
  {
    type: 'HKQuantityTypeIdentifierOxygenSaturation',
    unit: '%',
    perDay: 20,
    value: walk(0.9, 1, 1, 100),
    lasts: 0,
  },
  { type: 'HKQuantityTypeIdentifierFlightsClimbed', unit: 'count', perDay: 12, value: () => 1, lasts: 60 },
  {
    type: 'HKQuantityTypeIdentifierWalkingSpeed',
    unit: 'km/hr',
    perDay: 10,
    value: walk(3, 6, 3, 10),
    lasts: 10,
  },
  {
    type: 'HKQuantityTypeIdentifierHeartRateVariabilitySDNN',
    unit: 'ms',
    perDay: 8,
    value: walk(15, 120, 9),
    lasts: 60,
  },
  {
    type: 'HKQuantityTypeIdentifierRestingHeartRate',
    unit: 'count/min',
    perDay: 1,
    value: walk(50, 65, 2),
    lasts: 0,
  },
]

export const SAMPLES_A_DAY = SERIES.reduce((sum, { perDay }) => sum + perDay, 0)

/** How samples come: from a client, with HealthKit's random UUIDs, or out of an export, which has none. */
export type Origin = 'client' | 'export'

/** The samples of one type, day by day: `days` days from `startMs`. */
export function* watchSeries(
  type: string,
  startMs: number,
  days: number,
  origin: Origin,
): Generator<Sample[]> {
  const series = SERIES.find(one => one.type === type) as Series
  const random = createRandom(SERIES.indexOf(series) + 7)
  let last = 0
  for (let day = 0; day < days; day++) {
    const gap = 86_400 / series.perDay
    yield Array.from({ length: series.perDay }, (_, i) => {
      last = Math.round(series.value(random, last) * 1000) / 1000
      const start =
        startMs +
        day * 86_400_000 +
        Math.floor(i * gap + random.below(Math.max(1, Math.floor(gap * 0.8)))) * 1000
      return sampleOf(series, start, last, origin, random)
    })
  }
}

/** Every type of a watch. */
export const WATCH_TYPES = SERIES.map(({ type }) => type)

function sampleOf(series: Series, startMs: number, value: number, origin: Origin, random: Random): Sample {
  const at = (ms: number): string => new Date(ms).toISOString().replace('.000Z', '+00:00')
  const start = at(startMs)
  const end = series.lasts === 0 ? start : at(startMs + series.lasts * 1000)
  const { type, unit } = series
  const written = `${start.slice(0, 10)} ${start.slice(11, 19)} +0000`
  const h = random.hex(30).toUpperCase()
  return {
    uuid: `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(12, 15)}-A${h.slice(15, 18)}-${h.slice(18, 30)}`,
    type,
    value,
    unit,
    start,
    end,
    source:
      origin === 'client'
        ? { name: 'Apple Watch', bundle_id: 'com.apple.health.1A2B', device: 'Watch7,5' }
        : {
            name: 'Apple Watch',
            device: '<<HKDevice: 0x301>, name:Apple Watch, model:Watch, hardware:Watch7,5>',
          },
    ...(origin === 'client'
      ? series.metadata && { metadata: series.metadata(random) }
      : { metadata: { sourceVersion: '11.1', creationDate: written, ...series.metadata?.(random) } }),
  }
}
