import { remove, replaceText, set, type Weakening } from './weakening.ts'

/** Ways to lose, expose or forget data and logs. */
export const STORAGE_WEAKENINGS: Weakening[] = [
  {
    does: 'opens a bucket to the public',
    rule: 'bucket-closed',
    where: 'data/RawData',
    change: set('PublicAccessBlockConfiguration.BlockPublicPolicy', false),
  },
  {
    does: 'encrypts health data with S3’s own key',
    rule: 'bucket-encrypted',
    where: 'data/RawData',
    change: replaceText('"aws:kms"', '"AES256"'),
  },
  {
    does: 'forgets what was overwritten',
    rule: 'bucket-versioned',
    where: 'data/RawData',
    change: set('VersioningConfiguration', undefined),
  },
  {
    does: 'lets plain HTTP into a bucket',
    rule: 'bucket-tls-only',
    where: 'data/RawDataPolicy',
    change: remove,
  },
  {
    does: 'does not log who reads health data',
    rule: 'bucket-logged',
    where: 'data/RawData',
    change: set('LoggingConfiguration', undefined),
  },
  {
    does: 'keeps unfinished uploads for ever',
    rule: 'bucket-tidy',
    where: 'data/RawData',
    change: set('LifecycleConfiguration', undefined),
  },
  {
    does: 'lets what clients sent expire with the exports',
    rule: 'originals-at-hand',
    where: 'data/RawData',
    change: replaceText('"Prefix":"exports/"', '"Prefix":""'),
  },
  {
    does: 'moves what clients sent to where it must be restored from',
    rule: 'originals-at-hand',
    where: 'data/RawData',
    change: replaceText('"GLACIER_IR"', '"DEEP_ARCHIVE"'),
  },
  {
    does: 'lets the audit trail be deleted',
    rule: 'object-lock',
    where: 'audit/Audit3',
    change: set('ObjectLockEnabled', false),
  },
  {
    does: 'keeps evidence for a year',
    rule: 'object-lock',
    where: 'audit/Evidence',
    change: set('ObjectLockConfiguration.Rule.DefaultRetention.Days', 365),
  },
  {
    does: 'turns point-in-time recovery off',
    rule: 'table-recoverable',
    where: 'data/HealthData',
    change: set('PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled', false),
  },
  {
    does: 'lets the table be deleted',
    rule: 'table-recoverable',
    where: 'data/HealthData',
    change: set('DeletionProtectionEnabled', false),
  },
  {
    does: 'hides the table from the rule packs',
    rule: 'table-recoverable',
    where: 'data/HealthData',
    change: resource => {
      resource.Type = 'AWS::DynamoDB::GlobalTable'
      return undefined
    },
  },
  {
    does: 'backs up once a month only',
    rule: 'table-backed-up',
    where: 'data/BackupPlan',
    change: replaceText('cron(0 5 * * ? *)', 'cron(0 5 1 * ? *)'),
  },
  { does: 'backs nothing up', rule: 'table-backed-up', where: 'data/BackupPlanTable', change: remove },
  {
    does: 'deletes health data with its stack',
    rule: 'stateful-retained',
    where: 'data/HealthData',
    change: resource => {
      resource.DeletionPolicy = 'Delete'
      return undefined
    },
  },
  {
    does: 'replaces the table by an empty one',
    rule: 'stateful-ids-stay',
    where: 'data/HealthData',
    change: remove,
  },
  {
    does: 'never rotates a key',
    rule: 'key-rotated',
    where: 'data/DataKey1',
    change: set('EnableKeyRotation', false),
  },
  {
    does: 'writes logs in the clear',
    rule: 'encrypted-with-own-key',
    where: 'compute/ApiLogs',
    change: set('KmsKeyId', undefined),
  },
  {
    does: 'leaves the disks of tasks to AWS’s key',
    rule: 'encrypted-with-own-key',
    where: 'compute/Cluster',
    change: set('Configuration', undefined),
  },
  {
    does: 'keeps logs for ever, which is to say by accident',
    rule: 'logs-kept',
    where: 'compute/ApiLogs',
    change: set('RetentionInDays', undefined),
  },
  {
    does: 'keeps logs for a month',
    rule: 'logs-kept',
    where: 'audit/TrailLogs',
    change: set('RetentionInDays', 30),
  },
  {
    does: 'watches one region',
    rule: 'trail-complete',
    where: 'audit/Trail',
    change: set('IsMultiRegionTrail', false),
  },
  {
    does: 'lets the trail be tampered with',
    rule: 'trail-complete',
    where: 'audit/Trail',
    change: set('EnableLogFileValidation', false),
  },
  { does: 'keeps no flow logs', rule: 'flow-logged', where: 'network/FlowLog', change: remove },
  {
    does: 'writes tokens into the firewall’s logs',
    rule: 'firewall-logs-redacted',
    where: 'edge/FirewallLogging',
    change: set('RedactedFields', []),
  },
]
