import type { StateValue } from '@aws-sdk/client-cloudwatch'

/** The settings that decide. */
export interface Criteria {
  evaluationPeriods: number
  /** How many of them must breach. */
  datapointsToAlarm: number
  treatMissingData: 'missing' | 'ignore' | 'breaching' | 'notBreaching'
  breaches(value: number): boolean
}

/** How many spans beyond the evaluation periods are looked at for data, where some are missing. */
export const EXTRA_PERIODS = 2

/**
 * The state that data points give an alarm; undefined where it keeps the one it has.
 * Follows the tables in "Configuring how CloudWatch alarms treat missing data", CloudWatch User Guide.
 * @param points the newest first, `evaluationPeriods + EXTRA_PERIODS` of them; undefined where one is missing
 */
export function evaluateAlarm(points: (number | undefined)[], criteria: Criteria): StateValue | undefined {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData, breaches } = criteria
  const there = points
    .flatMap((value, age) => (value === undefined ? [] : [{ age, breaching: breaches(value) }]))
    .slice(0, evaluationPeriods)
  const breaching = there.filter(point => point.breaching)
  const gaps = evaluationPeriods - there.length
  if (gaps > 0 && there.length === 0) {
    if (treatMissingData === 'ignore') return undefined
    if (treatMissingData === 'missing') return 'INSUFFICIENT_DATA'
    return treatMissingData === 'breaching' ? 'ALARM' : 'OK'
  }
  if (breaching.length >= datapointsToAlarm) return 'ALARM'
  if (gaps > 0 && treatMissingData === 'breaching')
    return breaching.length + gaps >= datapointsToAlarm ? 'ALARM' : 'OK'
  if (gaps === 0 || treatMissingData === 'notBreaching' || breaching.length < there.length) return 'OK'
  // Only breaching points, too few of them: an alarm goes off early only once the oldest is old enough.
  const oldest = Math.max(...breaching.map(point => point.age))
  return treatMissingData === 'missing' && oldest + 1 >= datapointsToAlarm ? 'ALARM' : undefined
}

/** The comparison of an operator of AWS, with its words for a state's reason; undefined for one that is not here. */
export function comparison(
  operator: string | undefined,
): { breaches(value: number, threshold: number): boolean; words: string } | undefined {
  return COMPARISONS[operator ?? '']
}

const COMPARISONS: Record<string, NonNullable<ReturnType<typeof comparison>>> = {
  GreaterThanOrEqualToThreshold: {
    breaches: (value, threshold) => value >= threshold,
    words: 'greater than or equal to',
  },
  GreaterThanThreshold: { breaches: (value, threshold) => value > threshold, words: 'greater than' },
  LessThanThreshold: { breaches: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: {
    breaches: (value, threshold) => value <= threshold,
    words: 'less than or equal to',
  },
}
