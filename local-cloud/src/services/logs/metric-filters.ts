import type {
  DeleteMetricFilterRequest,
  DescribeMetricFiltersRequest,
  DescribeMetricFiltersResponse,
  MetricFilter,
  MetricTransformation,
  PutMetricFilterRequest,
  TestMetricFilterRequest,
  TestMetricFilterResponse,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { parseFilterPattern } from './filter-pattern.ts'
import { extractedValues } from './filtered-metrics.ts'
import { invalid, notFound, page, type Records } from './records.ts'

/** Metric filters; filtered-metrics.ts publishes from them as events arrive. */
export function metricFilterOperations(context: ServiceContext, records: Records): Record<string, Operation> {
  function put(input: PutMetricFilterRequest): void {
    const group = records.group(input)
    const { filterName = '', filterPattern = '', metricTransformations = [] } = input
    if (!/^[^:*]{1,512}$/.test(filterName))
      throw invalid(`filterName '${filterName}' must match [^:*]{1,512}`)
    if (metricTransformations.length !== 1)
      throw invalid('metricTransformations must have exactly one member')
    parseFilterPattern(filterPattern)
    metricTransformations.forEach(checkTransformation)
    const createdAt = context.clock.now()
    records.metricFilters.put(`${group.id}:${filterName}`, {
      filterName,
      filterPattern,
      metricTransformations,
      createdAt,
    })
  }

  function describe(input: DescribeMetricFiltersRequest): DescribeMetricFiltersResponse {
    const groups = input.logGroupName ? [records.group(input)] : records.groups.list()
    const found = groups.flatMap(group =>
      records.metricFilters.list(`${group.id}:${input.filterNamePrefix ?? ''}`).map(
        ({ createdAt, ...filter }): MetricFilter => ({
          ...filter,
          creationTime: createdAt,
          logGroupName: group.name,
        }),
      ),
    )
    const { metricName, metricNamespace } = input
    const wanted = found.filter(({ metricTransformations: [metric] = [] }) =>
      metricName === undefined
        ? true
        : metric?.metricName === metricName && metric.metricNamespace === metricNamespace,
    )
    const shown = page(wanted, input.nextToken, input.limit)
    return { metricFilters: shown.items, nextToken: shown.nextToken }
  }

  function remove(input: DeleteMetricFilterRequest): void {
    const group = records.group(input)
    if (!records.metricFilters.delete(`${group.id}:${input.filterName}`))
      throw notFound('The specified metric filter does not exist.')
  }

  function test(input: TestMetricFilterRequest): TestMetricFilterResponse {
    const { filterPattern = '', logEventMessages = [] } = input
    const matches = parseFilterPattern(filterPattern)
    return {
      matches: logEventMessages.flatMap((eventMessage, at) =>
        matches(eventMessage)
          ? [
              {
                eventNumber: at + 1,
                eventMessage,
                extractedValues: extractedValues(filterPattern, eventMessage),
              },
            ]
          : [],
      ),
    }
  }

  return {
    TestMetricFilter: test,
    PutMetricFilter: put,
    DescribeMetricFilters: describe,
    DeleteMetricFilter: remove,
  }
}

/** Most dimensions of a metric of a filter (CloudWatch Logs quotas). */
const MOST_DIMENSIONS = 3

function checkTransformation(transformation: MetricTransformation): void {
  const { metricName, metricNamespace, metricValue = '', dimensions = {}, defaultValue } = transformation
  for (const [name, text] of Object.entries({ metricName, metricNamespace }))
    if (!text || !/^[^:*$]{1,255}$/.test(text))
      throw invalid(`${name} '${text}' must be 1 to 255 characters without : * $`)
  if (!metricValue.startsWith('$') && !Number.isFinite(Number(metricValue || 'none')))
    throw invalid(`Invalid metric transformation: metricValue '${metricValue}' is no number and no field`)
  const given = Object.entries(dimensions)
  if (given.length > MOST_DIMENSIONS)
    throw invalid(`a metric transformation has at most ${MOST_DIMENSIONS} dimensions`)
  if (given.length > 0 && defaultValue !== undefined)
    throw invalid(
      'Invalid metric transformation: dimensions and default value are mutually exclusive properties.',
    )
  for (const [, selector] of given)
    if (!selector.startsWith('$'))
      throw invalid(`the dimension value '${selector}' must name a field: $.field`)
}
