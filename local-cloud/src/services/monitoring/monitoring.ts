import type { GetMetricStatisticsOutput } from '@aws-sdk/client-cloudwatch'
import type { Service, ServiceContext } from '../../core/service.ts'
import { alarmOperations } from './alarm-operations.ts'
import { createAlarmStore } from './alarm-record.ts'
import { createComposites } from './composite-alarms.ts'
import { dashboardOperations } from './dashboards.ts'
import { getMetricOperations } from './get-metrics.ts'
import { createMetricStore } from './metric-store.ts'
import { QUERY_ERROR_CODES } from './monitoring-errors.ts'
import { putMetricDataOperation } from './put-metric-data.ts'
import { watchAlarms } from './watch-alarms.ts'

const HOUR_MS = 3_600_000

/** CloudWatch: metrics, alarms that evaluate them, dashboards. See SPEC.md. */
export function createMonitoring(context: ServiceContext): Service {
  const metrics = createMetricStore(context)
  const alarms = createAlarmStore(context)
  const composites = createComposites(alarms)
  alarms.onChange(composites.evaluate)
  const ends: (() => void)[] = []

  function tidyHourly(): void {
    metrics.tidy()
    alarms.tidy()
    ends[1] = context.clock.after(HOUR_MS, tidyHourly)
  }

  return {
    name: 'monitoring',
    protocol: 'json',
    targetPrefix: 'GraniteServiceVersion20100801',
    jsonVersion: '1.0',
    queryErrorCodes: QUERY_ERROR_CODES,
    query: { xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/', write: withEntries },
    cbor: true,
    operations: {
      PutMetricData: putMetricDataOperation(context, metrics),
      ...getMetricOperations(context, metrics),
      ...alarmOperations(context, alarms, composites),
      ...dashboardOperations(context),
    },
    start: () => {
      ends[0] = watchAlarms(context, alarms, metrics, composites)
      tidyHourly()
    },
    stop: () => {
      for (const end of ends) end()
    },
  }
}

/** The one map that an output has, in the form that XML has for maps. */
function withEntries(_: string, output: GetMetricStatisticsOutput): Record<string, unknown> {
  if (!output.Datapoints) return output as Record<string, unknown>
  const points = output.Datapoints.map(point => ({
    ...point,
    ...(point.ExtendedStatistics && {
      ExtendedStatistics: new Map(Object.entries(point.ExtendedStatistics)),
    }),
  }))
  return { ...output, Datapoints: points }
}
