import { namesOf } from '@clarity/environments'
import { ACCOUNT_ACTIVITY } from '../detection/account-activity.ts'
import { at, type Json, listOf, type Resource, type Rule } from './rule.ts'

/** What must be watched, by the alarm that watches it. */
export const REQUIRED_ALARMS = [
  'api-error-rate',
  'api-latency',
  'authentication-failures',
  'dead-letters',
  'error-budget-fast',
  'error-budget-slow',
  'insight-time',
  'no-healthy-target',
  'queue-age',
  'release-failed',
  'storage-errors',
  'table-throttles',
  'task-failures',
]
const REQUIRED_DASHBOARDS = ['release-health', 'api', 'ecs', 'dynamodb', 's3', 'cognito', 'cost']

/** What holds of alarms, dashboards, topics and budgets. */
export const ALERT_RULES: Rule[] = [
  {
    name: 'alarms-complete',
    demands:
      'errors, latency, insight time, tasks, throttling, storage, sign-ins, the queue and the error budget are watched',
    cites: ['164.308(a)(1)(ii)(D)', '164.308(a)(6)(ii)'],
    check: ({ of, environment }, find) => {
      const made = alarmsOf(of).map(({ properties }) => properties.AlarmName)
      for (const about of REQUIRED_ALARMS)
        if (!made.includes(namesOf(environment).alarm(about)))
          find('observability', `nothing watches ${about}`)
    },
  },
  {
    name: 'alarms-act',
    demands:
      'every alarm tells somebody, how urgent it is and where its runbook is; parts tell through their whole',
    cites: ['164.308(a)(6)(ii)'],
    check: ({ of, environment }, find) => {
      const wholes = of('AWS::CloudWatch::CompositeAlarm').map(({ properties }) =>
        String(properties.AlarmRule),
      )
      const { pageTopic, ticketTopic } = namesOf(environment)
      for (const alarm of alarmsOf(of)) {
        const { AlarmActions, AlarmDescription, AlarmName, TreatMissingData, ActionsEnabled } =
          alarm.properties
        const text = String(AlarmDescription)
        const severity = /^\[(page|ticket|part)\] /.exec(text)?.[1]
        if (!severity) find(alarm, 'its severity is not said')
        if (!/ Runbook: https:\/\/\S+\/docs\/runbooks\/[a-z0-9-]+\.md$/.test(text))
          find(alarm, 'it has no runbook')
        if (alarm.type === 'AWS::CloudWatch::Alarm' && TreatMissingData === undefined)
          find(alarm, 'what missing data mean is not said')
        if (severity === 'part') {
          if (!wholes.some(rule => rule.includes(`"${AlarmName}"`))) find(alarm, 'it is part of nothing')
          continue
        }
        const topic = severity === 'page' ? pageTopic : ticketTopic
        if (ActionsEnabled === false || !listOf(AlarmActions).some(to => String(to).endsWith(`:${topic}`)))
          find(alarm, 'it tells nobody')
      }
    },
  },
  {
    name: 'objectives-kept',
    demands: 'alarms ring at the objectives: 1 % errors, 500 ms, 2 s for an insight, 99.9 % uptime',
    cites: ['164.308(a)(7)(ii)(C)'],
    check: ({ of, environment }, find) => {
      const most = { 'api-error-rate': 1, 'api-latency': 0.5, 'insight-time': 2000, 'dead-letters': 0 }
      const { alarm } = namesOf(environment)
      for (const [about, threshold] of Object.entries({
        ...most,
        'error-budget-fast-60m': 0.0144,
        'error-budget-fast-5m': 0.0144,
        'error-budget-slow-360m': 0.006,
        'error-budget-slow-30m': 0.006,
      })) {
        const made = alarmsOf(of).find(({ properties }) => properties.AlarmName === alarm(about))
        if (!made || Number(made.properties.Threshold) > threshold)
          find(made ?? 'observability', `${about} rings above ${threshold} only`)
      }
    },
  },
  {
    name: 'account-watched',
    demands: 'the fourteen things that the CIS benchmark names are found in the trail and told',
    cites: ['164.308(a)(1)(ii)(D)', '164.308(a)(5)(ii)(C)'],
    check: ({ of, environment }, find) => {
      const { alarm, trailLogGroup } = namesOf(environment)
      const filters = of('AWS::Logs::MetricFilter').filter(
        ({ properties }) => properties.LogGroupName === trailLogGroup,
      )
      for (const { about, pattern } of ACCOUNT_ACTIVITY) {
        const filter = filters.find(({ properties }) => properties.FilterName === alarm(about))
        if (filter?.properties.FilterPattern !== pattern) find('detection', `nobody looks for ${about}`)
        const metric = at(filter?.properties.MetricTransformations, 0, 'MetricName')
        if (!alarmsOf(of).some(({ properties }) => properties.MetricName === metric))
          find('detection', `nobody is told of ${about}`)
      }
    },
  },
  {
    name: 'topics-closed',
    demands: 'only this account’s alarms and budgets publish alerts, and over TLS',
    cites: ['164.312(e)(1)'],
    check: ({ of, environment }, find) => {
      const policies = of('AWS::SNS::TopicPolicy')
      if (policies.length < of('AWS::SNS::Topic').length) find('observability', 'a topic has no policy')
      for (const policy of policies)
        for (const statement of listOf(at(policy.properties.PolicyDocument, 'Statement')) as Json[]) {
          const bound = at(statement.Condition, 'StringEquals', 'aws:SourceAccount') === environment.account
          if (statement.Effect === 'Allow' && !bound) find(policy, 'anybody may publish')
        }
      const denied = policies.filter(({ properties }) =>
        JSON.stringify(properties).includes('aws:SecureTransport'),
      )
      if (denied.length < policies.length) find('observability', 'a topic takes plain HTTP')
    },
  },
  {
    name: 'dashboards-complete',
    demands: 'there is a dashboard of the API, ECS, DynamoDB, S3, Cognito, release health and cost',
    check: ({ of, environment }, find) => {
      const made = of('AWS::CloudWatch::Dashboard').map(({ properties }) => properties.DashboardName)
      for (const about of REQUIRED_DASHBOARDS)
        if (!made.includes(namesOf(environment).dashboard(about)))
          find('dashboards', `there is none of ${about}`)
    },
  },
  {
    name: 'costs-watched',
    demands: 'somebody is told at 80 % and at all of the month’s budget, and of cost that is unusual',
    check: ({ of, environment }, find) => {
      const [budget] = of('AWS::Budgets::Budget')
      const told = (listOf(budget?.properties.NotificationsWithSubscribers) as Json[])
        .filter(({ Subscribers }) => listOf(Subscribers).length > 0)
        .map(({ Notification }) => at(Notification, 'Threshold'))
      for (const percent of [80, 100])
        if (!told.includes(percent)) find('observability', `nobody is told at ${percent} %`)
      const limit = Number(at(budget?.properties.Budget, 'BudgetLimit', 'Amount'))
      if (limit !== environment.alerts.monthlyBudget) find('observability', `the budget is ${limit}`)
      if (of('AWS::CE::AnomalySubscription').length === 0)
        find('observability', 'nobody is told of unusual cost')
    },
  },
]

function alarmsOf(of: (...types: string[]) => Resource[]): Resource[] {
  return of('AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm')
}
