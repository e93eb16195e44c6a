import { invalidValue, missing } from './monitoring-errors.ts'

/**
 * Readers of input that arrives over four ways: a call in this process (numbers, dates), JSON (numbers, seconds since
 * the epoch), CBOR (numbers, dates) and the query protocol (text).
 */
export function readTime(parameter: string, value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const time =
    value instanceof Date
      ? value.getTime()
      : typeof value === 'number'
        ? value * 1000
        : Date.parse(String(value))
  if (!Number.isFinite(time)) throw invalidValue(`The value ${value} for parameter ${parameter} is invalid.`)
  return time
}

export function needTime(parameter: string, value: unknown): number {
  const time = readTime(parameter, value)
  if (time === undefined) throw missing(parameter)
  return time
}

export function readNumber(parameter: string, value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const number = Number(value)
  if (!Number.isFinite(number))
    throw invalidValue(`The value ${value} for parameter ${parameter} is invalid.`)
  return number
}

export function readFlag(value: unknown, fallback: boolean): boolean {
  if (value === undefined || value === null || value === '') return fallback
  return value === true || value === 'true'
}

/** A list; empty ones of the query protocol arrive as empty text. */
export function readList<T>(value: T[] | string | undefined): T[] {
  return Array.isArray(value) ? value : []
}

/** One page by position; the token is the position of the next. */
export function page<T>(all: T[], token: string | undefined, size: number): { items: T[]; next?: string } {
  const from = token ? Number(token) : 0
  if (!Number.isInteger(from) || from < 0) throw invalidValue(`The NextToken ${token} is invalid.`)
  const items = all.slice(from, from + size)
  return { items, next: from + size < all.length ? String(from + size) : undefined }
}
