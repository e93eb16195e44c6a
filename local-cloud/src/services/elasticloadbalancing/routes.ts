import type { IncomingMessage } from 'node:http'
import { compileCondition, type RequestFacts } from './conditions.ts'
import type { ActionRecord, RuleRecord } from './model.ts'

/** A rule, ready to be asked. */
export interface Route {
  ruleArn: string
  priority: RuleRecord['priority']
  action: ActionRecord
  matches(request: RequestFacts): boolean
  /** The next target group by weight; undefined where all weights are zero. */
  nextGroup(): string | undefined
}

/** Rules in the order in which they are asked, as `State.rulesOf` gives them. */
export function compileRoutes(rules: RuleRecord[]): Route[] {
  return rules.map(({ arn, priority, conditions, action }) => {
    const tests = conditions.map(compileCondition)
    return {
      ruleArn: arn,
      priority,
      action,
      matches: request => tests.every(test => test(request)),
      nextGroup: action.type === 'forward' ? byWeight(action.groups) : () => undefined,
    }
  })
}

/** The facts of a request, read once. */
export function factsOf(request: IncomingMessage): RequestFacts {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  return {
    method: request.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    host: (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase(),
    headers: request.headers,
    ip: request.socket.remoteAddress ?? '',
  }
}

/** Smooth weighted round robin (as nginx does it): exact shares, evenly spread, also over few requests. */
function byWeight(groups: { arn: string; weight: number }[]): () => string | undefined {
  const entries = groups.filter(group => group.weight > 0).map(group => ({ ...group, credit: 0 }))
  const total = entries.reduce((sum, entry) => sum + entry.weight, 0)
  if (entries.length < 2) return () => entries[0]?.arn
  return () => {
    for (const entry of entries) entry.credit += entry.weight
    const best = entries.reduce((most, entry) => (entry.credit > most.credit ? entry : most))
    best.credit -= total
    return best.arn
  }
}
