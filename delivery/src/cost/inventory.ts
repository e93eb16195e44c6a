import { type Environment, namesOf } from '@clarity/environments'

/** What of an environment is paid for whether anybody comes or not, and what sets the price of those who do. */
export interface Inventory {
  kmsKeys: number
  secrets: number
  natGateways: number
  /** Interface endpoints times the zones that each stands in. */
  endpointZones: number
  /** Which AWS services the tasks reach by an interface endpoint. */
  endpoints: string[]
  /** IPv4 addresses of NAT gateways and, one a zone, of the load balancer. */
  publicAddresses: number
  loadBalancers: number
  wafAcls: number
  wafRules: number
  alarmMetrics: number
  compositeAlarms: number
  customMetrics: number
  dashboards: number
  /** Full copies of the table that the backup plan keeps at any time. */
  backups: number
  /** Whether CloudTrail records each touch of a raw object. */
  dataEvents: boolean
  cognito: 'LITE' | 'ESSENTIALS' | 'PLUS'
  /** Whether the queue runs in SQS's high-throughput mode. */
  highThroughput: boolean
  /** Days after which a raw object is moved to Glacier Instant Retrieval. */
  coldAfterDays: number
  logMonths: number
}

interface Resource {
  Type: string
  Properties?: Properties
}

/** The few properties that a price depends on, as CloudFormation names them. */
interface Properties {
  VpcEndpointType?: string
  SubnetIds?: unknown[]
  Rules?: unknown[]
  Metrics?: { MetricStat?: object }[]
  ClusterSettings?: unknown[]
  MetricsConfigurations?: unknown[]
  BackupPlan?: { BackupPlanRule: BackupRule[] }
  EventSelectors?: { DataResources?: unknown[] }[]
  UserPoolTier?: Inventory['cognito']
  FifoThroughputLimit?: string
  ServiceName?: unknown
  BucketName?: unknown
  LifecycleConfiguration?: { Rules: { Transitions?: { TransitionInDays: number }[] }[] }
  LogGroupName?: unknown
  RetentionInDays?: number
}

interface BackupRule {
  ScheduleExpression?: string
  Lifecycle?: { DeleteAfterDays?: number }
}

/** Metrics that ECS's container insights adds for a cluster of two services, and S3's request metrics for a bucket; approximate. */
const INSIGHT_METRICS = 60
const BUCKET_METRICS = 16

/** What a log group without retention is reckoned with: ten years. */
const FOR_EVER_DAYS = 3653

/** Counts what the templates hold. Task sizes and counts are the environment's: a release makes the services. */
export function takeInventory(environment: Environment, templates: Record<string, unknown>[]): Inventory {
  const all = templates.flatMap(({ Resources }) => Object.values(Resources as Record<string, Resource>))
  const of = (type: string) => all.filter(({ Type }) => Type === `AWS::${type}`)
  const sum = (type: string, count: (properties: Properties) => number) =>
    of(type).reduce((total, { Properties = {} }) => total + count(Properties), 0)

  const named = (type: string, key: 'BucketName' | 'LogGroupName', name: string) =>
    of(type).find(({ Properties }) => Properties?.[key] === name)?.Properties
  const { rawBucket, apiLogGroup } = namesOf(environment)
  const natGateways = of('EC2::NatGateway').length
  const loadBalancers = of('ElasticLoadBalancingV2::LoadBalancer').length
  return {
    kmsKeys: of('KMS::Key').length,
    secrets: of('SecretsManager::Secret').length,
    natGateways,
    endpointZones: sum('EC2::VPCEndpoint', ({ VpcEndpointType, SubnetIds = [] }) =>
      VpcEndpointType === 'Interface' ? SubnetIds.length : 0,
    ),
    endpoints: of('EC2::VPCEndpoint').flatMap(({ Properties: { VpcEndpointType, ServiceName } = {} }) =>
      VpcEndpointType === 'Interface' ? String(ServiceName).replace(/^com\.amazonaws\.[^.]+\./, '') : [],
    ),
    publicAddresses: natGateways + loadBalancers * environment.network.zones.length,
    loadBalancers,
    wafAcls: of('WAFv2::WebACL').length,
    wafRules: sum('WAFv2::WebACL', ({ Rules = [] }) => Rules.length),
    alarmMetrics: sum('CloudWatch::Alarm', ({ Metrics }) =>
      Metrics ? Metrics.filter(each => each.MetricStat).length : 1,
    ),
    compositeAlarms: of('CloudWatch::CompositeAlarm').length,
    customMetrics:
      of('Logs::MetricFilter').length +
      sum('ECS::Cluster', ({ ClusterSettings = [] }) => (ClusterSettings.length > 0 ? INSIGHT_METRICS : 0)) +
      sum('S3::Bucket', ({ MetricsConfigurations = [] }) => MetricsConfigurations.length * BUCKET_METRICS),
    dashboards: of('CloudWatch::Dashboard').length,
    backups: sum('Backup::BackupPlan', ({ BackupPlan }) =>
      (BackupPlan?.BackupPlanRule ?? []).reduce(
        (total, rule) => total + (rule.Lifecycle?.DeleteAfterDays ?? 0) / everyDays(rule),
        0,
      ),
    ),
    dataEvents: of('CloudTrail::Trail').some(({ Properties }) =>
      Properties?.EventSelectors?.some(each => (each.DataResources ?? []).length > 0),
    ),
    cognito: of('Cognito::UserPool')[0]?.Properties?.UserPoolTier ?? 'ESSENTIALS',
    highThroughput: of('SQS::Queue').some(
      ({ Properties }) => Properties?.FifoThroughputLimit === 'perMessageGroupId',
    ),
    coldAfterDays: firstTransition(named('S3::Bucket', 'BucketName', rawBucket)) ?? Number.POSITIVE_INFINITY,
    logMonths:
      (named('Logs::LogGroup', 'LogGroupName', apiLogGroup)?.RetentionInDays ?? FOR_EVER_DAYS) / 30.4,
  }
}

/** Days until a bucket moves its objects to a colder class; undefined where it never does. */
function firstTransition(bucket: Properties | undefined): number | undefined {
  const rules = bucket?.LifecycleConfiguration?.Rules ?? []
  return rules.flatMap(({ Transitions = [] }) => Transitions)[0]?.TransitionInDays
}

/** Days between two backups of `cron(minute hour day month weekday year)`: a month where a day of it is named, a week or a day. */
function everyDays({ ScheduleExpression = '' }: BackupRule): number {
  const [, , day = '*', , weekday = '*'] = ScheduleExpression.replace(/^cron\(|\)$/g, '').split(' ')
  if (/^\d/.test(day)) return 30.4
  return /^(\d|[A-Z]{3})$/.test(weekday) ? 7 : 1
}
