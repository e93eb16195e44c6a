import { uuidOf } from './uuid-of.ts'

/** One sample as `POST /api/v1/health-data` takes it. */
export interface WatchSample {
  uuid: string
  type: string
  value: number | string
  unit: string
  start: string
  end: string
  source: { name: string; bundle_id: string; device: string }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const SOURCE = { name: 'Demo Watch', bundle_id: 'com.apple.health.demo', device: 'Watch' }
/** Minutes of each stage in one cycle of generated sleep. */
const CYCLE: [string, number][] = [
  ['Core', 35],
  ['Deep', 20],
  ['Core', 15],
  ['REM', 20],
  ['Awake', 3],
]

/**
 * Generated data like an Apple Watch's, of a person who does not exist: heart rate every five minutes, steps and
 * energy by the hour, nightly sleep stages, and the daily measures. The same seed gives the same data.
 * @param end the last local midnight, in ms since the epoch (UTC is the generated person's zone)
 */
export function watchData({ days, end, seed }: { days: number; end: number; seed: number }): WatchSample[] {
  const random = generator(seed)
  const samples: WatchSample[] = []
  const add = (type: string, value: number | string, unit: string, start: number, length = 0) =>
    samples.push({
      uuid: uuidOf(`${seed}/${type}/${start}/${samples.length}`),
      type,
      value,
      unit,
      start: stamp(start),
      end: stamp(start + length),
      source: SOURCE,
    })
  for (let day = 0; day < days; day++) {
    const midnight = end - (days - day) * DAY
    const active = 0.7 + random() * 0.6
    for (let minute = 0; minute < 1440; minute += 5) {
      const awake = minute >= 7 * 60 && minute < 23 * 60
      const rate = (awake ? 72 : 54) + Math.sin(minute / 90) * 5 + random() * (awake ? 22 : 6)
      add('HKQuantityTypeIdentifierHeartRate', Math.round(rate), 'count/min', midnight + minute * MINUTE)
    }
    for (let hour = 7; hour < 23; hour++) {
      const start = midnight + hour * HOUR
      const steps = Math.round(active * (hour === 8 || hour === 18 ? 1600 : 320) * (0.5 + random()))
      add('HKQuantityTypeIdentifierStepCount', steps, 'count', start, HOUR)
      add('HKQuantityTypeIdentifierActiveEnergyBurned', Math.round(steps * 0.45) / 10, 'kcal', start, HOUR)
    }
    add(
      'HKQuantityTypeIdentifierRestingHeartRate',
      Math.round(55 + random() * 6),
      'count/min',
      midnight + 9 * HOUR,
    )
    for (const hour of [2, 5, 14])
      add(
        'HKQuantityTypeIdentifierHeartRateVariabilitySDNN',
        Math.round(380 + random() * 240) / 10,
        'ms',
        midnight + hour * HOUR,
      )
    add(
      'HKQuantityTypeIdentifierRespiratoryRate',
      Math.round(130 + random() * 30) / 10,
      'count/min',
      midnight + 4 * HOUR,
    )
    add(
      'HKQuantityTypeIdentifierOxygenSaturation',
      Math.round(96 + random() * 3) / 100,
      '%',
      midnight + 3 * HOUR,
    )
    addNight(add, midnight - HOUR + Math.round(random() * 40) * MINUTE, 6.4 + random() * 1.6)
  }
  return samples
}

function addNight(
  add: (type: string, value: string, unit: string, start: number, length: number) => void,
  bedtime: number,
  hours: number,
): void {
  let at = bedtime
  for (let cycle = 0; at < bedtime + hours * HOUR; cycle++) {
    const [stage, minutes] = CYCLE[cycle % CYCLE.length] as [string, number]
    const value = `HKCategoryValueSleepAnalysis${stage === 'Awake' ? 'Awake' : `Asleep${stage}`}`
    add('HKCategoryTypeIdentifierSleepAnalysis', value, '', at, minutes * MINUTE)
    at += minutes * MINUTE
  }
}

function stamp(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', '+00:00')
}

/** Mulberry32: a small generator whose sequence depends on the seed alone. Values from 0 to below 1. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
