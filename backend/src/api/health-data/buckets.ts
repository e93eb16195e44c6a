import Type from 'typebox'
import { type BucketSize, bucketOf, bucketsOfDays, bucketsOfHours } from '../../domain/buckets.ts'
import { addDays, isDate } from '../../domain/instant.ts'
import { type Metric, unitOf } from '../../domain/metrics/metric.ts'
import { windowOf } from '../../domain/summarize.ts'
import { periodOf } from '../measures/period.ts'
import { validationProblem } from '../validation.ts'
import type { QueryDeps } from './query.ts'

/** What is asked for: dates, or times whose dates count. */
export interface BucketQuery {
  userId: string
  metric: Metric
  by: BucketSize
  from?: string
  to?: string
  limit: number
  cursor?: string
}

/** Longest period of hours that can be asked for: their samples are read, not only the days' figures. */
const LONGEST_HOURS_DAYS = 92

/**
 * One page of figures, and what they depend on. Days, weeks and months come from the stored summaries, hours from the
 * samples. A page begins at the first bucket after the cursor.
 * @throws Problem 422 for a period or a cursor that is none
 */
export function bucketPage(deps: Pick<QueryDeps, 'samples' | 'clock'>, query: BucketQuery) {
  const { metric, by, limit, userId } = query
  const dates = {
    ...(query.from !== undefined && { from: dateOf(query.from) }),
    ...(query.to !== undefined && { to: dateOf(query.to) }),
  }
  const asked = periodOf(dates, deps.clock)
  // Whole weeks and months, for half of one would look like a change.
  const from = by === 'week' || by === 'month' ? bucketOf(asked.from, by) : asked.from
  const { to } = asked
  if (by === 'hour' && addDays(from, LONGEST_HOURS_DAYS) <= to)
    throw refuse(
      'from',
      `must not be more than ${LONGEST_HOURS_DAYS - 1} days before to, by hours`,
      'too_long',
    )
  const after = query.cursor === undefined ? '' : decode(query.cursor)
  const question = { metric: metric.name, by, from, to, limit, after }
  const compute = async () => {
    const all =
      by === 'hour'
        ? await hours()
        : bucketsOfDays(await deps.samples.daily(userId, metric.name, from, to), by)
    const left = all.filter(({ start }) => start > after)
    const buckets = left.slice(0, limit)
    const last = buckets.at(-1)
    return {
      metric: metric.name,
      by,
      from,
      to,
      unit: unitOf(metric),
      aggregation: metric.aggregation,
      buckets,
      sources: [...new Set(buckets.flatMap(({ sources }) => sources))].sort(),
      next_cursor: last && left.length > limit ? encode(last.start) : null,
    }
  }
  async function hours() {
    const { before } = windowOf(metric)
    const samples = await deps.samples.readDays(userId, metric.name, addDays(from, -before), to)
    return bucketsOfHours(metric, samples).filter(({ start }) => start >= from && start < addDays(to, 1))
  }
  return { question, compute }
}

/** The date of a date, or of a time in its own offset. */
function dateOf(text: string): string {
  return isDate(text.slice(0, 10)) && /^.{10}(T|$)/i.test(text) ? text.slice(0, 10) : text
}

function encode(start: string): string {
  return Buffer.from(`after ${start}`).toString('base64url')
}

function decode(cursor: string): string {
  const [, start] =
    /^after (\d{4}-\d\d-\d\d(?:T\d\d:00)?)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (start !== undefined) return start
  throw refuse('cursor', 'is not one that was given out; start again without it', 'bad_cursor')
}

function refuse(field: string, message: string, code: string) {
  return validationProblem([{ field, message, code }])
}

/** An answer with figures. */
export const BucketPage = Type.Object({
  metric: Type.String(),
  by: Type.Enum(['hour', 'day', 'week', 'month']),
  from: Type.String(),
  to: Type.String(),
  unit: Type.String(),
  aggregation: Type.String({
    description: 'sum, mean, last or duration: which figure is the one of the bucket.',
  }),
  buckets: Type.Array(
    Type.Object({
      start: Type.String({ description: 'First local date, or local hour such as 2026-11-24T07:00.' }),
      count: Type.Integer({ minimum: 1 }),
      min: Type.Number(),
      max: Type.Number(),
      mean: Type.Number({ description: 'Of the single samples.' }),
      sum: Type.Optional(Type.Number()),
      last: Type.Number(),
      flagged: Type.Integer({ description: 'Samples outside the plausible range.' }),
      sources: Type.Array(Type.String()),
    }),
  ),
  sources: Type.Array(Type.String()),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
