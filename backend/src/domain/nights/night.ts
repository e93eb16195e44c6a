import { unionMs } from '../intervals.ts'
import type { ParsedSample } from '../sample.ts'
import { SLEEP } from '../sleep.ts'
import { asleepOf, isStage, sleepSessions, wakeDate } from './sessions.ts'

/** Minutes of a night in each stage, and awake between the first and the last sleep. */
export interface Stages {
  core: number
  deep: number
  rem: number
  awake: number
}

/** One night's sleep, or a nap. Durations are minutes; times are RFC 3339 with the offset of the place. */
export interface Night {
  /** The local date of waking. */
  date: string
  kind: 'night' | 'nap'
  /** Name of the source that counts. */
  source: string
  /** First and last sample, in bed or asleep. */
  start: string
  end: string
  /** Null where only time in bed is known. */
  asleep: number | null
  inBed: number
  /** Asleep of the time in bed, in per cent. Reed & Sacco 2016, https://doi.org/10.5664/jcsm.5498. */
  efficiency: number | null
  /** From the first time in bed to the first sleep; null where time in bed was not recorded. */
  latency: number | null
  /** Awake between the first and the last sleep; null where the source does not know when a person was awake. */
  awakeAfterOnset: number | null
  /** Wakes of a minute or more between the first and the last sleep; null as above. */
  awakenings: number | null
  /** Null where the source knows no stages. */
  stages: Stages | null
  /** Halfway between falling asleep and waking, minutes after local midnight; null where only time in bed is known. */
  midpoint: number | null
  /** Why something is null. */
  reasons: string[]
  /** When the person slept: milliseconds since the epoch, and minutes east of UTC. */
  sleep: { startMs: number; endMs: number; offset: number }[]
}

/** Sleep of every session, in order of time. Of a date's sessions the one with the most sleep is its night. */
export function nightsOf(samples: readonly ParsedSample[]): Night[] {
  const nights = sleepSessions(samples).map(toNight)
  for (const ofDate of Map.groupBy(nights, ({ date }) => date).values()) {
    const longest = Math.max(...ofDate.map(weight))
    const night = ofDate.find(each => weight(each) === longest)
    if (night) night.kind = 'night'
  }
  return nights
}

function weight({ asleep, inBed }: Night): number {
  // Any sleep weighs more than any time in bed without it.
  return asleep === null ? inBed / 1e6 : asleep
}

function toNight(session: ParsedSample[]): Night {
  const first = session.reduce((a, b) => (b.startMs < a.startMs ? b : a))
  const last = session.reduce((a, b) => (b.endMs > a.endMs ? b : a))
  const asleep = asleepOf(session)
  const bed = session.filter(({ canonical }) => canonical === SLEEP.inBed)
  const wakes = session.filter(({ canonical }) => canonical === SLEEP.awake)
  const inBed = bed.length > 0 ? unionMs(session) : last.endMs - first.startMs
  const night: Night = {
    date: wakeDate(session),
    kind: 'nap',
    source: first.sample.source.name,
    start: withOffset(first.startMs, first.offset),
    end: withOffset(last.endMs, last.offset),
    inBed: minutes(inBed),
    asleep: null,
    efficiency: null,
    latency: null,
    awakeAfterOnset: null,
    awakenings: null,
    stages: null,
    midpoint: null,
    reasons: [],
    sleep: asleep.map(({ startMs, endMs, offset }) => ({ startMs, endMs, offset })),
  }
  const onset = asleep.reduce((least, { startMs }) => Math.min(least, startMs), Number.POSITIVE_INFINITY)
  const final = asleep.reduce<ParsedSample | undefined>(
    (a, b) => (a && a.endMs >= b.endMs ? a : b),
    undefined,
  )
  if (!final) {
    night.reasons.push('the source recorded time in bed only, not sleep')
    return night
  }
  const asleepMs = unionMs(asleep)
  night.asleep = minutes(asleepMs)
  night.efficiency = inBed > 0 ? (100 * asleepMs) / inBed : null
  night.midpoint = localMinute((onset + final.endMs) / 2, final.offset)
  if (bed.length > 0) night.latency = minutes(Math.max(0, onset - first.startMs))
  else night.reasons.push('latency: the source did not record time in bed')
  const staged = asleep.some(isStage)
  if (staged || wakes.length > 0) {
    const between = wakes
      .map(({ startMs, endMs }) => ({
        startMs: Math.max(startMs, onset),
        endMs: Math.min(endMs, final.endMs),
      }))
      .filter(({ startMs, endMs }) => endMs > startMs)
    night.awakeAfterOnset = minutes(unionMs(between))
    night.awakenings = between.filter(({ startMs, endMs }) => endMs - startMs >= MINUTE_MS).length
  } else night.reasons.push('wakes: the source did not record when the person was awake')
  if (staged) {
    const of = (stage: number) => minutes(unionMs(asleep.filter(({ canonical }) => canonical === stage)))
    night.stages = {
      core: of(SLEEP.asleepCore),
      deep: of(SLEEP.asleepDeep),
      rem: of(SLEEP.asleepRem),
      awake: night.awakeAfterOnset ?? 0,
    }
  } else night.reasons.push('stages: the source did not record any')
  return night
}

const MINUTE_MS = 60_000

function minutes(ms: number): number {
  return ms / MINUTE_MS
}

function localMinute(ms: number, offset: number): number {
  return (((ms / MINUTE_MS + offset) % 1440) + 1440) % 1440
}

/** An instant with the offset of the place, `2026-11-24T07:00:00+01:00`. */
export function withOffset(ms: number, offset: number): string {
  const local = new Date(ms + offset * MINUTE_MS).toISOString().slice(0, 19)
  const [hours, rest] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  return `${local}${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`
}
