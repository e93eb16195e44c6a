import type { MetricDataQuery, MetricStat } from '@aws-sdk/client-cloudwatch'
import { isStatistic, statistic } from './aggregate.ts'
import { evaluateExpression, type Series } from './expression.ts'
import { readFlag, readList, readNumber } from './input.ts'
import { type MetricStore, metricId } from './metric-store.ts'
import { invalid, missing, notHere } from './monitoring-errors.ts'

/** Most queries of one request, as on AWS. */
const MOST = 500

/**
 * Reads the queries of GetMetricData or of an alarm and checks them.
 * @throws AwsError `ValidationException`, or 501 for what is not here
 */
export function readQueries(given: MetricDataQuery[] | undefined): MetricDataQuery[] {
  const queries = readList<MetricDataQuery>(given)
  if (queries.length === 0) throw missing('MetricDataQueries')
  if (queries.length > MOST)
    throw invalid(`A request has at most ${MOST} queries; this has ${queries.length}.`)
  const ids = queries.map(query => query.Id ?? '')
  for (const [at, query] of queries.entries()) {
    const { Id = '', Expression, MetricStat: stat } = query
    if (!/^[a-z]\w{0,254}$/.test(Id))
      throw invalid(`The value ${Id} for parameter Id is invalid: it must begin with a lower-case letter.`)
    if (ids.indexOf(Id) !== at) throw invalid(`The id ${Id} is not unique.`)
    if ((Expression === undefined) === (stat === undefined))
      throw invalid(`The query ${Id} must have either an Expression or a MetricStat.`)
    if (stat) checkStat(stat)
    if (query.AccountId) throw notHere('metrics of other accounts')
  }
  return queries.map(query => ({ ...query, ReturnData: readFlag(query.ReturnData, true) }))
}

function checkStat({ Metric, Period, Stat }: MetricStat): void {
  if (!Metric?.Namespace) throw missing('MetricStat.Metric.Namespace')
  if (!Metric.MetricName) throw missing('MetricStat.Metric.MetricName')
  if (!Stat || !isStatistic(Stat))
    throw invalid(`The value ${Stat} for parameter MetricStat.Stat is invalid.`)
  readPeriod(Period)
}

/** @throws AwsError `ValidationException` for anything but 1, 5, 10, 30 or a multiple of 60 seconds */
export function readPeriod(value: unknown): number {
  const period = readNumber('Period', value)
  if (period === undefined) throw missing('Period')
  if (![1, 5, 10, 20, 30].includes(period) && !(period > 0 && period % 60 === 0))
    throw invalid(`The value ${period} for parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.`)
  return period
}

/** The period that a set of queries is answered in: the longest of theirs. */
export function periodOf(queries: MetricDataQuery[]): number {
  return Math.max(
    ...queries.flatMap(({ MetricStat: stat, Period }) => {
      const period = stat?.Period ?? Period
      return period === undefined ? [] : [readPeriod(period)]
    }),
  )
}

/** One metric in one statistic, in spans of `step` ms from `from`. */
export function seriesOfMetric(
  metrics: MetricStore,
  stat: MetricStat,
  from: number,
  to: number,
  step: number,
): Series {
  const { Namespace = '', MetricName = '', Dimensions } = stat.Metric ?? {}
  const id = metricId(Namespace, MetricName, readList(Dimensions))
  const series: Series = new Map()
  for (const [time, samples] of metrics.spans(id, from, to, step, stat.Unit)) {
    const value = statistic(stat.Stat ?? '', samples)
    if (value !== undefined) series.set(time, value)
  }
  return series
}

/** What each query of a set gives, expressions over the others included, in spans of `step` ms from `from`. */
export function answerQueries(
  metrics: MetricStore,
  queries: MetricDataQuery[],
  from: number,
  to: number,
  step: number,
): (id: string) => Series {
  const grid: number[] = []
  for (let time = from; time < to; time += step) grid.push(time)
  const known = new Map<string, Series | 'under way'>()
  const period = periodOf(queries)
  const metricsOf = (filter = '') =>
    queries.flatMap(({ Id = '', MetricStat }) => (MetricStat && Id.includes(filter) ? [answer(Id)] : []))
  return answer

  function answer(id: string): Series {
    const before = known.get(id)
    if (before === 'under way') throw invalid(`The expression ${id} depends on itself.`)
    if (before) return before
    const query = queries.find(one => one.Id === id)
    if (!query) throw invalid(`No query has the id ${id}.`)
    known.set(id, 'under way')
    const series = query.MetricStat
      ? seriesOfMetric(metrics, query.MetricStat, from, to, step)
      : evaluateExpression(query.Expression ?? '', { lookup: answer, metrics: metricsOf, grid, period, step })
    known.set(id, series)
    return series
  }
}
