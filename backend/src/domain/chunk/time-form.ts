import { localDate, parseInstant } from '../instant.ts'

/**
 * How each of some times that could be read was written, so that it can be written so again: the number of fraction
 * digits and the zone (`0+01:00`, `3Z`), or `=` and the very text where it is written in another way (finer than
 * milliseconds, a space for the T).
 */
export function timeForms(texts: readonly string[]): string[] {
  const forms = new Array<string>(texts.length)
  let zone = ''
  let length = -1
  let form = ''
  for (let i = 0; i < forms.length; i++) {
    const text = texts[i] as string
    // Most are written as the one before.
    if (text.length !== length || text.charCodeAt(10) !== 84 || !text.endsWith(zone)) {
      form = timeForm(text)
      zone = form.slice(1)
      length = form.charCodeAt(0) === 48 ? 19 + zone.length : -1
    }
    forms[i] = form
  }
  return forms
}

function timeForm(text: string): string {
  const length = text.length
  const zone = text.charCodeAt(length - 1) === 90 ? 1 : 6
  const digits = text.charCodeAt(19) === 46 ? length - zone - 20 : 0
  // It was read as a time, so that a T and a number of digits are all that is left to tell.
  const usual =
    text.charCodeAt(10) === 84 && digits <= 3 && length === 19 + zone + (digits > 0 ? digits + 1 : 0)
  if (!usual || (zone === 6 && text.charCodeAt(length - 3) !== 58)) return `=${text}`
  return `${digits}${text.slice(-zone)}`
}

/** Writes a time in a form that {@link timeForm} found. */
export function writeTime(ms: number, form: string): string {
  if (form.startsWith('=')) return form.slice(1)
  const digits = Number(form[0])
  const zone = form.slice(1)
  const offset = minutesOf(zone)
  // By hand: `toISOString` would be most of the time that a chunk takes.
  const inDay = (((ms + offset * 60_000) % DAY_MS) + DAY_MS) % DAY_MS
  const second = Math.floor(inDay / 1000)
  const time = `${TWO[Math.floor(second / 3600)]}:${TWO[Math.floor(second / 60) % 60]}:${TWO[second % 60]}`
  const fraction = digits
    ? `.${String(inDay % 1000)
        .padStart(3, '0')
        .slice(0, digits)}`
    : ''
  return `${localDate(ms, offset)}T${time}${fraction}${zone}`
}

/** Minutes east of UTC of a form. */
export function offsetOf(form: string): number {
  if (!form.startsWith('=')) return minutesOf(form.slice(1))
  const instant = parseInstant(form.slice(1))
  return typeof instant === 'object' ? instant.offset : 0
}

const DAY_MS = 86_400_000
/** `00` to `59`. */
const TWO = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))

function minutesOf(zone: string): number {
  if (zone === 'Z') return 0
  return (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)))
}
