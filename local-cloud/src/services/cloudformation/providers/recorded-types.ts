import type { Properties } from './provider.ts'

/** What ids and attributes are made of. */
export interface Known {
  /** The name given by the template, or the one made up for the resource. */
  id: string
  properties: Properties
  region: string
  accountId: string
  /** 32 hexadecimal digits, the same for the life of the resource. */
  token: string
  /** `<stack>-<logical id>-<suffix>` */
  generated: string
}

export type Format = (known: Known) => unknown

/** How `Ref` and `Fn::GetAtt` look for a type that is only kept; source: the CloudFormation template reference. */
export interface RecordedType {
  /** What `Ref` yields. @default the id */
  ref?: Format
  attributes?: Record<string, Format>
  /** The property that names it; a change of it replaces. */
  name?: string
  /** How an id without a name looks. @default `<stack>-<logical id>-<suffix>` */
  id?: 'uuid' | 'hex'
  replaceOn?: string[]
}

const arn =
  (service: string, path: string): Format =>
  ({ id, region, accountId }) =>
    `arn:aws:${service}:${region}:${accountId}:${path}${id}`
const globalArn =
  (service: string, path: string): Format =>
  ({ id, accountId }) =>
    `arn:aws:${service}::${accountId}:${path}${id}`
const itself: Format = ({ id }) => id
const property =
  (name: string): Format =>
  ({ properties }) =>
    properties[name]
const zoneId: Format = ({ token }) => `Z${token.slice(0, 20).toUpperCase()}`
const oidcArn: Format = ({ accountId, properties }) =>
  `arn:aws:iam::${accountId}:oidc-provider/${String(properties.Url ?? '').replace(/^https:\/\//, '')}`
/** The joined properties by which types without a name of their own are known. */
const joined =
  (...names: string[]): Format =>
  ({ properties }) =>
    names.map(name => properties[name] ?? '').join('|')

const AUDIT: Record<string, RecordedType> = {
  'AWS::AccessAnalyzer::Analyzer': {
    name: 'AnalyzerName',
    ref: arn('access-analyzer', 'analyzer/'),
    attributes: { Arn: arn('access-analyzer', 'analyzer/') },
    replaceOn: ['Type'],
  },
  'AWS::Config::ConfigRule': {
    name: 'ConfigRuleName',
    attributes: { Arn: arn('config', 'config-rule/'), ConfigRuleId: itself },
  },
  'AWS::Config::ConfigurationRecorder': { name: 'Name' },
  'AWS::Config::ConformancePack': { name: 'ConformancePackName' },
  'AWS::Config::DeliveryChannel': { name: 'Name' },
  'AWS::GuardDuty::Detector': { id: 'hex', attributes: { Id: itself } },
  'AWS::GuardDuty::Filter': { name: 'Name', replaceOn: ['DetectorId'] },
  'AWS::Macie::Session': { id: 'hex', attributes: { AwsAccountId: ({ accountId }) => accountId } },
  'AWS::SecurityHub::Hub': {
    ref: ({ region, accountId }) => `arn:aws:securityhub:${region}:${accountId}:hub/default`,
    attributes: { ARN: ({ region, accountId }) => `arn:aws:securityhub:${region}:${accountId}:hub/default` },
  },
  'AWS::SecurityHub::Standard': {
    ref: ({ region, accountId, properties }) =>
      `arn:aws:securityhub:${region}:${accountId}:subscription/${String(properties.StandardsArn ?? '').replace(/^.*:::?(ruleset|standards)\//, '')}`,
    attributes: { StandardsSubscriptionArn: property('StandardsArn') },
    replaceOn: ['StandardsArn'],
  },
}

const BACKUP: Record<string, RecordedType> = {
  'AWS::Backup::BackupPlan': {
    id: 'uuid',
    attributes: {
      BackupPlanId: itself,
      BackupPlanArn: arn('backup', 'backup-plan:'),
      VersionId: ({ token }) => token,
    },
  },
  'AWS::Backup::BackupSelection': {
    id: 'uuid',
    ref: ({ id, properties }) => `${id}_${properties.BackupPlanId ?? ''}`,
    attributes: { Id: itself, SelectionId: itself, BackupPlanId: property('BackupPlanId') },
    replaceOn: ['BackupPlanId', 'BackupSelection'],
  },
  'AWS::Backup::BackupVault': {
    name: 'BackupVaultName',
    attributes: { BackupVaultName: itself, BackupVaultArn: arn('backup', 'backup-vault:') },
    replaceOn: ['EncryptionKeyArn'],
  },
}

