/** One metric on one local day of one person, after sources have been merged. */
export interface DailySummary {
  /** Local calendar date, `2026-11-24`; a night's sleep belongs to the date of waking. */
  date: string
  /** Canonical metric name, such as `heart_rate`. */
  metric: string
  /** Canonical unit of the values below. */
  unit: string
  /** Samples that went in. */
  count: number
  min: number
  max: number
  mean: number
  /** Total of the day, for metrics that add up (steps, energy, minutes asleep); absent for others. */
  sum?: number
}

/** Reads daily summaries; the ingest side implements it, insights use it. */
export interface DailySummaries {
  /** Summaries from `from` to `to` inclusive (local dates), in date order; days without data are absent. */
  daily(userId: string, metric: string, from: string, to: string): Promise<DailySummary[]>
}
