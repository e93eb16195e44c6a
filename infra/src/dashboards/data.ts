import { LOG_METRICS, type Watched } from '../observability/service-alarms.ts'
import type { Dashboard } from './dashboards.ts'

/** What keeps data and users, and what all of it costs. */
export function dataDashboards(watched: Watched): Dashboard[] {
  return [dynamodb(watched), s3(watched), cognito(watched), cost(watched)]
}

function dynamodb({ names }: Watched): Dashboard {
  const line = (name: string, ...more: (string | object)[]) => [
    'AWS/DynamoDB',
    name,
    'TableName',
    names.table,
    ...(more as string[]),
  ]
  const operations = ['GetItem', 'PutItem', 'UpdateItem', 'Query']
  return {
    about: 'dynamodb',
    widgets: [
      {
        title: 'Capacity units consumed',
        lines: [line('ConsumedReadCapacityUnits'), line('ConsumedWriteCapacityUnits')],
      },
      { title: 'Throttled', lines: [line('ReadThrottleEvents'), line('WriteThrottleEvents')] },
      {
        title: 'Milliseconds of a call, p99',
        stat: 'p99',
        lines: operations.map(operation => line('SuccessfulRequestLatency', 'Operation', operation)),
      },
      {
        title: 'Errors of DynamoDB itself',
        lines: operations.map(operation => line('SystemErrors', 'Operation', operation)),
      },
      {
        title: 'Conditional writes that lost: two workers on one day of a user',
        lines: [line('ConditionalCheckFailedRequests')],
      },
    ],
  }
}

function s3({ names }: Watched): Dashboard {
  const line = (name: string, options = {}) => [
    'AWS/S3',
    name,
    'BucketName',
    names.rawBucket,
    'FilterId',
    'all',
    options,
  ]
  const stored = (storage: string) => [
    'AWS/S3',
    'BucketSizeBytes',
    'BucketName',
    names.rawBucket,
    'StorageType',
    storage,
  ]
  return {
    about: 's3',
    widgets: [
      { title: 'Requests', lines: ['GetRequests', 'PutRequests', 'DeleteRequests'].map(name => line(name)) },
      { title: 'Refused and failed', lines: ['4xxErrors', '5xxErrors'].map(name => line(name)) },
      {
        title: 'Milliseconds to the first byte, p99',
        stat: 'p99',
        lines: [line('FirstByteLatency')],
      },
      { title: 'Bytes in and out', lines: ['BytesUploaded', 'BytesDownloaded'].map(name => line(name)) },
      {
        title: 'Bytes kept, by class',
        stat: 'Average',
        period: 86_400,
        lines: ['StandardStorage', 'GlacierInstantRetrievalStorage'].map(stored),
      },
    ],
  }
}

function cognito({ names }: Watched): Dashboard {
  return {
    about: 'cognito',
    widgets: [
      ...(['SignInSuccesses', 'SignUpSuccesses', 'TokenRefreshSuccesses', 'SignInThrottles'] as const).map(
        name => ({
          title: name,
          period: 300,
          lines: [
            [
              {
                expression: `SEARCH('{AWS/Cognito,UserPool,UserPoolClient} MetricName="${name}"', 'Sum', 300)`,
                label: '',
                id: name.charAt(0).toLowerCase() + name.slice(1),
              },
            ],
          ],
        }),
      ),
      {
        title: 'Sign-ins that the API refused',
        period: 300,
        lines: [[LOG_METRICS, `${names.prefix}-authentication-failures`]],
      },
    ],
  }
}

function cost({ names, environment }: Watched): Dashboard {
  const charges = (service: string) => [
    'AWS/Billing',
    'EstimatedCharges',
    'ServiceName',
    service,
    'Currency',
    'USD',
  ]
  return {
    about: 'cost',
    widgets: [
      {
        title: 'Charges of the month so far, USD',
        stat: 'Maximum',
        period: 21_600,
        // billing is told in this region alone
        region: 'us-east-1',
        lines: [
          ['AWS/Billing', 'EstimatedCharges', 'Currency', 'USD'],
          ...[
            'AmazonECS',
            'AmazonDynamoDB',
            'AmazonS3',
            'AmazonCloudWatch',
            'AmazonCognito',
            'AmazonVPC',
          ].map(charges),
        ],
        limit: { label: 'budget', value: environment.alerts.monthlyBudget },
      },
      {
        title: 'What drives it: tasks',
        stat: 'Average',
        period: 300,
        lines: [names.apiService, names.workerService].map(service => [
          'ECS/ContainerInsights',
          'RunningTaskCount',
          'ClusterName',
          names.cluster,
          'ServiceName',
          service,
        ]),
      },
      {
        title: 'What drives it: capacity units of the table',
        period: 300,
        lines: ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits'].map(name => [
          'AWS/DynamoDB',
          name,
          'TableName',
          names.table,
        ]),
      },
      {
        title: 'What drives it: bytes of logs',
        period: 300,
        lines: [names.apiLogGroup, names.workerLogGroup, names.flowLogGroup, names.trailLogGroup].map(
          group => ['AWS/Logs', 'IncomingBytes', 'LogGroupName', group],
        ),
      },
      {
        text: `By service and tag: Cost Explorer, filtered by \`env = ${environment.name}\`. An estimate from the templates: \`clarity cost ${environment.name}\`.`,
      },
    ],
  }
}
