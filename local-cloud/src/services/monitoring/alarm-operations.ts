import type {
  AlarmHistoryItem,
  CompositeAlarm,
  DeleteAlarmsInput,
  DescribeAlarmHistoryInput,
  DescribeAlarmHistoryOutput,
  DescribeAlarmsForMetricInput,
  DescribeAlarmsForMetricOutput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  EnableAlarmActionsInput,
  ListTagsForResourceInput,
  ListTagsForResourceOutput,
  MetricAlarm,
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
  SetAlarmStateInput,
  Tag,
  TagResourceInput,
  UntagResourceInput,
} from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import type { AlarmRecord, AlarmStore } from './alarm-record.ts'
import { readAlarmSettings, readCompositeSettings } from './alarm-settings.ts'
import type { createComposites } from './composite-alarms.ts'
import { page, readList, readNumber, readTime } from './input.ts'
import { metricId } from './metric-store.ts'
import { invalid, missing } from './monitoring-errors.ts'
import { queriesOf } from './watch-alarms.ts'

const STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA']
/** Entries on one page of a list, as on AWS. */
const PAGE = 100

/** Everything that is asked of alarms. */
export function alarmOperations(
  context: ServiceContext,
  store: AlarmStore,
  composites: ReturnType<typeof createComposites>,
): Record<string, Operation> {
  const { clock } = context

  function put(
    input: PutMetricAlarmInput | PutCompositeAlarmInput,
    made: Pick<AlarmRecord, 'kind' | 'settings' | 'reason'>,
  ): void {
    const name = input.AlarmName
    if (!name) throw missing('AlarmName')
    if (name.length > 255) throw invalid('The parameter AlarmName must be at most 255 characters long.')
    const now = clock.now()
    const before = store.alarms.get(name)
    if (before && before.kind !== made.kind)
      throw invalid(`The alarm ${name} exists already and is a ${before.kind} alarm.`)
    const after = {
      name,
      arn: `arn:aws:cloudwatch:${context.region}:${context.accountId}:alarm:${name}`,
      state: 'INSUFFICIENT_DATA',
      updatedAt: now,
      transitionedAt: now,
      tags: readList<Tag>(input.Tags),
      ...before,
      ...made,
      ...(before && { reason: before.reason }),
      configuredAt: now,
    } as AlarmRecord
    context.store.transaction(() => {
      store.alarms.put(name, after)
      const [type, words] = before ? ['Update', 'updated'] : ['Create', 'created']
      store.record(after, 'ConfigurationUpdate', `Alarm "${name}" ${words}`, {
        type,
        [before ? 'updatedAlarm' : 'createdAlarm']: view(after),
      })
    })
  }

  function describe(input: DescribeAlarmsInput): DescribeAlarmsOutput {
    const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child } = input
    const related = parent ? composites.childrenOf(parent) : child ? composites.parentsOf(child) : undefined
    const names = readList<string>(input.AlarmNames)
    const types: string[] = readList(input.AlarmTypes)
    const wanted = (alarm: AlarmRecord) =>
      (names.length === 0 || names.includes(alarm.name)) &&
      (related?.includes(alarm.name) ?? true) &&
      alarm.name.startsWith(input.AlarmNamePrefix ?? '') &&
      (input.StateValue ?? alarm.state) === alarm.state &&
      (types.length > 0
        ? types.includes(alarm.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm')
        : related !== undefined || alarm.kind === 'metric') &&
      (!input.ActionPrefix || actionsOf(alarm).some(one => one.startsWith(input.ActionPrefix ?? '')))
    // who asks by name, as each scaling policy does every minute, does not have all the others read
    const known =
      names.length > 0
        ? [...new Set(names)].sort().flatMap(name => store.alarms.get(name) ?? [])
        : store.alarms.list()
    const { items, next } = page(known.filter(wanted), input.NextToken, sizeOf(input.MaxRecords))
    return {
      MetricAlarms: items.filter(one => one.kind === 'metric').map(one => view(one)),
      CompositeAlarms: items.filter(one => one.kind === 'composite').map(one => view(one)),
      NextToken: next,
    }
  }

  function describeForMetric(input: DescribeAlarmsForMetricInput): DescribeAlarmsForMetricOutput {
    const { Namespace = '', MetricName = '' } = input
    const id = metricId(Namespace, MetricName, readList(input.Dimensions))
    const watching = store.alarms.list().filter(
      alarm =>
        alarm.kind === 'metric' &&
        queriesOf(alarm.settings).some(({ MetricStat: stat }) => {
          const { Namespace: space = '', MetricName: name = '', Dimensions } = stat?.Metric ?? {}
          const asked = input.Statistic ?? input.ExtendedStatistic ?? stat?.Stat
          const period = readNumber('Period', input.Period) ?? stat?.Period
          return (
            metricId(space, name, readList(Dimensions)) === id &&
            asked === stat?.Stat &&
            period === stat?.Period
          )
        }),
    )
    return { MetricAlarms: watching.map(one => view(one)) }
  }

  function describeHistory(input: DescribeAlarmHistoryInput): DescribeAlarmHistoryOutput {
    const from = readTime('StartDate', input.StartDate) ?? 0
    const to = readTime('EndDate', input.EndDate) ?? Number.POSITIVE_INFINITY
    const types: string[] = readList(input.AlarmTypes)
    const kind = (one: AlarmRecord['kind']) => (one === 'metric' ? 'MetricAlarm' : 'CompositeAlarm')
    const found = store.history
      .list()
      .filter(
        one =>
          (input.AlarmName ?? one.name) === one.name &&
          (input.HistoryItemType ?? one.type) === one.type &&
          (types.length > 0 ? types.includes(kind(one.kind)) : one.kind === 'metric') &&
          one.at >= from &&
          one.at <= to,
      )
    if (input.ScanBy !== 'TimestampAscending') found.reverse()
    const { items, next } = page(found, input.NextToken, sizeOf(input.MaxRecords))
    return {
      AlarmHistoryItems: items.map(
        (one): AlarmHistoryItem => ({
          AlarmName: one.name,
          AlarmType: kind(one.kind),
          Timestamp: new Date(one.at),
          HistoryItemType: one.type,
          HistorySummary: one.summary,
          HistoryData: one.data,
        }),
      ),
      NextToken: next,
    }
  }

  function setState(input: SetAlarmStateInput): void {
    const { StateValue, StateReason, StateReasonData } = input
    if (!StateValue || !STATES.includes(StateValue))
      throw invalid(`The value ${StateValue} for parameter StateValue must be ${STATES.join(', ')}.`)
    if (StateReason === undefined) throw missing('StateReason')
    try {
      if (StateReasonData) JSON.parse(StateReasonData)
    } catch {
      throw new AwsError('InvalidFormatFault', 'StateReasonData is not JSON.')
    }
    store.setState(find(input.AlarmName), StateValue, StateReason, StateReasonData || undefined)
  }

  function remove(input: DeleteAlarmsInput): void {
    const found = readList<string>(input.AlarmNames).map(find)
    context.store.transaction(() => {
      for (const alarm of found) {
        store.alarms.delete(alarm.name)
        store.record(alarm, 'ConfigurationUpdate', `Alarm "${alarm.name}" deleted`, {
          type: 'Delete',
          deletedAlarm: view(alarm),
        })
      }
    })
  }

  const switchActions = (ActionsEnabled: boolean) => (input: EnableAlarmActionsInput) => {
    for (const alarm of readList<string>(input.AlarmNames).map(find))
      store.alarms.put(alarm.name, {
        ...alarm,
        settings: { ...alarm.settings, ActionsEnabled },
      } as AlarmRecord)
  }

  function retag(arn: string | undefined, change: (tags: Tag[]) => Tag[]): void {
    const alarm = byArn(arn)
    store.alarms.put(alarm.name, { ...alarm, tags: change(alarm.tags) })
  }

  function find(name: string | undefined): AlarmRecord {
    const alarm = store.alarms.get(name ?? '')
    if (!alarm) throw new AwsError('ResourceNotFound', `Alarm ${name} does not exist.`, 404)
    return alarm
  }

  function byArn(arn: string | undefined): AlarmRecord {
    const alarm = store.alarms.list().find(one => one.arn === arn)
    if (!alarm) throw new AwsError('ResourceNotFoundException', `${arn} does not exist.`, 404)
    return alarm
  }

  return {
    PutMetricAlarm: (input: PutMetricAlarmInput) =>
      put(input, {
        kind: 'metric',
        settings: readAlarmSettings(input),
        reason: 'Unchecked: Initial alarm creation',
      }),
    PutCompositeAlarm: (input: PutCompositeAlarmInput) => {
      const settings = readCompositeSettings(input)
      composites.check(input.AlarmName ?? '', settings.AlarmRule ?? '')
      put(input, { kind: 'composite', settings, reason: 'Unchecked: Initial alarm creation' })
      composites.evaluate()
    },
    DescribeAlarms: describe,
    DescribeAlarmsForMetric: describeForMetric,
    DescribeAlarmHistory: describeHistory,
    SetAlarmState: setState,
    DeleteAlarms: remove,
    EnableAlarmActions: switchActions(true),
    DisableAlarmActions: switchActions(false),
    ListTagsForResource: (input: ListTagsForResourceInput): ListTagsForResourceOutput => ({
      Tags: byArn(input.ResourceARN).tags,
    }),
    TagResource: (input: TagResourceInput) => {
      const added = readList<Tag>(input.Tags)
      const keys = new Set(added.map(tag => tag.Key))
      retag(input.ResourceARN, tags => [...tags.filter(tag => !keys.has(tag.Key)), ...added])
    },
    UntagResource: (input: UntagResourceInput) => {
      const gone = new Set(readList<string>(input.TagKeys))
      retag(input.ResourceARN, tags => tags.filter(tag => !gone.has(tag.Key ?? '')))
    },
  }
}

function view(alarm: AlarmRecord): MetricAlarm & CompositeAlarm {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    ...alarm.settings,
    StateValue: alarm.state,
    StateReason: alarm.reason,
    StateReasonData: alarm.reasonData,
    StateUpdatedTimestamp: new Date(alarm.updatedAt),
    StateTransitionedTimestamp: new Date(alarm.transitionedAt),
  }
}

function actionsOf({ settings }: AlarmRecord): string[] {
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = settings
  return [...AlarmActions, ...OKActions, ...InsufficientDataActions]
}

function sizeOf(given: unknown): number {
  const size = readNumber('MaxRecords', given) ?? PAGE
  if (!(size >= 1 && size <= PAGE)) throw invalid(`MaxRecords ${size} must be between 1 and ${PAGE}.`)
  return size
}
