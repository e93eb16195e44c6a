import { localDate } from '../instant.ts'

/** A time as Apple's export writes it, `2018-09-10 02:47:35 -0700`, as seconds since the epoch and its zone. */
export interface ExportDate {
  seconds: number
  zone: string
}

/** Reads such a time; `undefined` for anything that would not be written the same again. */
export function readExportDate(text: unknown): ExportDate | undefined {
  if (typeof text !== 'string' || text.length !== 25 || text[10] !== ' ' || text[19] !== ' ') return undefined
  if (!text.endsWith(lastZone)) lastZone = text.slice(20)
  const zone = lastZone
  const offset = minutesOf(zone)
  if (offset === undefined) return undefined
  if (!text.startsWith(lastDate)) lastDate = text.slice(0, 10)
  const day = dayOf(lastDate)
  const clock = secondsOf(text)
  if (day === undefined || clock === undefined) return undefined
  return { seconds: day + clock - offset * 60, zone }
}

/** Writes it again. */
export function writeExportDate({ seconds, zone }: ExportDate): string {
  const local = seconds + (minutesOf(zone) ?? 0) * 60
  const inDay = ((local % DAY) + DAY) % DAY
  const [hour, minute, second] = [Math.floor(inDay / 3600), Math.floor(inDay / 60) % 60, inDay % 60]
  return `${dateOf(local - inDay)} ${TWO[hour]}:${TWO[minute]}:${TWO[second]} ${zone}`
}

const DAY = 86_400
/** `00` to `59`. */
const TWO = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))

function minutesOf(zone: string): number | undefined {
  const found = ZONES.get(zone)
  if (found !== undefined || ZONES.has(zone)) return found
  const match = /^([+-])(\d\d)([0-5]\d)$/.exec(zone)
  const minutes = match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : undefined
  if (ZONES.size > 1000) ZONES.clear()
  ZONES.set(zone, minutes)
  return minutes
}

function secondsOf(text: string): number | undefined {
  const two = (at: number): number => {
    const [high, low] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48]
    return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : Number.NaN
  }
  const [hour, minute, second] = [two(11), two(14), two(17)]
  const good = hour < 24 && minute < 60 && second < 60 && text[13] === ':' && text[16] === ':'
  return good ? (hour * 60 + minute) * 60 + second : undefined
}

/** Midnight of a date in UTC, in seconds; `undefined` where there is no such date. */
function dayOf(date: string): number | undefined {
  const found = DAYS.get(date)
  if (found !== undefined || DAYS.has(date)) return found
  const ms = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN
  const day = Number.isNaN(ms) || dateOf(ms / 1000) !== date ? undefined : ms / 1000
  if (DAYS.size > 10_000) DAYS.clear()
  DAYS.set(date, day)
  return day
}

function dateOf(midnight: number): string {
  return localDate(midnight * 1000, 0)
}

/** The zone and the date that were read last, which mostly come again: the same text needs no new one. */
let lastZone = '+0000'
let lastDate = '1970-01-01'
/** What was read already: few dates and zones come again and again. */
const DAYS = new Map<string, number | undefined>()
const ZONES = new Map<string, number | undefined>()
