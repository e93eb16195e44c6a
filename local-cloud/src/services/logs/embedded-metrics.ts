import type { Dimension, MetricDatum, StandardUnit } from '@aws-sdk/client-cloudwatch'
import type { ServiceContext } from '../../core/service.ts'

/** Most samples of one PutMetricData, and most values of one metric in a line, as on AWS. */
const MOST_DATA = 1000
const MOST_VALUES = 100

interface Directive {
  Namespace?: unknown
  Dimensions?: unknown
  Metrics?: unknown
}

/**
 * Hands the metrics in Embedded Metric Format lines to CloudWatch, as AWS's logs do; a line is a metric by its
 * `_aws.CloudWatchMetrics`. What is malformed in it stays a log line. Nothing waits for it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function publishEmbedded(context: ServiceContext, messages: string[]): void {
  const byNamespace = new Map<string, MetricDatum[]>()
  for (const message of messages)
    if (message.includes('"_aws"'))
      for (const [namespace, data] of metricsOf(message))
        byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), ...data])
  for (const [Namespace, all] of byNamespace)
    for (let at = 0; at < all.length; at += MOST_DATA) {
      const MetricData = all.slice(at, at + MOST_DATA)
      context
        .invoke('monitoring', 'PutMetricData', { Namespace, MetricData }, 'logs.amazonaws.com')
        .catch((error: Error & { status?: number }) => {
          if (error.status !== 501)
            context.log('logs', 'embedded metrics were not taken', {
              namespace: Namespace,
              error: error.message,
            })
        })
    }
}

function metricsOf(message: string): [namespace: string, data: MetricDatum[]][] {
  let line: Record<string, unknown>
  try {
    line = JSON.parse(message)
  } catch {
    return []
  }
  const { Timestamp, CloudWatchMetrics } = (line?._aws ?? {}) as Record<string, unknown>
  if (!Array.isArray(CloudWatchMetrics) || typeof Timestamp !== 'number') return []
  return CloudWatchMetrics.flatMap((directive: Directive): [string, MetricDatum[]][] => {
    const { Namespace, Dimensions, Metrics } = directive ?? {}
    if (typeof Namespace !== 'string' || !Array.isArray(Metrics)) return []
    const sets = (Array.isArray(Dimensions) && Dimensions.length > 0 ? Dimensions : [[]]) as unknown[]
    const data = sets.flatMap(set => {
      const dimensions = dimensionsOf(set, line)
      return dimensions ? Metrics.flatMap(metric => datumOf(metric, line, dimensions, Timestamp)) : []
    })
    return data.length > 0 ? [[Namespace, data]] : []
  })
}

function dimensionsOf(set: unknown, line: Record<string, unknown>): Dimension[] | undefined {
  if (!Array.isArray(set) || set.length > 30) return undefined
  const dimensions = set.map(Name => ({ Name: String(Name), Value: line[String(Name)] }))
  return dimensions.every((one): one is { Name: string; Value: string } => typeof one.Value === 'string')
    ? dimensions
    : undefined
}

function datumOf(
  metric: { Name?: string; Unit?: StandardUnit; StorageResolution?: number } | undefined,
  line: Record<string, unknown>,
  Dimensions: Dimension[],
  timestamp: number,
): MetricDatum[] {
  const { Name: MetricName, Unit, StorageResolution } = metric ?? {}
  if (typeof MetricName !== 'string') return []
  const Values = [line[MetricName]].flat()
  if (!Values.every((value): value is number => typeof value === 'number' && Number.isFinite(value)))
    return []
  if (Values.length < 1 || Values.length > MOST_VALUES) return []
  return [{ MetricName, Dimensions, Timestamp: new Date(timestamp), Values, Unit, StorageResolution }]
}
