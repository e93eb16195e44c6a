import type { StateValue } from '@aws-sdk/client-cloudwatch'
import { invalid } from './monitoring-errors.ts'

/** A parsed rule of a composite alarm. */
export interface AlarmRule {
  /** The names of the alarms that it looks at. */
  alarms: string[]
  holds(stateOf: (name: string) => StateValue | undefined): boolean
}

type Part = AlarmRule['holds']

/**
 * Parses `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA("arn:…"))`, `TRUE` and `FALSE`.
 * Source: PutCompositeAlarm, CloudWatch API reference.
 * @throws AwsError `ValidationException`
 */
export function parseAlarmRule(rule: string): AlarmRule {
  const tokens = rule.match(/"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g) ?? []
  const alarms: string[] = []
  let at = 0
  const wrong = () =>
    invalid(`AlarmRule must not contain ${tokens[at] ?? 'an unfinished expression'}: ${rule}`)
  const accept = (token: string) => tokens[at]?.toUpperCase() === token && at++ >= 0

  function either(): Part {
    const parts = [both()]
    while (accept('OR')) parts.push(both())
    return stateOf => parts.some(part => part(stateOf))
  }

  function both(): Part {
    const parts = [single()]
    while (accept('AND')) parts.push(single())
    return stateOf => parts.every(part => part(stateOf))
  }

  function single(): Part {
    if (accept('NOT')) {
      const inner = single()
      return stateOf => !inner(stateOf)
    }
    if (accept('(')) {
      const inner = either()
      if (!accept(')')) throw wrong()
      return inner
    }
    if (accept('TRUE')) return () => true
    if (accept('FALSE')) return () => false
    const wanted = /^(ALARM|OK|INSUFFICIENT_DATA)$/.exec(tokens[at] ?? '')?.[0] as StateValue | undefined
    if (!wanted || tokens[at + 1] !== '(' || tokens[at + 2] === undefined) throw wrong()
    const name = nameOf(tokens[at + 2] as string)
    at += 3
    if (!accept(')')) throw wrong()
    alarms.push(name)
    return stateOf => stateOf(name) === wanted
  }

  const holds = either()
  if (at < tokens.length) throw wrong()
  return { alarms: [...new Set(alarms)], holds }
}

/** Alarms are named by name or ARN, in quotes or without. */
export function nameOf(token: string): string {
  const text = token.startsWith('"') ? token.slice(1, -1).replace(/\\(.)/g, '$1') : token
  return text.replace(/^arn:aws:cloudwatch:[^:]*:\d+:alarm:/, '')
}