const COST: Record<string, RecordedType> = {
  'AWS::CE::AnomalyMonitor': {
    id: 'uuid',
    ref: globalArn('ce', 'anomalymonitor/'),
    attributes: { MonitorArn: globalArn('ce', 'anomalymonitor/') },
    replaceOn: ['MonitorDimension', 'MonitorSpecification', 'MonitorType'],
  },
  'AWS::CE::AnomalySubscription': {
    id: 'uuid',
    ref: globalArn('ce', 'anomalysubscription/'),
    attributes: {
      SubscriptionArn: globalArn('ce', 'anomalysubscription/'),
      AccountId: ({ accountId }) => accountId,
    },
  },
}

const WATCHING: Record<string, RecordedType> = {
  'AWS::ApplicationSignals::ServiceLevelObjective': {
    name: 'Name',
    ref: arn('application-signals', 'slo/'),
    attributes: { Arn: arn('application-signals', 'slo/') },
  },
  'AWS::CloudWatch::AnomalyDetector': {
    id: 'uuid',
    attributes: { Id: itself },
    replaceOn: ['Namespace', 'MetricName', 'Dimensions', 'Stat'],
  },
  'AWS::CloudWatch::InsightRule': {
    name: 'RuleName',
    attributes: { Arn: arn('cloudwatch', 'insight-rule/'), RuleName: itself },
  },
  'AWS::Events::EventBus': {
    name: 'Name',
    attributes: { Arn: arn('events', 'event-bus/'), Name: itself },
  },
  'AWS::Events::Rule': {
    name: 'Name',
    attributes: { Arn: arn('events', 'rule/') },
    replaceOn: ['EventBusName'],
  },
  'AWS::Logs::QueryDefinition': { id: 'uuid', attributes: { QueryDefinitionId: itself } },
  'AWS::Logs::SubscriptionFilter': { name: 'FilterName', replaceOn: ['LogGroupName'] },
  'AWS::Scheduler::Schedule': { name: 'Name', attributes: { Arn: arn('scheduler', 'schedule/default/') } },
  'AWS::Synthetics::Canary': {
    name: 'Name',
    attributes: { Id: ({ token }) => token, State: () => 'RECORDED' },
  },
}

const IDENTITY: Record<string, RecordedType> = {
  'AWS::Cognito::LogDeliveryConfiguration': {
    ref: property('UserPoolId'),
    attributes: { Id: property('UserPoolId') },
    replaceOn: ['UserPoolId'],
  },
  'AWS::Cognito::UserPoolDomain': {
    name: 'Domain',
    attributes: { Id: itself, CloudFrontDistribution: () => 'none' },
    replaceOn: ['UserPoolId'],
  },
  'AWS::Cognito::UserPoolResourceServer': {
    ref: property('Identifier'),
    replaceOn: ['UserPoolId', 'Identifier'],
  },
  'AWS::Cognito::UserPoolUICustomizationAttachment': {
    ref: joined('UserPoolId', 'ClientId'),
    replaceOn: ['UserPoolId', 'ClientId'],
  },
  'AWS::IAM::OIDCProvider': { ref: oidcArn, attributes: { Arn: oidcArn }, replaceOn: ['Url'] },
  'AWS::IAM::ServiceLinkedRole': {
    ref: ({ properties }) => `AWSServiceRoleFor${String(properties.AWSServiceName ?? '').split('.')[0]}`,
    replaceOn: ['AWSServiceName', 'CustomSuffix'],
  },
  'AWS::SecretsManager::ResourcePolicy': { ref: property('SecretId'), replaceOn: ['SecretId'] },
  'AWS::SecretsManager::RotationSchedule': { ref: property('SecretId'), replaceOn: ['SecretId'] },
}

const EDGE: Record<string, RecordedType> = {
  'AWS::ECR::RegistryScanningConfiguration': { ref: ({ accountId }) => accountId },
  'AWS::Route53::HealthCheck': { id: 'uuid', attributes: { HealthCheckId: itself } },
  'AWS::Route53::HostedZone': {
    ref: zoneId,
    attributes: {
      Id: zoneId,
      NameServers: () => [1, 2, 3, 4].map(n => `ns-${n}.awsdns-0${n}.example`),
    },
    replaceOn: ['Name'],
  },
  'AWS::Route53::RecordSet': { name: 'Name', replaceOn: ['HostedZoneId', 'HostedZoneName'] },
}

/** Kept with an id and attributes and nothing more. The explicit list: anything that is on no list fails its stack. */
export const RECORDED_LIST: Readonly<Record<string, RecordedType>> = {
  'AWS::CDK::Metadata': {},
  ...AUDIT,
  ...BACKUP,
  ...COST,
  ...EDGE,
  ...IDENTITY,
  ...WATCHING,
}
