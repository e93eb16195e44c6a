import type { Environment } from '@clarity/environments'
import { Fn } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'
import { alarm, compositeAlarm } from './observability/alarms.ts'
import { costAlerts } from './observability/cost-alerts.ts'
import { errorBudgetAlarms } from './observability/error-budget.ts'
import { failureEvents } from './observability/events.ts'
import { logMetrics } from './observability/log-metrics.ts'
import { serviceAlarms, type Watched } from './observability/service-alarms.ts'
import { topics } from './observability/topics.ts'

/** Who is told when something breaks, slows down, fills up or costs too much. */
export class ObservabilityStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'observability', environment)
    topics(this)
    failureEvents(this)
    logMetrics(this)
    const watched = watchedBy(this)
    for (const definition of serviceAlarms(watched)) alarm(this, definition)
    for (const definition of errorBudgetAlarms(watched.loadBalancer)) compositeAlarm(this, definition)
    costAlerts(this)
  }
}

/** What alarms and dashboards look at; CloudWatch knows a load balancer by the end of its ARN. */
export function watchedBy(stack: ClarityStack): Watched {
  const group = (key: 'blue-target-group-arn' | 'green-target-group-arn') =>
    Fn.select(5, Fn.split(':', stack.take(key)))
  return {
    names: stack.names,
    environment: stack.settings,
    loadBalancer: Fn.select(1, Fn.split('loadbalancer/', stack.take('load-balancer-arn'))),
    targetGroups: { blue: group('blue-target-group-arn'), green: group('green-target-group-arn') },
  }
}
