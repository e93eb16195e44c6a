import { findMetric } from '../../domain/metrics/catalogue.ts'
import type { Metric } from '../../domain/metrics/metric.ts'
import { validationProblem } from '../validation.ts'

/** The metric that a query asks for. @throws Problem 422 where there is none of that name */
export function metricNamed(name: string): Metric {
  const metric = findMetric(name)
  if (metric) return metric
  const message = 'is not a known metric; GET /api/v1/metrics lists them'
  throw validationProblem([{ field: 'metric', message, code: 'unknown_metric' }])
}
