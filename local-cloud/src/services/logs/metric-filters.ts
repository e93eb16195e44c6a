import type {
  DeleteMetricFilterRequest,
  DescribeMetricFiltersRequest,
  DescribeMetricFiltersResponse,
  MetricFilter,
  PutMetricFilterRequest,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { parseFilterPattern } from './filter-pattern.ts'
import { invalid, notFound, page, type Records } from './records.ts'

/** Metric filters: kept and given back; no metric is published from them. */
export function metricFilterOperations(context: ServiceContext, records: Records): Record<string, Operation> {
  function put(input: PutMetricFilterRequest): void {
    const group = records.group(input)
    const { filterName = '', filterPattern = '', metricTransformations = [] } = input
    if (!/^[^:*]{1,512}$/.test(filterName))
      throw invalid(`filterName '${filterName}' must match [^:*]{1,512}`)
    if (metricTransformations.length !== 1)
      throw invalid('metricTransformations must have exactly one member')
    parseFilterPattern(filterPattern)
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

  return { PutMetricFilter: put, DescribeMetricFilters: describe, DeleteMetricFilter: remove }
}
