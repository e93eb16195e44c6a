import { LOG_METRICS, type Watched } from '../observability/service-alarms.ts'
import type { Dashboard } from './dashboards.ts'

/** What serves and how it is released. */
export function serviceDashboards(watched: Watched): Dashboard[] {
  return [releaseHealth(watched), api(watched), ecs(watched)]
}

function releaseHealth({ names, environment, loadBalancer, targetGroups }: Watched): Dashboard {
  const alarm = (about: string) =>
    `arn:aws:cloudwatch:${environment.region}:${environment.account}:alarm:${names.alarm(about)}`
  const group = (name: string, arn: string, stat: string) => [
    'AWS/ApplicationELB',
    name,
    'TargetGroup',
    arn,
    'LoadBalancer',
    loadBalancer,
    { stat },
  ]
  return {
    about: 'release-health',
    widgets: [
      {
        title: 'Objectives',
        alarms: [
          'error-budget-fast',
          'error-budget-slow',
          'api-error-rate',
          'api-latency',
          'insight-time',
          'queue-age',
          'task-failures',
          'release-failed',
        ].map(alarm),
      },
      {
        title: 'Share of requests that fail (objective: 99.9 % succeed)',
        lines: [
          ['AWS/ApplicationELB', 'RequestCount', 'LoadBalancer', loadBalancer, { id: 'all', visible: false }],
          [
            'AWS/ApplicationELB',
            'HTTPCode_Target_5XX_Count',
            'LoadBalancer',
            loadBalancer,
            { id: 'failed', visible: false },
          ],
          [{ expression: '100 * FILL(failed, 0) / all', label: 'percent', id: 'share' }],
        ],
        limit: { label: 'error budget', value: 0.1 },
      },
      {
        title: 'Requests by colour: who takes the traffic',
        lines: [
          group('RequestCount', targetGroups.blue, 'Sum'),
          group('RequestCount', targetGroups.green, 'Sum'),
        ],
      },
      {
        title: 'Healthy tasks by colour',
        lines: [
          group('HealthyHostCount', targetGroups.blue, 'Minimum'),
          group('HealthyHostCount', targetGroups.green, 'Minimum'),
        ],
      },
      {
        title: 'Failed releases and tasks',
        period: 300,
        lines: [
          ['AWS/Events', 'MatchedEvents', 'RuleName', names.alarm('release-failed')],
          ['AWS/Events', 'MatchedEvents', 'RuleName', names.alarm('task-failures')],
        ],
      },
      {
        text: `What a release did, step by step: \`clarity history ${environment.name}\`; why one failed: \`clarity diagnose ${environment.name}\`.`,
      },
    ],
  }
}

function api({ names, environment, loadBalancer }: Watched): Dashboard {
  const line = (name: string, options = {}) => [
    'AWS/ApplicationELB',
    name,
    'LoadBalancer',
    loadBalancer,
    options,
  ]
  return {
    about: 'api',
    widgets: [
      { title: 'Requests', lines: [line('RequestCount')] },
      {
        title: 'Answers by class',
        lines: ['2XX', '4XX', '5XX'].map(code => line(`HTTPCode_Target_${code}_Count`)),
      },
      {
        title: 'Seconds to answer',
        lines: ['p50', 'p95', 'p99'].map(stat => line('TargetResponseTime', { stat })),
        limit: { label: 'objective for p99', value: 0.5 },
      },
      {
        title: 'Milliseconds to an insight',
        period: 300,
        lines: ['p50', 'p99'].map(stat => [LOG_METRICS, `${names.prefix}-insight-ms`, { stat }]),
        limit: { label: 'objective for p99', value: 2000 },
      },
      {
        title: 'Refused by the firewall',
        period: 300,
        lines: [
          [
            'AWS/WAFV2',
            'BlockedRequests',
            'WebACL',
            names.firewall,
            'Region',
            environment.region,
            'Rule',
            'ALL',
          ],
        ],
      },
      {
        title: 'Connections and errors of the load balancer',
        lines: ['ActiveConnectionCount', 'RejectedConnectionCount', 'HTTPCode_ELB_5XX_Count'].map(name =>
          line(name),
        ),
      },
    ],
  }
}

function ecs({ names }: Watched): Dashboard {
  const services = [names.apiService, names.workerService]
  const line = (namespace: string, name: string, service: string, options = {}) => [
    namespace,
    name,
    'ClusterName',
    names.cluster,
    'ServiceName',
    service,
    options,
  ]
  return {
    about: 'ecs',
    widgets: [
      ...(['CPUUtilization', 'MemoryUtilization'] as const).map(name => ({
        title: `${name}, percent`,
        stat: 'Average',
        lines: services.map(service => line('AWS/ECS', name, service)),
      })),
      ...services.map(service => ({
        title: `Tasks of ${service}`,
        stat: 'Average',
        lines: ['DesiredTaskCount', 'RunningTaskCount', 'PendingTaskCount'].map(name =>
          line('ECS/ContainerInsights', name, service),
        ),
      })),
      {
        title: 'Tasks that failed',
        period: 300,
        lines: [['AWS/Events', 'MatchedEvents', 'RuleName', names.alarm('task-failures')]],
      },
      {
        title: 'The queue: seconds that the oldest waits, and messages set aside',
        stat: 'Maximum',
        lines: [
          ['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName', names.queue],
          ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', names.deadLetterQueue],
        ],
      },
    ],
  }
}
