import type { Properties, Provider, ProviderContext } from './provider.ts'

type Format = (id: string, place: { region: string; accountId: string }) => string

/** How `Ref` and `Fn::GetAtt` look for a type that is only kept. */
interface RecordedType {
  /** What `Ref` yields, made of the generated or given name. @default the name itself */
  ref?: Format
  /** Attributes, made of the name. */
  attributes?: Record<string, Format>
  /** The property that names it. */
  name?: string
  replaceOn?: string[]
}

const arn =
  (service: string, path: string): Format =>
  (id, { region, accountId }) =>
    `arn:aws:${service}:${region}:${accountId}:${path}${id}`
const globalArn =
  (service: string, path: string): Format =>
  (id, { accountId }) =>
    `arn:aws:${service}::${accountId}:${path}${id}`
const itself: Format = id => id

/** Kept with an id and attributes and nothing more. The explicit list: anything that is on no list fails its stack. */
const TYPES: Record<string, RecordedType> = {
  'AWS::ApplicationAutoScaling::ScalableTarget': { attributes: { Id: itself } },
  'AWS::ApplicationAutoScaling::ScalingPolicy': {
    ref: arn('autoscaling', 'scalingPolicy:'),
    attributes: { Arn: arn('autoscaling', 'scalingPolicy:') },
  },
  'AWS::Backup::BackupPlan': {
    attributes: { BackupPlanId: itself, BackupPlanArn: arn('backup', 'backup-plan:') },
  },
  'AWS::Backup::BackupSelection': { attributes: { Id: itself, SelectionId: itself } },
  'AWS::Backup::BackupVault': {
    name: 'BackupVaultName',
    attributes: { BackupVaultName: itself, BackupVaultArn: arn('backup', 'backup-vault:') },
  },
  'AWS::Budgets::Budget': {},
  'AWS::CDK::Metadata': {},
  'AWS::CE::AnomalyMonitor': {
    ref: globalArn('ce', 'anomalymonitor/'),
    attributes: { MonitorArn: globalArn('ce', 'anomalymonitor/') },
  },
  'AWS::CE::AnomalySubscription': {
    ref: globalArn('ce', 'anomalysubscription/'),
    attributes: { SubscriptionArn: globalArn('ce', 'anomalysubscription/') },
  },
  'AWS::CertificateManager::Certificate': {
    ref: arn('acm', 'certificate/'),
    replaceOn: ['DomainName', 'SubjectAlternativeNames', 'ValidationMethod'],
  },
  'AWS::CloudTrail::Trail': {
    name: 'TrailName',
    attributes: { Arn: arn('cloudtrail', 'trail/'), SnsTopicArn: arn('sns', '') },
  },
  'AWS::CloudWatch::CompositeAlarm': {
    name: 'AlarmName',
    replaceOn: ['AlarmName'],
    attributes: { Arn: arn('cloudwatch', 'alarm:') },
  },
  'AWS::Events::Rule': { name: 'Name', replaceOn: ['Name'], attributes: { Arn: arn('events', 'rule/') } },
  'AWS::IAM::OIDCProvider': {
    ref: globalArn('iam', 'oidc-provider/'),
    attributes: { Arn: globalArn('iam', 'oidc-provider/') },
    replaceOn: ['Url'],
  },
  'AWS::IAM::ServiceLinkedRole': {},
  'AWS::Route53::HostedZone': { attributes: { Id: itself }, replaceOn: ['Name'] },
  'AWS::Route53::RecordSet': { name: 'Name', replaceOn: ['Name', 'HostedZoneId'] },
  'AWS::SNS::Subscription': { ref: arn('sns', ''), replaceOn: ['TopicArn', 'Protocol', 'Endpoint'] },
  'AWS::SNS::Topic': {
    name: 'TopicName',
    ref: arn('sns', ''),
    attributes: { TopicArn: arn('sns', ''), TopicName: itself },
    replaceOn: ['TopicName', 'FifoTopic'],
  },
  'AWS::SNS::TopicPolicy': { attributes: { Id: itself } },
  'AWS::WAFv2::LoggingConfiguration': { replaceOn: ['ResourceArn'] },
  'AWS::WAFv2::WebACL': {
    name: 'Name',
    ref: id => `${id}|local|REGIONAL`,
    attributes: {
      Arn: arn('wafv2', 'regional/webacl/'),
      Id: itself,
      Capacity: () => '0',
      LabelNamespace: id => `awswaf:local:webacl:${id}:`,
    },
    replaceOn: ['Name', 'Scope'],
  },
  'AWS::WAFv2::WebACLAssociation': { replaceOn: ['ResourceArn', 'WebACLArn'] },
}

/** The types that are recorded, never enforced. */
export const RECORDED_TYPES: Record<string, Provider> = Object.fromEntries(
  Object.entries(TYPES).map(([type, definition]) => [type, recordedProvider(definition)]),
)

function recordedProvider({ ref = itself, attributes = {}, name, replaceOn = [] }: RecordedType): Provider {
  const idOf = (properties: Properties, context: ProviderContext) =>
    String((name && properties[name]) ?? context.generatedName(128))
  return {
    recorded: true,
    replaceOn,
    nameProperty: name,
    create: async (properties, context) => ref(idOf(properties, context), context),
    update: async () => {},
    delete: async () => {},
    attributes: (_, properties, context) =>
      Object.fromEntries(
        Object.entries(attributes).map(([key, format]) => [key, format(idOf(properties, context), context)]),
      ),
  }
}
