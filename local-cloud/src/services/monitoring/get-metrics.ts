import type {
  Datapoint,
  DimensionFilter,
  GetMetricDataInput,
  GetMetricDataOutput,
  GetMetricStatisticsInput,
  GetMetricStatisticsOutput,
  ListMetricsInput,
  ListMetricsOutput,
  StandardUnit,
} from '@aws-sdk/client-cloudwatch'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { isPercentile, isStatistic, statistic } from './aggregate.ts'
import { needTime, page, readList } from './input.ts'
import { type MetricStore, metricId } from './metric-store.ts'
import { invalidCombination, invalidValue, missing } from './monitoring-errors.ts'
import { answerQueries, periodOf, readPeriod, readQueries } from './queries.ts'

/** Most data points of one GetMetricStatistics, as on AWS. */
const MOST_POINTS = 1440
/** Most data points of one GetMetricData, as on AWS. */
const MOST_DATA = 100_800
/** Metrics on one page of ListMetrics, as on AWS. */
const PAGE = 500
/** ListMetrics leaves out what had no sample in two weeks. */
const LISTED_MS = 14 * 86_400_000
const MINUTE_MS = 60_000

/** Reading metrics back. */
export function getMetricOperations(
  { clock }: ServiceContext,
  metrics: MetricStore,
): Record<string, Operation> {
  function getMetricStatistics(input: GetMetricStatisticsInput): GetMetricStatisticsOutput {
    const { Namespace, MetricName, Unit } = input
    if (!Namespace) throw missing('Namespace')
    if (!MetricName) throw missing('MetricName')
    const step = readPeriod(input.Period) * 1000
    const from = Math.floor(needTime('StartTime', input.StartTime) / MINUTE_MS) * MINUTE_MS
    const to = needTime('EndTime', input.EndTime)
    if (from >= to)
      throw invalidCombination('The parameter StartTime must be less than the parameter EndTime.')
    if ((to - from) / step > MOST_POINTS)
      throw invalidCombination(
        `You have requested up to ${Math.ceil((to - from) / step)} datapoints, which exceeds the limit of ${MOST_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
      )
    const plain = readList<string>(input.Statistics)
    const extended = readList<string>(input.ExtendedStatistics)
    if (plain.length + extended.length === 0)
      throw invalidCombination(
        'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
      )
    for (const name of [...plain, ...extended])
      if (!isStatistic(name) || isPercentile(name) !== extended.includes(name))
        throw invalidValue(`The value ${name} for parameter Statistics is invalid.`)
    const id = metricId(Namespace, MetricName, readList(input.Dimensions))
    const units = Unit ? [Unit] : metrics.units(id, from, to)
    const points = units.flatMap(unit =>
      [...metrics.spans(id, from, to, step, unit)].map(([time, samples]): Datapoint => {
        const percentiles = extended.map(name => [name, statistic(name, samples)] as const)
        return {
          Timestamp: new Date(time),
          Unit: unit as StandardUnit,
          ...Object.fromEntries(plain.map(name => [name, statistic(name, samples)])),
          ...(extended.length > 0 && {
            ExtendedStatistics: Object.fromEntries(
              percentiles.filter((one): one is [string, number] => one[1] !== undefined),
            ),
          }),
        }
      }),
    )
    return { Label: MetricName, Datapoints: points }
  }

  function getMetricData(input: GetMetricDataInput): GetMetricDataOutput {
    const queries = readQueries(input.MetricDataQueries)
    const start = needTime('StartTime', input.StartTime)
    const end = needTime('EndTime', input.EndTime)
    if (start >= end)
      throw invalidCombination('The parameter StartTime must be less than the parameter EndTime.')
    const step = periodOf(queries) * 1000
    const from = Math.floor(start / step) * step
    const returned = queries.filter(query => query.ReturnData)
    if ((returned.length * (end - from)) / step > MOST_DATA)
      throw invalidValue(
        `The request asks for more than ${MOST_DATA} data points; make the time shorter or the period longer.`,
      )
    const answer = answerQueries(metrics, queries, from, end, step)
    const sign = input.ScanBy === 'TimestampAscending' ? 1 : -1
    return {
      MetricDataResults: returned.map(({ Id = '', Label, MetricStat }) => {
        const points = [...answer(Id)].sort(([a], [b]) => sign * (a - b))
        return {
          Id,
          Label: Label ?? MetricStat?.Metric?.MetricName ?? Id,
          Timestamps: points.map(([time]) => new Date(time)),
          Values: points.map(([, value]) => value),
          StatusCode: 'Complete',
        }
      }),
      Messages: [],
    }
  }

  function listMetrics(input: ListMetricsInput): ListMetricsOutput {
    const filters = readList<DimensionFilter>(input.Dimensions)
    const oldest = clock.now() - (input.RecentlyActive === 'PT3H' ? 3 * 3_600_000 : LISTED_MS)
    const found = metrics.metrics
      .list()
      .filter(
        metric =>
          metric.seenAt >= oldest - MINUTE_MS &&
          (input.Namespace ?? metric.namespace) === metric.namespace &&
          (input.MetricName ?? metric.name) === metric.name &&
          filters.every(({ Name, Value }) =>
            metric.dimensions.some(one => one.Name === Name && (Value ?? one.Value) === one.Value),
          ),
      )
    const { items, next } = page(found, input.NextToken, PAGE)
    return {
      Metrics: items.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: dimensions,
      })),
      NextToken: next,
    }
  }

  return { GetMetricStatistics: getMetricStatistics, GetMetricData: getMetricData, ListMetrics: listMetrics }
}
