import type { Environment, namesOf } from '@clarity/environments'
import type { AlarmDefinition, Metric } from './alarm-definition.ts'

/** What the alarms of an environment look at. */
export interface Watched {
  names: ReturnType<typeof namesOf>
  environment: Environment
  /** `app/<name>/<id>` */
  loadBalancer: string
  /** `targetgroup/<name>/<id>` of both; which of them is live changes with every release. */
  targetGroups: { blue: string; green: string }
}

/** Where the metric filters over the logs put what they find. */
export const LOG_METRICS = 'Clarity/Logs'
/** Seconds for the 99th percentile of the API, of the service's targets: p99 below 500 ms. */
const API_SECONDS = 0.5
/** Milliseconds for an insight, of the service's targets: below 2 s. */
const INSIGHT_MS = 2000
/** Percent of requests that may fail. */
const ERROR_PERCENT = 1
/** Seconds after which a waiting upload is a user's problem. */
const QUEUE_SECONDS = 300

/** The alarms of the API, the tasks and what they stand on. Objectives: the mission's, docs/runbooks has what to do. */
export function serviceAlarms(watched: Watched): AlarmDefinition[] {
  return [...apiAlarms(watched), ...taskAlarms(watched), ...dependencyAlarms(watched)]
}

function apiAlarms({ names, environment, loadBalancer, targetGroups }: Watched): AlarmDefinition[] {
  const balancer = (name: string, stat: string): Metric => ({
    namespace: 'AWS/ApplicationELB',
    name,
    dimensions: { LoadBalancer: loadBalancer },
    stat,
    period: 60,
  })
  const healthy = (group: string): Metric => ({
    ...balancer('HealthyHostCount', 'Minimum'),
    dimensions: { LoadBalancer: loadBalancer, TargetGroup: group },
  })
  return [
    {
      about: 'api-error-rate',
      severity: 'page',
      means: `more than ${ERROR_PERCENT} % of requests end in a server error`,
      metrics: {
        requests: balancer('RequestCount', 'Sum'),
        target: balancer('HTTPCode_Target_5XX_Count', 'Sum'),
        balancer: balancer('HTTPCode_ELB_5XX_Count', 'Sum'),
      },
      expression: '100 * (FILL(target, 0) + FILL(balancer, 0)) / requests',
      is: 'GreaterThanThreshold',
      threshold: ERROR_PERCENT,
      datapoints: 3,
      of: 5,
    },
    {
      about: 'api-latency',
      severity: 'page',
      means: `the slowest of a hundred requests take more than ${API_SECONDS * 1000} ms`,
      metrics: { latency: balancer('TargetResponseTime', 'p99') },
      is: 'GreaterThanThreshold',
      threshold: API_SECONDS,
      datapoints: 3,
      of: 5,
    },
    {
      about: 'insight-time',
      severity: 'ticket',
      means: `the slowest of a hundred insights take more than ${INSIGHT_MS} ms`,
      metrics: {
        insight: {
          namespace: LOG_METRICS,
          name: `${names.prefix}-insight-ms`,
          dimensions: {},
          stat: 'p99',
          period: 300,
        },
      },
      is: 'GreaterThanThreshold',
      threshold: INSIGHT_MS,
      datapoints: 3,
      of: 5,
    },
    {
      about: 'no-healthy-target',
      severity: 'page',
      means: 'no task of the API passes its health check: every request fails',
      metrics: { blue: healthy(targetGroups.blue), green: healthy(targetGroups.green) },
      expression: 'FILL(blue, 0) + FILL(green, 0)',
      is: 'LessThanThreshold',
      threshold: 1,
      datapoints: 2,
      of: 2,
      missing: 'breaching',
    },
    {
      about: 'authentication-failures',
      severity: 'ticket',
      means: 'more than 50 sign-ins in five minutes are refused: an attack, or a client that broke',
      metrics: {
        refused: {
          namespace: LOG_METRICS,
          name: `${names.prefix}-authentication-failures`,
          dimensions: {},
          stat: 'Sum',
          period: 300,
        },
      },
      is: 'GreaterThanThreshold',
      threshold: 50,
      datapoints: 1,
      of: 1,
    },
    {
      about: 'firewall-blocks',
      severity: 'ticket',
      means: 'the firewall refuses more than 1,000 requests in five minutes',
      metrics: {
        blocked: {
          namespace: 'AWS/WAFV2',
          name: 'BlockedRequests',
          dimensions: { WebACL: names.firewall, Region: environment.region, Rule: 'ALL' },
          stat: 'Sum',
          period: 300,
        },
      },
      is: 'GreaterThanThreshold',
      threshold: 1000,
      datapoints: 1,
      of: 1,
    },
  ]
}

