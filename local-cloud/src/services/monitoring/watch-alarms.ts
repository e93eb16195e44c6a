import type { MetricDataQuery, StateValue } from '@aws-sdk/client-cloudwatch'
import type { ServiceContext } from '../../core/service.ts'
import type { AlarmRecord, AlarmSettings, AlarmStore } from './alarm-record.ts'
import { type Criteria, comparison, EXTRA_PERIODS, evaluateAlarm } from './evaluate-alarm.ts'
import type { MetricStore } from './metric-store.ts'
import { answerQueries, periodOf } from './queries.ts'

/**
 * Evaluates every alarm once a minute of the cloud's clock (composite ones whenever another changes, too); periods are minutes of that clock too (at `speed`).
 * @returns what ends it
 */
export function watchAlarms(
  context: ServiceContext,
  alarms: AlarmStore,
  metrics: MetricStore,
  composites: { evaluate(): void },
): () => void {
  const minute = context.clock.minutes(1)
  let cancel = () => {}

  function tick(): void {
    for (const alarm of alarms.alarms.list())
      try {
        if (alarm.kind === 'metric') evaluate(alarm)
      } catch (error) {
        context.log('monitoring', 'an alarm was not evaluated', {
          alarm: alarm.name,
          error: (error as Error).message,
        })
      }
    composites.evaluate()
    schedule()
  }

  function schedule(): void {
    cancel = context.clock.after(minute, tick)
  }

  function evaluate(alarm: AlarmRecord & { kind: 'metric' }): void {
    const { settings } = alarm
    const queries = queriesOf(settings)
    const watched = queries.find(query => query.ReturnData)?.Id ?? ''
    const criteria = criteriaOf(settings)
    const step = (periodOf(queries) / 60) * minute
    const to = Math.floor(context.clock.now() / minute) * minute
    const spans = criteria.evaluationPeriods + EXTRA_PERIODS
    const from = to - spans * step
    const series = answerQueries(metrics, queries, from, to, step)(watched)
    const times = Array.from({ length: spans }, (_, age) => to - (age + 1) * step)
    const points = times.map(time => series.get(time))
    const state = evaluateAlarm(points, criteria)
    if (state === undefined || state === alarm.state) return
    const recent = times.flatMap(time => series.get(time) ?? []).slice(0, criteria.evaluationPeriods)
    alarms.setState(
      alarm,
      state,
      reasonOf(state, alarm, recent, criteria),
      JSON.stringify({
        version: '1.0',
        queryDate: new Date(context.clock.now()).toISOString(),
        statistic: settings.Statistic ?? settings.ExtendedStatistic,
        period: periodOf(queries),
        recentDatapoints: [...recent].reverse(),
        threshold: settings.Threshold,
      }),
    )
  }

  schedule()
  return () => cancel()
}

/** The queries of an alarm: its own, or one of its one metric. */
export function queriesOf(settings: AlarmSettings): MetricDataQuery[] {
  if (settings.Metrics?.length) return settings.Metrics
  const { Namespace, MetricName, Dimensions, Period, Unit } = settings
  const Stat = settings.ExtendedStatistic ?? settings.Statistic
  return [
    {
      Id: 'm1',
      ReturnData: true,
      MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat, Unit },
    },
  ]
}

function criteriaOf(settings: AlarmSettings): Criteria {
  const { Threshold = 0, EvaluationPeriods = 1, DatapointsToAlarm = EvaluationPeriods } = settings
  return {
    evaluationPeriods: EvaluationPeriods,
    datapointsToAlarm: DatapointsToAlarm,
    treatMissingData: (settings.TreatMissingData ?? 'missing') as Criteria['treatMissingData'],
    breaches: value => comparison(settings.ComparisonOperator)?.breaches(value, Threshold) ?? false,
  }
}

/** What AWS tells of a change of state, in its words. */
function reasonOf(
  state: StateValue,
  { state: before, settings }: AlarmRecord & { kind: 'metric' },
  recent: number[],
  { evaluationPeriods, datapointsToAlarm, breaches }: Criteria,
): string {
  if (state === 'INSUFFICIENT_DATA')
    return `Insufficient Data: ${evaluationPeriods} datapoint${evaluationPeriods === 1 ? ' was' : 's were'} unknown.`
  if (recent.length === 0)
    return `Threshold Crossed: no datapoints were received for ${evaluationPeriods} period(s) and ${evaluationPeriods} missing datapoint(s) were treated as [${settings.TreatMissingData === 'breaching' ? 'Breaching' : 'NonBreaching'}].`
  const values = recent.filter(value => breaches(value) === (state === 'ALARM'))
  const words = comparison(settings.ComparisonOperator)?.words
  return `Threshold Crossed: ${values.length} out of the last ${recent.length} datapoints [${values.join(', ')}] ${values.length === 1 ? 'was' : 'were'} ${state === 'ALARM' ? '' : 'not '}${words} the threshold (${settings.Threshold}) (minimum ${state === 'ALARM' ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1} datapoint(s) for ${before} -> ${state} transition).`
}
