import type {
  CompositeAlarm,
  MetricAlarm,
  MetricDataQuery,
  StateValue,
  Tag,
} from '@aws-sdk/client-cloudwatch'
import type { ServiceContext } from '../../core/service.ts'
import { suppressorOf, takeActions } from './alarm-actions.ts'

/** What one wants of a metric alarm, as PutMetricAlarm said it, read and checked. */
export type AlarmSettings = Omit<
  MetricAlarm,
  | 'AlarmName'
  | 'AlarmArn'
  | 'AlarmConfigurationUpdatedTimestamp'
  | 'StateUpdatedTimestamp'
  | 'StateTransitionedTimestamp'
  | 'StateValue'
  | 'StateReason'
  | 'StateReasonData'
> & { Metrics?: MetricDataQuery[] }

interface Common {
  name: string
  arn: string
  state: StateValue
  reason: string
  reasonData?: string
  /** Milliseconds since the epoch: when the reason, and when the state, last changed. */
  updatedAt: number
  transitionedAt: number
  configuredAt: number
  tags: Tag[]
}

/** What one wants of a composite alarm. */
export type CompositeSettings = Pick<
  CompositeAlarm,
  | 'ActionsEnabled'
  | 'ActionsSuppressor'
  | 'ActionsSuppressorExtensionPeriod'
  | 'ActionsSuppressorWaitPeriod'
  | 'AlarmActions'
  | 'AlarmDescription'
  | 'AlarmRule'
  | 'InsufficientDataActions'
  | 'OKActions'
>

/** An alarm as it is kept. */
export type AlarmRecord = Common &
  ({ kind: 'metric'; settings: AlarmSettings } | { kind: 'composite'; settings: CompositeSettings })

/** An entry of an alarm's history as it is kept. */
export interface HistoryRecord {
  name: string
  kind: AlarmRecord['kind']
  at: number
  type: 'ConfigurationUpdate' | 'StateUpdate' | 'Action'
  summary: string
  data: string
}

/** How long history is kept: 30 days, as AWS does. */
const HISTORY_MS = 30 * 86_400_000

export type AlarmStore = ReturnType<typeof createAlarmStore>

/** Alarms and their history. */
export function createAlarmStore(context: ServiceContext) {
  const { store, clock } = context
  const alarms = store.collection<AlarmRecord>('monitoring', 'alarm')
  const history = store.collection<HistoryRecord>('monitoring', 'alarm-history')
  const listeners: (() => void)[] = []
  let sequence = history.keys().length

  function record(alarm: AlarmRecord, type: HistoryRecord['type'], summary: string, data: object): void {
    const at = clock.now()
    const key = `${String(at).padStart(14, '0')}/${String(sequence++).padStart(8, '0')}`
    const text = JSON.stringify({ version: '1.0', ...data })
    history.put(key, { name: alarm.name, kind: alarm.kind, at, type, summary, data: text })
  }

  return {
    alarms,
    history,
    record,
    /** Is called after every change of a state. */
    onChange: (listener: () => void) => void listeners.push(listener),
    /** Brings an alarm into a state; a change is told in its history, and its actions are taken. */
    setState(before: AlarmRecord, state: StateValue, reason: string, reasonData?: string): void {
      const now = clock.now()
      const changed = state !== before.state
      const after: AlarmRecord = { ...before, state, reason, reasonData, updatedAt: now }
      if (changed) after.transitionedAt = now
      store.transaction(() => {
        alarms.put(after.name, after)
        if (!changed) return
        const told = (one: AlarmRecord) => ({
          stateValue: one.state,
          stateReason: one.reason,
          ...(one.reasonData && { stateReasonData: JSON.parse(one.reasonData) }),
        })
        record(after, 'StateUpdate', `Alarm updated from ${before.state} to ${state}`, {
          oldState: told(before),
          newState: told(after),
        })
      })
      if (!changed) return
      context.log('monitoring', 'alarm changed', { alarm: after.name, from: before.state, to: state })
      const suppressor = suppressorOf(after)
      takeActions(
        context,
        record,
        after,
        before.state,
        suppressor ? alarms.get(suppressor)?.state : undefined,
      )
      for (const listener of listeners) listener()
    },
    tidy(): void {
      const oldest = `${String(clock.now() - HISTORY_MS).padStart(14, '0')}`
      for (const { key } of history.scan('', oldest, 10_000)) history.delete(key)
    },
  }
}
