import type { AlarmRecord, AlarmStore } from './alarm-record.ts'
import { type AlarmRule, parseAlarmRule } from './alarm-rule.ts'
import { invalid } from './monitoring-errors.ts'

type Composite = AlarmRecord & { kind: 'composite' }

/**
 * Composite alarms, whose states follow from those of others as soon as these change.
 * @returns the check that a new rule must pass, and the evaluation of all
 */
export function createComposites(store: AlarmStore) {
  const rules = new Map<string, AlarmRule>()
  const ruleOf = (text: string) => {
    const known = rules.get(text) ?? parseAlarmRule(text)
    rules.set(text, known)
    return known
  }
  const composites = () => store.alarms.list().filter((one): one is Composite => one.kind === 'composite')

  /** @throws AwsError `ValidationException` for a rule that cannot be read, names nobody, or closes a circle */
  function check(name: string, text: string): void {
    const rule = parseAlarmRule(text)
    const absent = rule.alarms.filter(one => one !== name && !store.alarms.get(one))
    if (absent.length > 0)
      throw invalid(
        `Could not save the composite alarm as alarms [${absent.join(', ')}] in the alarm rule do not exist`,
      )
    const reaches = (from: string, seen: Set<string>): boolean => {
      if (from === name) return true
      if (seen.has(from)) return false
      seen.add(from)
      const next = store.alarms.get(from)
      if (next?.kind !== 'composite') return false
      return ruleOf(next.settings.AlarmRule ?? '').alarms.some(one => reaches(one, seen))
    }
    if (rule.alarms.some(one => reaches(one, new Set())))
      throw invalid(`Could not save the composite alarm ${name} as its alarm rule would form a cycle`)
  }

  /** Brings every composite alarm to its state; a change of one may change others, so it goes on until none does. */
  function evaluate(): void {
    const all = composites()
    for (let round = 0; round <= all.length; round++) {
      const changed = composites().filter(settle)
      if (changed.length === 0) return
    }
  }

  function settle(alarm: Composite): boolean {
    const rule = ruleOf(alarm.settings.AlarmRule ?? '')
    const state = rule.holds(name => store.alarms.get(name)?.state) ? 'ALARM' : 'OK'
    if (state === alarm.state) return false
    const children = rule.alarms.map(name => store.alarms.get(name)).filter(one => one !== undefined)
    const [trigger] = children.sort((a, b) => b.transitionedAt - a.transitionedAt)
    const reason = trigger
      ? `${trigger.arn} transitioned to ${trigger.state} at ${new Date(trigger.transitionedAt).toISOString()}`
      : `Alarm rule evaluated to ${state}`
    const triggeringAlarms = trigger
      ? [
          {
            arn: trigger.arn,
            state: { value: trigger.state, timestamp: new Date(trigger.transitionedAt).toISOString() },
          },
        ]
      : []
    store.setState(alarm, state, reason, JSON.stringify({ triggeringAlarms }))
    return true
  }

  return {
    check,
    evaluate,
    /** The alarms that a composite one looks at, and the composite ones that look at an alarm. */
    childrenOf: (name: string) => {
      const alarm = store.alarms.get(name)
      return alarm?.kind === 'composite' ? ruleOf(alarm.settings.AlarmRule ?? '').alarms : []
    },
    parentsOf: (name: string) =>
      composites()
        .filter(one => ruleOf(one.settings.AlarmRule ?? '').alarms.includes(name))
        .map(one => one.name),
  }
}
