/** One of CloudWatch's metrics, over one dimension set. */
export interface Metric {
  namespace: string
  name: string
  /** Values may be tokens that are resolved at deployment. */
  dimensions: Record<string, string>
  /** `Sum`, `Average`, `Maximum`, `p99`, … */
  stat: string
  /** Seconds. */
  period: number
}

/** What is watched, when it is too much, and who is told. */
export interface AlarmDefinition {
  /** The alarm's name without its prefix, and the name of its runbook. */
  about: string
  /** `page` wakes somebody; `ticket` can wait for the morning; `part` only counts inside a composite alarm. */
  severity: 'page' | 'ticket' | 'part'
  /** What is wrong when it rings, in one sentence. */
  means: string
  /** One metric, or several that `expression` joins by their keys. */
  metrics: Record<string, Metric>
  /** CloudWatch metric math over the keys of `metrics`. @default the only metric */
  expression?: string
  is: 'GreaterThanThreshold' | 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold'
  threshold: number
  /** Rings when this many of the last `of` periods are beyond the threshold. */
  datapoints: number
  of: number
  /** What no data means. @default `notBreaching`: errors that did not happen */
  missing?: 'notBreaching' | 'breaching' | 'ignore'
}
