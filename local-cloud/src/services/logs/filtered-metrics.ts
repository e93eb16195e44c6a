import type { MetricDatum, StandardUnit } from '@aws-sdk/client-cloudwatch'
import type { ServiceContext } from '../../core/service.ts'
import { parseFilterPattern } from './filter-pattern.ts'
import { valuesAt } from './json-pattern.ts'
import type { GroupRecord, MetricFilterRecord, Records } from './records.ts'
import { parseSpacePattern } from './space-pattern.ts'

/** Most samples of one PutMetricData, as on AWS. */
const MOST_DATA = 1000

interface Compiled {
  filter: MetricFilterRecord
  matches(message: string): boolean
  /** What a message has for `$.field` or `$column`. */
  value(message: string, selector: string): unknown
}

type Event = { timestamp: number; message: string }
export type FilteredMetrics = ReturnType<typeof createFilteredMetrics>

/**
 * Publishes the metrics of metric filters as events arrive. A filter with a default value publishes it at the end of
 * a minute (of the clock) in which events arrived and none matched, as AWS does.
 */
export function createFilteredMetrics(context: ServiceContext, records: Records) {
  const compiled = new Map<string, Compiled>()
  /** Filters with a default value: whether anything has matched in the minute that is under way. */
  const minutes = new Map<string, { matched: boolean; cancel: () => void }>()

  function of(key: string, filter: MetricFilterRecord): Compiled {
    const known = compiled.get(key)
    if (
      known &&
      known.filter.createdAt === filter.createdAt &&
      known.filter.filterPattern === filter.filterPattern
    )
      return { ...known, filter }
    const made = compile(filter)
    compiled.set(key, made)
    return made
  }

  function ingested(group: GroupRecord, events: Event[]): void {
    for (const filter of records.metricFilters.list(`${group.id}:`)) {
      const key = `${group.id}:${filter.filterName}`
      const own = of(key, filter)
      const matched = events.filter(event => own.matches(event.message))
      publish(
        filter,
        matched.flatMap(event => datumOf(own, event)),
      )
      noteMinute(key, filter, matched.length > 0)
    }
  }

  function noteMinute(key: string, filter: MetricFilterRecord, matched: boolean): void {
    const [transformation] = filter.metricTransformations
    if (transformation?.defaultValue === undefined) return
    const running = minutes.get(key)
    if (running) {
      running.matched ||= matched
      return
    }
    const minute = context.clock.minutes(1)
    const now = context.clock.now()
    const state = { matched, cancel: context.clock.after(minute - (now % minute), end) }
    minutes.set(key, state)
    function end(): void {
      minutes.delete(key)
      if (state.matched) return
      const { metricName, defaultValue, unit } = transformation ?? {}
      const Timestamp = new Date(now)
      publish(filter, [{ MetricName: metricName, Value: defaultValue, Unit: unit, Timestamp }])
    }
  }

  function publish({ metricTransformations }: MetricFilterRecord, data: MetricDatum[]): void {
    const Namespace = metricTransformations[0]?.metricNamespace
    for (let at = 0; at < data.length; at += MOST_DATA)
      context
        .invoke(
          'monitoring',
          'PutMetricData',
          { Namespace, MetricData: data.slice(at, at + MOST_DATA) },
          'logs.amazonaws.com',
        )
        .catch((error: Error & { status?: number }) => {
          if (error.status !== 501)
            context.log('logs', 'metrics of a filter were not taken', {
              namespace: Namespace,
              error: error.message,
            })
        })
  }

  return {
    ingested,
    stop(): void {
      for (const { cancel } of minutes.values()) cancel()
    },
  }
}

function compile(filter: MetricFilterRecord): Compiled {
  const pattern = filter.filterPattern.trim()
  if (!pattern.startsWith('['))
    return {
      filter,
      matches: parseFilterPattern(pattern),
      value: (message, selector) => valuesAt(message, selector)[0],
    }
  const spaces = parseSpacePattern(pattern)
  return { filter, matches: spaces.matches, value: (message, name) => spaces.columns(message)[name] }
}

/** What a matching event gives; nothing where its value is no number or a dimension is not there. */
function datumOf({ filter, value }: Compiled, { timestamp, message }: Event): MetricDatum[] {
  const [transformation] = filter.metricTransformations
  const { metricName, metricValue = '', dimensions = {}, unit } = transformation ?? {}
  const found = metricValue.startsWith('$') ? value(message, metricValue) : metricValue
  const number = typeof found === 'string' || typeof found === 'number' ? Number(found) : Number.NaN
  if (!Number.isFinite(number)) return []
  const Dimensions = Object.entries(dimensions).map(([Name, selector]) => ({
    Name,
    Value: value(message, selector),
  }))
  if (Dimensions.some(one => one.Value === undefined || one.Value === null || one.Value === '')) return []
  return [
    {
      MetricName: metricName,
      Value: number,
      Unit: unit as StandardUnit | undefined,
      Timestamp: new Date(timestamp),
      Dimensions: Dimensions.map(({ Name, Value }) => ({ Name, Value: String(Value) })),
    },
  ]
}

/** The values that a pattern looks at in a message, for TestMetricFilter. */
export function extractedValues(filterPattern: string, message: string): Record<string, string> {
  const pattern = filterPattern.trim()
  if (pattern.startsWith('[')) return parseSpacePattern(pattern).columns(message)
  const selectors = pattern.startsWith('{')
    ? (pattern.match(/\$(?:\.[\w*:/@-]+|\[(?:\d+|\*)\])+/g) ?? [])
    : []
  return Object.fromEntries(
    selectors.flatMap(selector => {
      const [value] = valuesAt(message, selector)
      return value === undefined
        ? []
        : [[selector, typeof value === 'string' ? value : JSON.stringify(value)]]
    }),
  )
}
