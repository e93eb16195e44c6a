import { CfnMetricFilter } from 'aws-cdk-lib/aws-logs'
import type { ClarityStack } from '../clarity-stack.ts'
import { LOG_METRICS } from './service-alarms.ts'

/** What only the API's own log lines know: the lines are allow-listed fields, so no filter can see health data. */
export function logMetrics(stack: ClarityStack): void {
  const { names } = stack
  const filter = (id: string, filterPattern: string, metricName: string, metricValue: string, unit: string) =>
    new CfnMetricFilter(stack, id, {
      filterName: metricName,
      logGroupName: names.apiLogGroup,
      filterPattern,
      metricTransformations: [{ metricNamespace: LOG_METRICS, metricName, metricValue, unit }],
    })
  filter(
    'InsightTime',
    '{ $.event = "request" && $.method = "POST" && $.route = "/api/v1/insights" && $.status = 201 }',
    `${names.prefix}-insight-ms`,
    '$.duration_ms',
    'Milliseconds',
  )
  filter(
    'AuthenticationFailures',
    '{ $.event = "request" && $.route = "/api/v1/auth/*" && ($.status = 401 || $.status = 429) }',
    `${names.prefix}-authentication-failures`,
    '1',
    'Count',
  )
}
