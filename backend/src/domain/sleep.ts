import { localDate } from './instant.ts'
import type { ParsedSample } from './sample.ts'

/** `HKCategoryValueSleepAnalysis`: https://developer.apple.com/documentation/healthkit/hkcategoryvaluesleepanalysis */
export const SLEEP = {
  inBed: 0,
  asleepUnspecified: 1,
  awake: 2,
  asleepCore: 3,
  asleepDeep: 4,
  asleepRem: 5,
} as const

/** A longer gap between two sleep samples ends a night; three hours bridge a long wake, not a day. */
const NIGHT_GAP_MS = 3 * 3_600_000

/** Whether a sleep sample says asleep, in whichever stage: in bed and awake do not. */
export function isAsleep(sample: ParsedSample): boolean {
  return sample.canonical !== SLEEP.inBed && sample.canonical !== SLEEP.awake
}

/**
 * Sleep samples by the date of waking: samples with less than three hours between them are one night, which belongs
 * to the local date on which its last sample ends. A nap is a night of its own.
 */
export function byWakeDate(samples: readonly ParsedSample[]): Map<string, ParsedSample[]> {
  const nights = new Map<string, ParsedSample[]>()
  let night: ParsedSample[] = []
  let last: ParsedSample | undefined
  const close = (): void => {
    if (!last) return
    const date = localDate(last.endMs, last.offset)
    nights.set(date, [...(nights.get(date) ?? []), ...night])
    night = []
    last = undefined
  }
  for (const sample of [...samples].sort((a, b) => a.startMs - b.startMs)) {
    if (last && sample.startMs - last.endMs >= NIGHT_GAP_MS) close()
    night.push(sample)
    if (!last || sample.endMs > last.endMs) last = sample
  }
  close()
  return nights
}
