import Type from 'typebox'
import type { Clock } from '../../domain/clock.ts'
import { addDays, isDate, localDate } from '../../domain/instant.ts'
import { validationProblem } from '../validation.ts'

/** Days of a period that is not said. */
const DEFAULT_DAYS = 28
/** Longest period that can be asked for, in days: a leap year. */
export const MAX_DAYS = 366

/** `from` and `to` of a query. */
export const PeriodQuery = {
  from: Type.Optional(
    Type.String({
      format: 'date',
      description: `First local date. Default: ${DEFAULT_DAYS - 1} days before the last. At most ${MAX_DAYS} days.`,
      examples: ['2026-10-28'],
    }),
  ),
  to: Type.Optional(
    Type.String({
      format: 'date',
      description: 'Last local date, inclusive. Default: today in UTC.',
      examples: ['2026-11-24'],
    }),
  ),
}

/** The period that a query asks for. @throws Problem 422 where it is none, or too long */
export function periodOf(query: { from?: string; to?: string }, clock: Clock): { from: string; to: string } {
  const bad = (['from', 'to'] as const).filter(field => query[field] !== undefined && !isDate(query[field]))
  if (bad.length > 0)
    throw validationProblem(
      bad.map(field => ({ field, message: 'must be a date, such as 2026-11-24', code: 'bad_date' })),
    )
  const to = query.to ?? (query.from ? addDays(query.from, DEFAULT_DAYS - 1) : localDate(clock.now(), 0))
  const from = query.from ?? addDays(to, 1 - DEFAULT_DAYS)
  if (to < from)
    throw validationProblem([{ field: 'to', message: 'must not be before from', code: 'end_before_start' }])
  if (addDays(from, MAX_DAYS) <= to)
    throw validationProblem([
      { field: 'from', message: `must not be more than ${MAX_DAYS - 1} days before to`, code: 'too_long' },
    ])
  return { from, to }
}