function taskAlarms({ names }: Watched): AlarmDefinition[] {
  const matched = (rule: string): Metric => ({
    namespace: 'AWS/Events',
    name: 'MatchedEvents',
    dimensions: { RuleName: rule },
    stat: 'Sum',
    period: 300,
  })
  const missing = (about: string, service: string, what: string): AlarmDefinition => {
    const count = (name: string): Metric => ({
      namespace: 'ECS/ContainerInsights',
      name,
      dimensions: { ClusterName: names.cluster, ServiceName: service },
      stat: 'Average',
      period: 60,
    })
    return {
      about,
      severity: 'page',
      means: `fewer tasks of the ${what} run than should, for ten minutes`,
      metrics: { desired: count('DesiredTaskCount'), running: count('RunningTaskCount') },
      expression: 'desired - running',
      is: 'GreaterThanThreshold',
      threshold: 0,
      datapoints: 10,
      of: 10,
    }
  }
  return [
    {
      about: 'task-failures',
      severity: 'page',
      means: 'three tasks or more ended by themselves, or never started, in five minutes',
      metrics: { failed: matched(names.alarm('task-failures')) },
      is: 'GreaterThanOrEqualToThreshold',
      threshold: 3,
      datapoints: 1,
      of: 1,
    },
    {
      about: 'release-failed',
      severity: 'ticket',
      means: 'ECS gave a deployment up; what served before still serves',
      metrics: { failed: matched(names.alarm('release-failed')) },
      is: 'GreaterThanOrEqualToThreshold',
      threshold: 1,
      datapoints: 1,
      of: 1,
    },
    missing('api-tasks-missing', names.apiService, 'API'),
    missing('worker-tasks-missing', names.workerService, 'worker'),
  ]
}

function dependencyAlarms({ names }: Watched): AlarmDefinition[] {
  const queue = (QueueName: string, name: string): Metric => ({
    namespace: 'AWS/SQS',
    name,
    dimensions: { QueueName },
    stat: 'Maximum',
    period: 60,
  })
  const table = (name: string, more: Record<string, string> = {}): Metric => ({
    namespace: 'AWS/DynamoDB',
    name,
    dimensions: { TableName: names.table, ...more },
    stat: 'Sum',
    period: 60,
  })
  const bucket = (name: string): Metric => ({
    namespace: 'AWS/S3',
    name,
    dimensions: { BucketName: names.rawBucket, FilterId: 'all' },
    stat: 'Sum',
    period: 300,
  })
  return [
    {
      about: 'table-throttles',
      severity: 'page',
      means: 'DynamoDB refuses reads or writes of the table because there are too many',
      metrics: { reads: table('ReadThrottleEvents'), writes: table('WriteThrottleEvents') },
      expression: 'FILL(reads, 0) + FILL(writes, 0)',
      is: 'GreaterThanThreshold',
      threshold: 0,
      datapoints: 2,
      of: 3,
    },
    {
      about: 'table-errors',
      severity: 'ticket',
      means: 'DynamoDB itself fails to answer for the table',
      metrics: Object.fromEntries(
        ['GetItem', 'PutItem', 'UpdateItem', 'Query'].map(operation => [
          operation.toLowerCase(),
          table('SystemErrors', { Operation: operation }),
        ]),
      ),
      expression: 'FILL(getitem, 0) + FILL(putitem, 0) + FILL(updateitem, 0) + FILL(query, 0)',
      is: 'GreaterThanThreshold',
      threshold: 5,
      datapoints: 2,
      of: 3,
    },
    {
      about: 'storage-errors',
      severity: 'ticket',
      means: 'S3 refuses more than five requests for raw health data in five minutes',
      metrics: { refused: bucket('4xxErrors'), failed: bucket('5xxErrors') },
      expression: 'FILL(refused, 0) + FILL(failed, 0)',
      is: 'GreaterThanThreshold',
      threshold: 5,
      datapoints: 1,
      of: 1,
    },
    {
      about: 'queue-age',
      severity: 'page',
      means: `an upload has waited for more than ${QUEUE_SECONDS / 60} minutes to be processed`,
      metrics: { age: queue(names.queue, 'ApproximateAgeOfOldestMessage') },
      is: 'GreaterThanThreshold',
      threshold: QUEUE_SECONDS,
      datapoints: 3,
      of: 5,
    },
    {
      about: 'dead-letters',
      severity: 'ticket',
      means: 'an upload could not be processed and was set aside',
      metrics: { waiting: queue(names.deadLetterQueue, 'ApproximateNumberOfMessagesVisible') },
      is: 'GreaterThanThreshold',
      threshold: 0,
      datapoints: 1,
      of: 1,
    },
    {
      about: 'backup-failed',
      severity: 'ticket',
      means: 'a backup of the table failed',
      metrics: {
        failed: {
          namespace: 'AWS/Backup',
          name: 'NumberOfBackupJobsFailed',
          dimensions: { BackupVaultName: names.backupVault },
          stat: 'Sum',
          period: 3600,
        },
      },
      is: 'GreaterThanThreshold',
      threshold: 0,
      datapoints: 1,
      of: 1,
    },
  ]
}
