import type { AwsError } from '../../core/aws-error.ts'
import { notHere } from './monitoring-errors.ts'

/** A time series: span starts to values. */
export type Series = Map<number, number>
/** A number, a series, or a list of series. */
export type Value = number | Series | Series[]

/** What an expression may look at. */
export interface MathContext {
  /** The series of another query of the request. */
  lookup(id: string): Series
  /** The series of every metric of the request (not its expressions), or of those whose id holds a text. */
  metrics(filter: string | undefined): Series[]
  /** The starts of all spans of the time that was asked for. */
  grid: number[]
  /** How long a span is, in seconds, and in milliseconds of the clock, which may run faster. */
  period: number
  step: number
}

type Wrong = (why: string) => AwsError
type Run = (values: Value[], context: MathContext, wrong: Wrong) => Value

/** Runs a function of metric math. @throws AwsError `ValidationException` for wrong arguments, 501 for what is not here */
export function seriesFunction(name: string, values: Value[], context: MathContext, wrong: Wrong): Value {
  const run = FUNCTIONS[name]
  if (!run) throw notHere(`${name.replace(/^FILL_/, 'FILL with ')}() of metric math`)
  return run(values, context, wrong)
}

/** Works on two values; a list is worked on member by member. */
export function combine(a: Value, b: Value, work: (a: number, b: number) => number): Value {
  if (Array.isArray(a)) return a.map(one => combine(one, b, work) as Series)
  if (Array.isArray(b)) return b.map(one => combine(a, one, work) as Series)
  if (typeof a === 'number' && typeof b === 'number') return work(a, b)
  const times = typeof a === 'number' ? [...(b as Series).keys()] : [...a.keys()]
  return finite(
    times.map(time => {
      const [left, right] = [valueAt(a, time), valueAt(b, time)]
      return [time, left === undefined || right === undefined ? undefined : work(left, right)]
    }),
  )
}

function valueAt(of: Series | number, time: number): number | undefined {
  return typeof of === 'number' ? of : of.get(time)
}

function finite(points: [number, number | undefined][]): Series {
  return new Map(points.filter((one): one is [number, number] => Number.isFinite(one[1])))
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

/** One series gives a number over its time; a list gives a series over its members. */
const aggregate =
  (work: (values: number[]) => number): Run =>
  ([of], _, wrong) => {
    if (of === undefined || typeof of === 'number') throw wrong('a metric or a list of metrics is expected')
    if (!Array.isArray(of)) return work([...of.values()])
    const times = [...new Set(of.flatMap(series => [...series.keys()]))].sort((a, b) => a - b)
    return finite(times.map(time => [time, work(of.flatMap(series => series.get(time) ?? []))]))
  }

/** A function of each value by itself. */
const each =
  (work: (value: number) => number): Run =>
  ([of = 0]) =>
    combine(of, 0, value => work(value))

/** A function of one series that looks at the value before. */
const stepwise =
  (
    work: (now: number, before: number | undefined, seconds: number, seen: number) => number | undefined,
  ): Run =>
  ([of], { period, step }, wrong) => {
    if (of === undefined || typeof of === 'number' || Array.isArray(of)) throw wrong('one metric is expected')
    let before: [number, number] | undefined
    let seen = 0
    const points = [...of]
      .sort(([a], [b]) => a - b)
      .map(([time, value]): [number, number | undefined] => {
        seen += value
        const result = work(value, before?.[1], before ? ((time - before[0]) / step) * period : 0, seen)
        before = [time, value]
        return [time, result]
      })
    return finite(points)
  }

const FUNCTIONS: Record<string, Run> = {
  ABS: each(Math.abs),
  CEIL: each(Math.ceil),
  FLOOR: each(Math.floor),
  LOG: each(Math.log),
  LOG10: each(Math.log10),
  AVG: aggregate(values => sum(values) / values.length),
  MAX: aggregate(values => Math.max(...values)),
  METRIC_COUNT: ([of], _, wrong) => {
    if (!Array.isArray(of)) throw wrong('METRIC_COUNT takes a list')
    return of.length
  },
  MIN: aggregate(values => Math.min(...values)),
  SUM: aggregate(sum),
  DIFF: stepwise((now, before) => (before === undefined ? undefined : now - before)),
  DIFF_TIME: stepwise((_, before, seconds) => (before === undefined ? undefined : seconds)),
  RATE: stepwise((now, before, seconds) => (before === undefined ? undefined : (now - before) / seconds)),
  RUNNING_SUM: stepwise((_, __, ___, seen) => seen),
  PERIOD: (_, { period }) => period,
  TIME_SERIES: ([value], { grid }, wrong) => {
    if (typeof value !== 'number') throw wrong('TIME_SERIES takes a number')
    return new Map(grid.map(time => [time, value]))
  },
  FILL: ([of, filling], { grid }, wrong) => {
    if (of === undefined || typeof of === 'number' || filling === undefined || Array.isArray(filling))
      throw wrong('FILL takes a metric, and a number, a metric, REPEAT or LINEAR')
    const fill = (series: Series) =>
      finite(grid.map(time => [time, series.get(time) ?? valueAt(filling, time)]))
    return Array.isArray(of) ? of.map(fill) : fill(of)
  },
  FILL_REPEAT: ([of], { grid }, wrong) => {
    if (of === undefined || typeof of === 'number') throw wrong('FILL takes a metric')
    const fill = (series: Series) => {
      let last: number | undefined
      return finite(
        grid.map(time => {
          last = series.get(time) ?? last
          return [time, last]
        }),
      )
    }
    return Array.isArray(of) ? of.map(fill) : fill(of)
  },
  IF: ([condition, then, otherwise], { grid }, wrong) => {
    if (condition === undefined || then === undefined) throw wrong('IF takes a condition and a value or two')
    if (Array.isArray(condition) || Array.isArray(then) || Array.isArray(otherwise))
      throw wrong('IF takes single metrics and numbers')
    if (typeof condition === 'number') {
      const taken = condition === 0 ? otherwise : then
      return taken ?? new Map()
    }
    return finite(
      grid.map(time => {
        const holds = condition.get(time)
        const taken = holds === undefined ? undefined : holds === 0 ? otherwise : then
        return [time, taken === undefined ? undefined : valueAt(taken, time)]
      }),
    )
  },
}
