/** Every metric that log lines carry to CloudWatch, with its unit, in the namespace {@link NAMESPACE}. */
export const METRICS = {
  requests: 'Count',
  duration_ms: 'Milliseconds',
  client_errors: 'Count',
  server_errors: 'Count',
  /** Refused for their number: 429. */
  refused_requests: 'Count',
  /** From the receipt of an upload until its samples can be read. */
  ingest_lag_ms: 'Milliseconds',
  /** From the receipt of an upload until a worker first takes it up. */
  queue_age_ms: 'Milliseconds',
  /** What Gemini took for an insight or an answer, repairs included. */
  insight_ms: 'Milliseconds',
  gemini_calls: 'Count',
  gemini_prompt_tokens: 'Count',
  gemini_answer_tokens: 'Count',
  /** Insights and answers that plain rules worded since Gemini did not, or not well. */
  gemini_fallbacks: 'Count',
} as const

export type Measured = { [K in keyof typeof METRICS]?: number }

export const NAMESPACE = 'Clarity/Backend'

/**
 * The members that make a log line a metric, by the dimensions `environment` and `service`, which every line has:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param now in milliseconds
 */
export function embedded(values: Measured, now: number): Record<string, unknown> {
  const names = (Object.keys(values) as (keyof Measured)[]).filter(name => Number.isFinite(values[name]))
  if (names.length === 0) return {}
  return {
    ...Object.fromEntries(names.map(name => [name, values[name]])),
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [['environment', 'service']],
          Metrics: names.map(name => ({ Name: name, Unit: METRICS[name] })),
        },
      ],
    },
  }
}

const REQUEST = JSON.stringify(embedded(ofRequest(200, 0), 0))
const DIRECTIVE = REQUEST.slice(REQUEST.indexOf('"CloudWatchMetrics"'))

/** The members that make a request's line its metrics, as JSON without the braces: {@link embedded} at a tenth of its cost. */
export function embeddedRequest(status: number, durationMs: number, now: number): string {
  const { client_errors, server_errors, refused_requests } = ofRequest(status, durationMs)
  return `"requests":1,"duration_ms":${durationMs},"client_errors":${client_errors},"server_errors":${server_errors},"refused_requests":${refused_requests},"_aws":{"Timestamp":${now},${DIRECTIVE.slice(0, -1)}`
}

/** What one answered request counts as. */
export function ofRequest(status: number, durationMs: number): Measured {
  return {
    requests: 1,
    duration_ms: durationMs,
    client_errors: status >= 400 && status < 500 ? 1 : 0,
    server_errors: status >= 500 ? 1 : 0,
    refused_requests: status === 429 ? 1 : 0,
  }
}
