import type { AlarmDefinition, Metric } from './alarm-definition.ts'

/** Share of requests that may fail: 99.9 % uptime. */
const BUDGET = 0.001

/** One speed at which the budget of thirty days burns, seen over a long window and, so that it ends soon, a short one. */
interface Burn {
  about: string
  severity: 'page' | 'ticket'
  /** How many times faster than a budget that lasts exactly thirty days. */
  times: number
  /** Seconds. */
  long: number
  short: number
  means: string
}

/** Multi-window, multi-burn-rate alerts: Google, The Site Reliability Workbook, chapter 5, table 5-8. */
const BURNS: Burn[] = [
  {
    about: 'error-budget-fast',
    severity: 'page',
    times: 14.4,
    long: 3600,
    short: 300,
    means: 'two percent of the month’s error budget is gone in an hour',
  },
  {
    about: 'error-budget-slow',
    severity: 'ticket',
    times: 6,
    long: 21_600,
    short: 1800,
    means: 'five percent of the month’s error budget is gone in six hours',
  },
]

/** A composite alarm: rings while all of its parts do. */
export interface CompositeDefinition {
  about: string
  severity: 'page' | 'ticket'
  means: string
  parts: AlarmDefinition[]
}

/** The alarms on the error budget of 99.9 % uptime. */
export function errorBudgetAlarms(loadBalancer: string): CompositeDefinition[] {
  return BURNS.map(({ about, severity, means, times, long, short }) => ({
    about,
    severity,
    means,
    parts: [long, short].map(period => ({
      about: `${about}-${period / 60}m`,
      severity: 'part' as const,
      means: `errors burn the budget ${times} times too fast over ${period / 60} minutes`,
      metrics: {
        requests: count('RequestCount', loadBalancer, period),
        target: count('HTTPCode_Target_5XX_Count', loadBalancer, period),
        balancer: count('HTTPCode_ELB_5XX_Count', loadBalancer, period),
      },
      expression: '(FILL(target, 0) + FILL(balancer, 0)) / requests',
      is: 'GreaterThanThreshold' as const,
      threshold: Number((times * BUDGET).toFixed(4)),
      datapoints: 1,
      of: 1,
    })),
  }))
}

function count(name: string, LoadBalancer: string, period: number): Metric {
  return { namespace: 'AWS/ApplicationELB', name, dimensions: { LoadBalancer }, stat: 'Sum', period }
}
