import { namesOf } from '@clarity/environments'
import { at, type Json, listOf, type Resource, type Rule, statementsOf } from './rule.ts'

const BUCKET = 'AWS::S3::Bucket'
/** Types whose loss is the loss of data, or of the only proof of what happened. */
export const STATEFUL = [
  'AWS::Backup::BackupVault',
  'AWS::Cognito::UserPool',
  'AWS::DynamoDB::Table',
  'AWS::ECR::Repository',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  BUCKET,
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
]

/** A backup rule's schedule that names no day. */
const DAILY = /^cron\(\d+ \d+ \* \* \? \*\)$/

/** Classes that answer a GET in milliseconds: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html */
const READ_AT_ONCE = ['GLACIER_IR', 'STANDARD_IA']
/** Where the API stores what clients send. */
const ORIGINALS = 'raw/'

/** What holds of buckets, the table, queues and their backups. */
export const STORAGE_RULES: Rule[] = [
  {
    name: 'bucket-closed',
    demands: 'no bucket can be made public, and access lists are off',
    cites: ['164.312(a)(1)'],
    check: ({ of }, find) => {
      for (const bucket of of(BUCKET)) {
        const block = bucket.properties.PublicAccessBlockConfiguration
        for (const key of [
          'BlockPublicAcls',
          'BlockPublicPolicy',
          'IgnorePublicAcls',
          'RestrictPublicBuckets',
        ])
          if (at(block, key) !== true) find(bucket, `${key} is not true`)
        if (at(bucket.properties.OwnershipControls, 'Rules', 0, 'ObjectOwnership') !== 'BucketOwnerEnforced')
          find(bucket, 'access lists are not off: ObjectOwnership is not BucketOwnerEnforced')
      }
    },
  },
  {
    name: 'bucket-encrypted',
    demands:
      'every bucket is encrypted with a KMS key, but for the access logs, which AWS writes with S3’s own',
    cites: ['164.312(a)(2)(iv)'],
    check: ({ of, environment }, find) => {
      for (const bucket of of(BUCKET)) {
        const algorithm = at(
          bucket.properties.BucketEncryption,
          'ServerSideEncryptionConfiguration',
          0,
          'ServerSideEncryptionByDefault',
          'SSEAlgorithm',
        )
        const logs = bucket.properties.BucketName === namesOf(environment).accessLogBucket
        if (algorithm !== (logs ? 'AES256' : 'aws:kms'))
          find(bucket, `it is encrypted with ${algorithm ?? 'nothing'}`)
      }
    },
  },
  {
    name: 'bucket-versioned',
    demands: 'no object can be overwritten or deleted without a trace: every bucket is versioned',
    cites: ['164.312(c)(1)'],
    check: ({ of }, find) => {
      for (const bucket of of(BUCKET))
        if (at(bucket.properties.VersioningConfiguration, 'Status') !== 'Enabled')
          find(bucket, 'versioning is not enabled')
    },
  },
  {
    name: 'object-lock',
    demands: 'audit trail and evidence cannot be changed or deleted while they must be kept',
    cites: ['164.312(c)(1)', '164.316(b)(2)(i)'],
    check: ({ of, environment }, find) => {
      const { auditBucket, evidenceBucket } = namesOf(environment)
      const days = {
        [auditBucket]: environment.data.auditRetentionDays,
        [evidenceBucket]: environment.data.evidenceRetentionDays,
      }
      for (const [name, least] of Object.entries(days)) {
        const bucket = of(BUCKET).find(({ properties }) => properties.BucketName === name)
        if (!bucket) {
          find(`audit/${name}`, 'there is no such bucket')
          continue
        }
        const retention = at(bucket.properties.ObjectLockConfiguration, 'Rule', 'DefaultRetention')
        if (bucket.properties.ObjectLockEnabled !== true || Number(at(retention, 'Days') ?? 0) < least)
          find(bucket, `object lock holds for less than ${least} days`)
      }
    },
  },
  {
    name: 'bucket-logged',
    demands: 'who read or wrote which object is logged for every bucket but the one that takes these logs',
    cites: ['164.312(b)'],
    check: ({ of, environment }, find) => {
      const { accessLogBucket } = namesOf(environment)
      for (const bucket of of(BUCKET))
        if (
          bucket.properties.BucketName !== accessLogBucket &&
          at(bucket.properties.LoggingConfiguration, 'DestinationBucketName') !== accessLogBucket
        )
          find(bucket, 'its access is not logged')
    },
  },
  {
    name: 'bucket-tidy',
    demands: 'every bucket drops uploads that were never finished, and raw data grows colder',
    check: ({ of, environment }, find) => {
      for (const bucket of of(BUCKET)) {
        const rules = listOf(at(bucket.properties.LifecycleConfiguration, 'Rules')) as Json[]
        if (!rules.some(rule => rule.Status === 'Enabled' && rule.AbortIncompleteMultipartUpload))
          find(bucket, 'uploads that were never finished stay and cost')
        const raw = bucket.properties.BucketName === namesOf(environment).rawBucket
        if (raw && !rules.some(rule => rule.Status === 'Enabled' && listOf(rule.Transitions).length > 0))
          find(bucket, 'raw data never moves to a colder class')
      }
    },
  },
  {
    name: 'originals-at-hand',
    demands: 'what clients sent never expires and can always be read at once: chunks leave UUIDs to it',
    check: ({ of, environment }, find) => {
      for (const bucket of of(BUCKET)) {
        if (bucket.properties.BucketName !== namesOf(environment).rawBucket) continue
        for (const rule of listOf(at(bucket.properties.LifecycleConfiguration, 'Rules')) as Json[]) {
          if (rule.Status !== 'Enabled' || !reachesOriginals(rule)) continue
          if (rule.ExpirationInDays !== undefined || rule.ExpirationDate !== undefined)
            find(bucket, `its lifecycle rule ${String(rule.Id)} lets what clients sent expire`)
          for (const transition of listOf(rule.Transitions) as Json[])
            if (!READ_AT_ONCE.includes(String(transition.StorageClass)))
              find(bucket, `${String(transition.StorageClass)} has to be restored before it can be read`)
        }
      }
    },
  },
  {
    name: 'bucket-tls-only',
    demands: 'every bucket refuses what does not come over TLS',
    cites: ['164.312(e)(1)'],
    notOnLoopback: true,
    check: ({ of }, find) => {
      const policies = of('AWS::S3::BucketPolicy')
      for (const bucket of of(BUCKET)) {
        const own = policies.filter(
          policy => policy.stack === bucket.stack && at(policy.properties.Bucket, 'Ref') === bucket.id,
        )
        if (!own.some(deniesPlainHttp)) find(bucket, 'plain HTTP is not refused')
      }
    },
  },
  {
    name: 'queue-safe',
    demands:
      'queues are FIFO and refuse plain HTTP; what cannot be processed is set aside and kept for 14 days',
    cites: ['164.312(e)(1)', '164.312(c)(1)'],
    check: ({ of, environment }, find) => {
      const queues = of('AWS::SQS::Queue')
      const dead = namesOf(environment).deadLetterQueue
      for (const queue of queues) {
        if (queue.properties.FifoQueue !== true) find(queue, 'it is not FIFO')
        if (Number(queue.properties.MessageRetentionPeriod ?? 0) < 14 * 86_400)
          find(queue, 'messages are kept for less than 14 days')
        if (queue.properties.QueueName !== dead && !at(queue.properties.RedrivePolicy, 'deadLetterTargetArn'))
          find(queue, 'it has no queue for what cannot be processed')
        const policies = of('AWS::SQS::QueuePolicy').filter(({ properties }) =>
          listOf(properties.Queues).some(ref => at(ref, 'Ref') === queue.id),
        )
        if (!environment.endpoint && !policies.some(deniesPlainHttp)) find(queue, 'plain HTTP is not refused')
      }
    },
  },
  {
    name: 'table-recoverable',
    demands:
      'tables can be put back to any second, health data for 35 days, and cannot be deleted by mistake',
    cites: ['164.308(a)(7)(ii)(A)', '164.308(a)(7)(ii)(B)'],
    check: ({ of, environment }, find) => {
      for (const table of of('AWS::DynamoDB::GlobalTable'))
        find(table, 'cdk-nag does not look at this type: use AWS::DynamoDB::Table')
      for (const table of of('AWS::DynamoDB::Table')) {
        const recovery = table.properties.PointInTimeRecoverySpecification
        if (at(recovery, 'PointInTimeRecoveryEnabled') !== true)
          find(table, 'it has no point-in-time recovery')
        else if (
          table.properties.TableName === namesOf(environment).table &&
          at(recovery, 'RecoveryPeriodInDays') !== 35
        )
          find(table, 'it can be put back for less than 35 days')
        if (environment.data.protect && table.properties.DeletionProtectionEnabled !== true)
          find(table, 'it can be deleted')
        if (table.properties.BillingMode !== 'PAY_PER_REQUEST') find(table, 'it is not paid by request')
        if (at(table.properties.TimeToLiveSpecification, 'AttributeName') !== 'expires_at')
          find(table, 'nothing in it ever expires')
      }
    },
  },
  {
    name: 'table-backed-up',
    demands:
      'the table of health data is backed up every day into a vault of its own, where backups outlive it',
    cites: ['164.308(a)(7)(ii)(A)'],
    check: ({ of, environment }, find) => {
      const table = of('AWS::DynamoDB::Table').find(
        ({ properties }) => properties.TableName === namesOf(environment).table,
      )
      const selected = JSON.stringify(of('AWS::Backup::BackupSelection').map(({ properties }) => properties))
      if (!table || !selected.includes(`"${table.id}"`)) find('data', 'no backup plan selects the table')
      const rules = of('AWS::Backup::BackupPlan').flatMap(
        ({ properties }) => listOf(at(properties.BackupPlan, 'BackupPlanRule')) as Json[],
      )
      if (!rules.some(rule => DAILY.test(String(rule.ScheduleExpression))))
        find('data', 'no backup is made every day')
      if (!rules.some(rule => Number(at(rule.Lifecycle, 'DeleteAfterDays')) >= environment.data.backupDays))
        find('data', `no backup is kept for ${environment.data.backupDays} days`)
      if (
        environment.data.protect &&
        !of('AWS::Backup::BackupVault').some(v => v.properties.LockConfiguration)
      )
        find('data', 'backups can be deleted at once: the vault is not locked')
    },
  },
  {
    name: 'stateful-retained',
    demands: 'where data is protected, what holds it stays when a stack or a resource goes',
    cites: ['164.308(a)(7)(ii)(A)', '164.310(d)(2)(iv)'],
    check: ({ of, environment }, find) => {
      for (const resource of of(...STATEFUL)) {
        const { deletionPolicy, updateReplacePolicy } = resource
        if (!deletionPolicy || !updateReplacePolicy) find(resource, 'what becomes of it is not said')
        else if (
          environment.data.protect &&
          !(deletionPolicy === 'Retain' && updateReplacePolicy === 'Retain')
        )
          find(resource, `it goes with its stack: ${deletionPolicy}, ${updateReplacePolicy}`)
      }
    },
  },
]

function deniesPlainHttp({ properties }: Resource): boolean {
  return statementsOf(properties.PolicyDocument).some(
    ({ Effect, Condition }) =>
      Effect === 'Deny' && String(at(Condition, 'Bool', 'aws:SecureTransport')) === 'false',
  )
}

/** Whether a lifecycle rule is about the originals too: it has no prefix, or one that goes on where theirs ends, or ends on its way. */
function reachesOriginals(rule: Json): boolean {
  const prefix = String(rule.Prefix ?? at(rule.Filter, 'Prefix') ?? at(rule.Filter, 'And', 'Prefix') ?? '')
  return ORIGINALS.startsWith(prefix) || prefix.startsWith(ORIGINALS)
}
