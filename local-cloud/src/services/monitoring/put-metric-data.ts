import type { MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch'
import type { RequestContext, ServiceContext } from '../../core/service.ts'
import { type Aggregate, aggregateOf } from './aggregate.ts'
import { readList, readNumber, readTime } from './input.ts'
import { type MetricStore, sortDimensions } from './metric-store.ts'
import { invalidCombination, invalidValue, missing } from './monitoring-errors.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const LIMITS = {
  data: 1000,
  dimensions: 30,
  values: 150,
  oldMs: 14 * 86_400_000,
  futureMs: 2 * 3_600_000,
  value: 2 ** 360,
}

const UNITS = new Set(
  [
    'Seconds Microseconds Milliseconds Percent Count None',
    ...['', 'Kilo', 'Mega', 'Giga', 'Tera'].flatMap(size =>
      ['bytes', 'bits'].flatMap(unit => {
        const name = size + (size ? unit : unit.charAt(0).toUpperCase() + unit.slice(1))
        return [name, `${name}/Second`]
      }),
    ),
    'Count/Second',
  ]
    .join(' ')
    .split(' '),
)

/** PutMetricData: all of a request is taken, or nothing. */
export function putMetricDataOperation({ clock, store }: ServiceContext, metrics: MetricStore) {
  return (input: PutMetricDataInput, { caller }: RequestContext): void => {
    const { Namespace: namespace } = input
    if (!namespace) throw missing('Namespace')
    if (!/^[\w.\-/#: ]{1,255}$/.test(namespace) || namespace.startsWith(':'))
      throw invalidValue(`The value ${namespace} for parameter Namespace is invalid.`)
    if (namespace.startsWith('AWS/') && !caller.arn.endsWith('.amazonaws.com'))
      throw invalidValue('The value AWS/ for parameter Namespace is invalid.')
    if (input.EntityMetricData !== undefined)
      throw invalidValue('EntityMetricData is not taken by the local cloud; send MetricData.')
    const data = readList<MetricDatum>(input.MetricData)
    if (data.length === 0) throw missing('MetricData')
    if (data.length > LIMITS.data)
      throw invalidValue(`The collection MetricData must not have a size greater than ${LIMITS.data}.`)
    const now = clock.now()
    const read = data.map((datum, at) => readDatum(datum, `MetricData.member.${at + 1}`, now))
    store.transaction(() => {
      for (const { name, dimensions, time, unit, samples, fine } of read)
        metrics.add({ namespace, name, dimensions }, time, unit, samples, fine)
    })
  }
}

function readDatum(datum: MetricDatum, at: string, now: number) {
  const name = datum.MetricName
  if (!name) throw missing(`${at}.MetricName`)
  if (name.length > 255) throw invalidValue(`The parameter ${at}.MetricName must be at most 255 long.`)
  const dimensions = sortDimensions(readList(datum.Dimensions))
  if (dimensions.length > LIMITS.dimensions)
    throw invalidValue(
      `The collection ${at}.Dimensions must not have a size greater than ${LIMITS.dimensions}.`,
    )
  for (const { Name, Value } of dimensions)
    if (!Name || !Value || Name.length > 255 || Value.length > 1024)
      throw invalidValue(`The parameter ${at}.Dimensions.member.Value is invalid or missing for '${Name}'.`)
  const unit = datum.Unit ?? 'None'
  if (!UNITS.has(unit))
    throw invalidValue(`The parameter ${at}.Unit must be a value in the set [ ${[...UNITS].join(', ')} ].`)
  const time = readTime(`${at}.Timestamp`, datum.Timestamp) ?? now
  if (time < now - LIMITS.oldMs || time > now + LIMITS.futureMs)
    throw invalidValue(
      `The parameter ${at}.Timestamp must specify a time no more than two weeks in the past and no more than two hours in the future.`,
    )
  const fine = Number(datum.StorageResolution ?? 60) === 1
  return { name, dimensions, unit, time, fine, samples: readSamples(datum, at) }
}

function readSamples(datum: MetricDatum, at: string): Aggregate {
  const given = [datum.Value, datum.StatisticValues, datum.Values].filter(one => one !== undefined)
  if (given.length > 1)
    throw invalidCombination(`The parameters ${at}.Value, StatisticValues and Values are mutually exclusive.`)
  const number = (name: string, value: unknown): number => {
    const read = readNumber(`${at}.${name}`, value)
    if (read === undefined) throw missing(`${at}.${name}`)
    if (Math.abs(read) > LIMITS.value)
      throw invalidValue(`The value ${read} for ${at}.${name} is out of range.`)
    return read
  }
  if (datum.StatisticValues) {
    const { SampleCount, Sum, Minimum, Maximum } = datum.StatisticValues
    const count = number('StatisticValues.SampleCount', SampleCount)
    const sum = number('StatisticValues.Sum', Sum)
    const min = number('StatisticValues.Minimum', Minimum)
    const max = number('StatisticValues.Maximum', Maximum)
    if (count <= 0 || min > max) throw invalidValue(`The statistic set of ${at} contradicts itself.`)
    // as on AWS, percentiles of a set are known where it can only be one value
    return { count, sum, min, max, ...((count === 1 || min === max) && { values: [[min, count]] }) }
  }
  if (datum.Values) {
    const values = readList(datum.Values)
    const counts = readList(datum.Counts)
    if (values.length < 1 || values.length > LIMITS.values)
      throw invalidValue(`The collection ${at}.Values must have 1 to ${LIMITS.values} members.`)
    if (counts.length > 0 && counts.length !== values.length)
      throw invalidValue(`The parameters ${at}.Values and Counts must have the same size.`)
    return aggregateOf(
      values.map((value, i) => [
        number('Values', value),
        counts.length > 0 ? number('Counts', counts[i]) : 1,
      ]),
    )
  }
  return aggregateOf([[number('Value', datum.Value), 1]])
}
