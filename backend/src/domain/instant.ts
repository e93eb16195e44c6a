/** A moment as RFC 3339 gives it: when, and at which offset from UTC it was said. */
export interface Instant {
  /** Milliseconds since the epoch; finer digits are cut. */
  ms: number
  /** Minutes east of UTC. */
  offset: number
}

/** Offsets in use on Earth, in minutes: Baker Island to the Line Islands. */
const OFFSETS = { least: -12 * 60, most: 14 * 60 }
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/
const DAY_MS = 86_400_000

/** Reads an RFC 3339 date-time with its offset; says which part is wrong when it is none. */
export function parseInstant(text: string): Instant | 'bad_time' | 'bad_zone_offset' {
  const instant = { ms: 0, offset: 0 }
  return readUsualInstant(text, instant) ? instant : anyInstant(text)
}

/**
 * The forms that nearly all times come in, `2026-11-24T07:00:00+01:00` and the same with Z or milliseconds, some ten
 * times as fast as by the general way; `false` where that must decide.
 * @param into takes what was read; what it holds after a `false` means nothing
 */
export function readUsualInstant(text: string, into: Instant): boolean {
  if (text.charCodeAt(10) !== 84 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return false
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (!(hour < 24 && minute < 60 && second < 60)) return false
  const point = text.charCodeAt(19) === 46
  // Three digits and no more: another number of them has no zone behind the third.
  const fraction = point ? twoDigits(text, 20) * 10 + digit(text, 22) : 0
  const at = point ? 23 : 19
  const zone = text.charCodeAt(at)
  let offset = 0
  if (zone === 90) {
    if (text.length !== at + 1) return false
  } else {
    if ((zone !== 43 && zone !== 45) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 58) return false
    const minutes = twoDigits(text, at + 4)
    if (!(minutes < 60)) return false
    offset = (zone === 45 ? -1 : 1) * (twoDigits(text, at + 1) * 60 + minutes)
    if (!(offset >= OFFSETS.least && offset <= OFFSETS.most)) return false
  }
  into.ms = dayOf(text) * DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction
  into.offset = offset
  return !Number.isNaN(into.ms)
}

/** Two digits as a number; NaN for anything else. */
function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48
  return value >= 0 && value <= 9 ? value : Number.NaN
}

/**
 * Days from the epoch to the date that a text begins with; NaN where there is no such date, or none that is read here.
 * By reckoning, for to look it up takes twice as long: http://howardhinnant.github.io/date_algorithms.html#days_from_civil
 */
function dayOf(text: string): number {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  if (!(year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)))
    return Number.NaN
  // Years begin in March, so that a leap day is the last of one.
  const march = month > 2 ? year : year - 1
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return (
    march * 365 + Math.floor(march / 4) - Math.floor(march / 100) + Math.floor(march / 400) + ofYear - 719_468
  )
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

function anyInstant(text: string): Instant | 'bad_time' | 'bad_zone_offset' {
  const match = RFC3339.exec(text)
  if (!match) return 'bad_time'
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHour, zoneMinute] = match
  const utc = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  // Date.UTC carries 31 February into March and maps years below 100 to 19xx: both must be refused.
  if (!(Number(month) <= 12 && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60))
    return 'bad_time'
  if (Number(year) < 100 || new Date(utc).getUTCDate() !== Number(day)) return 'bad_time'
  const offset = sign ? (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute)) : 0
  if (Number(zoneMinute ?? 0) > 59 || offset < OFFSETS.least || offset > OFFSETS.most)
    return 'bad_zone_offset'
  return { ms: utc + Number(fraction.slice(0, 3).padEnd(3, '0')) - offset * 60_000, offset }
}

/** Reads `+02:00`, `-07:00` or `Z` as minutes east of UTC. */
export function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0
  const match = /^([+-])(\d\d):([0-5]\d)$/.exec(text)
  if (!match) return undefined
  const offset = (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
  return offset < OFFSETS.least || offset > OFFSETS.most ? undefined : offset
}

/** The calendar date, `2026-11-24`, at an offset of so many minutes from UTC. */
export function localDate(ms: number, offset: number): string {
  const day = Math.floor((ms + offset * 60_000) / DAY_MS)
  let date = DATES.get(day)
  if (date === undefined) {
    date = new Date(day * DAY_MS).toISOString().slice(0, 10)
    if (DATES.size > 10_000) DATES.clear()
    DATES.set(day, date)
  }
  return date
}

/** A date so many days later; negative is earlier. */
export function addDays(date: string, days: number): string {
  return localDate(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS, 0)
}

/** Whether a text is a calendar date that exists. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && typeof parseInstant(`${text}T00:00:00Z`) === 'object'
}

/** Dates already written out: formatting one costs more than all else that is done with a sample's day. */
const DATES = new Map<number, string>()
