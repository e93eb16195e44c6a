import { ACTIVITY_SUMMARIES } from '../../domain/activity/report.ts'
import { findMetric } from '../../domain/metrics/catalogue.ts'

/**
 * The routes that may be read on behalf of another person, by pattern, with the metrics that an answer is made of. What
 * is not here is never shared: insights, exports, uploads, events and everything that changes something.
 */
const SHARED_READS: Record<string, (query: { metric?: unknown }) => readonly string[]> = {
  '/api/v1/health-data': ({ metric }) => named(metric),
  '/api/v1/summaries/daily': ({ metric }) => named(metric),
  '/api/v1/trends': ({ metric }) => named(metric),
  '/api/v1/sleep': () => ['sleep_analysis'],
  '/api/v1/rhythm': () => ['steps'],
  '/api/v1/activity': () => [...ACTIVITY_SUMMARIES, 'steps', 'workout'],
  '/api/v1/heart': () => [
    'heart_rate',
    'heart_rate_variability_sdnn',
    'heartbeat_series',
    'resting_heart_rate',
    'sleep_analysis',
  ],
}

/** Whether a route takes `subject`. */
export function isShared(method: string, route: string): boolean {
  return (method === 'GET' || method === 'HEAD') && Object.hasOwn(SHARED_READS, route)
}

/** The metrics that an answer is made of; empty where the question does not name one that exists. */
export function metricsRead(route: string, query: unknown): readonly string[] {
  return SHARED_READS[route]?.((query ?? {}) as { metric?: unknown }) ?? []
}

function named(metric: unknown): string[] {
  const found = typeof metric === 'string' ? findMetric(metric) : undefined
  return found ? [found.name] : []
}
