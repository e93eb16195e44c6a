import type { PutCompositeAlarmInput, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import { isPercentile, isStatistic } from './aggregate.ts'
import type { AlarmSettings, CompositeSettings } from './alarm-record.ts'
import { comparison } from './evaluate-alarm.ts'
import { readFlag, readList, readNumber } from './input.ts'
import { sortDimensions } from './metric-store.ts'
import { invalid, invalidCombination, notHere } from './monitoring-errors.ts'
import { periodOf, readPeriod, readQueries } from './queries.ts'

const MISSING = ['missing', 'ignore', 'breaching', 'notBreaching']
/** Longest time that an alarm looks at, in seconds: a day; a week where its periods are of an hour or more. */
const LONGEST = { usual: 86_400, hourly: 604_800 }

/**
 * Reads what PutMetricAlarm says.
 * @throws AwsError `ValidationException` or `InvalidParameterCombinationException`, or 501 for what is not here
 */
export function readAlarmSettings(input: PutMetricAlarmInput): AlarmSettings {
  for (const name of [
    'ThresholdMetricId',
    'EvaluationWindow',
    'WarmUpConfiguration',
    'EvaluationCriteria',
  ] as const)
    if (input[name] !== undefined) throw notHere(`${name} of PutMetricAlarm`)
  const operator = input.ComparisonOperator
  if (/RangeThreshold|Lower|Upper/.test(operator ?? '')) throw notHere(`the comparison operator ${operator}`)
  if (!comparison(operator))
    throw invalid(`The value ${operator} for parameter ComparisonOperator is invalid.`)
  const Threshold = readNumber('Threshold', input.Threshold)
  if (Threshold === undefined) throw invalid('The parameter Threshold is required.')
  const EvaluationPeriods = whole('EvaluationPeriods', input.EvaluationPeriods)
  if (EvaluationPeriods === undefined) throw invalid('The parameter EvaluationPeriods is required.')
  const DatapointsToAlarm = whole('DatapointsToAlarm', input.DatapointsToAlarm)
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods)
    throw invalid('DatapointsToAlarm must be less than or equal to EvaluationPeriods.')
  const { TreatMissingData } = input
  if (TreatMissingData && !MISSING.includes(TreatMissingData))
    throw invalid(
      `The value ${TreatMissingData} for parameter TreatMissingData must be ${MISSING.join(', ')}.`,
    )
  const watched = readList(input.Metrics).length > 0 ? readMath(input) : readMetric(input)
  const period = watched.Period ?? periodOf(watched.Metrics ?? [])
  if (period * EvaluationPeriods > (period >= 3600 ? LONGEST.hourly : LONGEST.usual))
    throw invalid(
      'Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).',
    )
  return {
    ...actionsOf(input),
    ...watched,
    ComparisonOperator: operator,
    Threshold,
    EvaluationPeriods,
    DatapointsToAlarm,
    TreatMissingData,
    EvaluateLowSampleCountPercentile: input.EvaluateLowSampleCountPercentile,
  }
}

export function readCompositeSettings(input: PutCompositeAlarmInput): CompositeSettings {
  if (!input.AlarmRule) throw invalid('The parameter AlarmRule is required.')
  return {
    ...actionsOf(input),
    AlarmRule: input.AlarmRule,
    ActionsSuppressor: input.ActionsSuppressor,
    ActionsSuppressorWaitPeriod: readNumber('ActionsSuppressorWaitPeriod', input.ActionsSuppressorWaitPeriod),
    ActionsSuppressorExtensionPeriod: readNumber(
      'ActionsSuppressorExtensionPeriod',
      input.ActionsSuppressorExtensionPeriod,
    ),
  }
}

function actionsOf(input: PutMetricAlarmInput | PutCompositeAlarmInput) {
  return {
    AlarmDescription: input.AlarmDescription,
    ActionsEnabled: readFlag(input.ActionsEnabled, true),
    OKActions: readList<string>(input.OKActions),
    AlarmActions: readList<string>(input.AlarmActions),
    InsufficientDataActions: readList<string>(input.InsufficientDataActions),
  }
}

function readMetric(input: PutMetricAlarmInput): AlarmSettings {
  const { Namespace, MetricName, Statistic, ExtendedStatistic } = input
  if (!Namespace || !MetricName) throw invalid('The parameters Namespace and MetricName are required.')
  if ((Statistic === undefined) === (ExtendedStatistic === undefined))
    throw invalidCombination(
      'Exactly one of the parameters Statistic and ExtendedStatistic must be specified.',
    )
  const stat = Statistic ?? ExtendedStatistic ?? ''
  if (!isStatistic(stat) || isPercentile(stat) !== (ExtendedStatistic !== undefined))
    throw invalid(`The value ${stat} for parameter Statistic is invalid.`)
  const Dimensions = sortDimensions(readList(input.Dimensions))
  const Period = readPeriod(input.Period)
  return { Namespace, MetricName, Statistic, ExtendedStatistic, Dimensions, Period, Unit: input.Unit }
}

function readMath(input: PutMetricAlarmInput): AlarmSettings {
  if (input.MetricName ?? input.Namespace ?? input.Statistic ?? input.Period)
    throw invalidCombination('Metrics cannot stand beside MetricName, Namespace, Statistic or Period.')
  const Metrics = readQueries(input.Metrics)
  if (Metrics.filter(query => query.ReturnData).length !== 1)
    throw invalid('Exactly one element of the Metrics list should return data.')
  if (!Number.isFinite(periodOf(Metrics)))
    throw invalid('At least one element of the Metrics list must have a MetricStat.')
  return { Metrics, Dimensions: [] }
}

function whole(parameter: string, value: unknown): number | undefined {
  const number = readNumber(parameter, value)
  if (number !== undefined && !(Number.isInteger(number) && number >= 1))
    throw invalid(`The value ${number} for parameter ${parameter} must be a whole number of 1 or more.`)
  return number
}
