import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import { CfnAnomalyMonitor, CfnAnomalySubscription } from 'aws-cdk-lib/aws-ce'
import type { ClarityStack } from '../clarity-stack.ts'
import { topicOf } from './alarms.ts'

/**
 * What an environment may cost, by its tag `env`, which must be activated as a cost allocation tag in billing: mail
 * at 80 % spent, at all of it, and when more than all of it is forecast; and when a service costs more than it used to.
 */
export function costAlerts(stack: ClarityStack): void {
  const { alerts, name } = stack.settings
  const topic = topicOf(stack, 'ticket')
  new CfnBudget(stack, 'Budget', {
    budget: {
      budgetName: stack.names.budget,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: alerts.monthlyBudget, unit: 'USD' },
      costFilters: { TagKeyValue: [`user:env$${name}`] },
    },
    notificationsWithSubscribers: [
      ['ACTUAL', 80] as const,
      ['ACTUAL', 100] as const,
      ['FORECASTED', 100] as const,
    ].map(([notificationType, threshold]) => ({
      notification: {
        notificationType,
        threshold,
        thresholdType: 'PERCENTAGE',
        comparisonOperator: 'GREATER_THAN',
      },
      subscribers: [{ subscriptionType: 'SNS', address: topic }],
    })),
  })
  const monitor = new CfnAnomalyMonitor(stack, 'CostMonitor', {
    monitorName: stack.names.budget,
    monitorType: 'CUSTOM',
    monitorSpecification: JSON.stringify({ Tags: { Key: 'env', Values: [name] } }),
  })
  new CfnAnomalySubscription(stack, 'CostAnomalies', {
    subscriptionName: stack.names.budget,
    frequency: 'IMMEDIATE',
    monitorArnList: [monitor.attrMonitorArn],
    subscribers: [{ type: 'SNS', address: topic }],
    thresholdExpression: JSON.stringify({
      Dimensions: {
        Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
        MatchOptions: ['GREATER_THAN_OR_EQUAL'],
        Values: [String(alerts.anomaly)],
      },
    }),
  })
}
