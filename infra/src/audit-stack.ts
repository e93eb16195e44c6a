import type { Environment } from '@clarity/environments'
import { Duration } from 'aws-cdk-lib'
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { logKeyUsers } from './audit/log-key-users.ts'
import { ClarityStack } from './clarity-stack.ts'

/**
 * Who did what: the trail, the access logs, the evidence of releases, and the key to all logs. It comes first
 * because everything after it writes into it. Nothing here holds health data.
 */
export class AuditStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'audit', environment)
    const key = new Key(this, 'LogKey', {
      alias: `${this.names.prefix}/logs`,
      description: 'logs, the audit trail and alerts at rest',
      enableKeyRotation: true,
      removalPolicy: this.removal,
    })
    for (const statement of logKeyUsers(this)) key.addToResourcePolicy(statement)
    this.handOn('log-key-arn', key.keyArn)
    const accessLogs = this.accessLogs()
    const audit = this.audit(key)
    for (const bucket of [this.evidence(), audit]) bucket.node.addDependency(accessLogs)
    this.trail(key, audit)
  }

  /** What S3 and the load balancer write; they can write only where S3's own key encrypts. */
  private accessLogs(): Bucket {
    const bucket = new Bucket(this, 'AccessLogs', {
      ...this.closed(),
      bucketName: this.names.accessLogBucket,
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [
        {
          id: 'expire',
          expiration: Duration.days(this.settings.data.logRetentionDays),
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    })
    const { account } = this.settings
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LoadBalancerLogs',
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`alb/*/AWSLogs/${account}/*`)],
        conditions: {
          ArnLike: { 'aws:SourceArn': this.arnOf('elasticloadbalancing', 'loadbalancer/*') },
        },
      }),
    )
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'BucketLogs',
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects('s3/*')],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    )
    return bucket
  }

  /**
   * Where each deployment, rollback, approval and drill leaves its evidence. Encrypted with S3's own key, so that
   * whoever may release needs no use of the key to logs or to health data. Governance mode: breaking it takes
   * `s3:BypassGovernanceRetention`, which nothing here grants.
   */
  private evidence(): Bucket {
    return new Bucket(this, 'Evidence', {
      ...this.closed(),
      ...this.logged('evidence'),
      bucketName: this.names.evidenceBucket,
      encryption: BucketEncryption.KMS_MANAGED,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(
        Duration.days(this.settings.data.evidenceRetentionDays),
      ),
      lifecycleRules: [{ id: 'tidy', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    })
  }

  private audit(key: Key): Bucket {
    const bucket = new Bucket(this, 'Audit', {
      ...this.closed(),
      ...this.logged('audit'),
      bucketName: this.names.auditBucket,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(
        Duration.days(this.settings.data.auditRetentionDays),
      ),
      lifecycleRules: [
        {
          id: 'cold',
          transitions: [
            { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(90) },
          ],
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    })
    const trail = { StringEquals: { 'aws:SourceArn': this.arnOf('cloudtrail', `trail/${this.names.trail}`) } }
    const cloudTrail = [new ServicePrincipal('cloudtrail.amazonaws.com')]
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TrailLooks',
        principals: cloudTrail,
        actions: ['s3:GetBucketAcl'],
        resources: [bucket.bucketArn],
        conditions: trail,
      }),
    )
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TrailWrites',
        principals: cloudTrail,
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`AWSLogs/${this.settings.account}/*`)],
        conditions: trail,
      }),
    )
    return bucket
  }

  /** Every call to AWS's control planes in all regions, and every touch of a raw health record. */
  private trail(key: Key, bucket: Bucket): void {
    const group = this.logGroup('TrailLogs', this.names.trailLogGroup, key)
    const role = this.role(
      'TrailRole',
      {
        roleName: `${this.names.trail}-role`,
        description: 'CloudTrail: writes its events to the log group that the metric filters read',
        assumedBy: new ServicePrincipal('cloudtrail.amazonaws.com'),
      },
      [
        new PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [
            this.arnOf(
              'logs',
              `log-group:${this.names.trailLogGroup}:log-stream:${this.settings.account}_CloudTrail_*`,
            ),
          ],
        }),
      ],
    )
    const trail = new CfnTrail(this, 'Trail', {
      trailName: this.names.trail,
      s3BucketName: bucket.bucketName,
      kmsKeyId: key.keyArn,
      isLogging: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      cloudWatchLogsLogGroupArn: group.logGroupArn,
      cloudWatchLogsRoleArn: role.roleArn,
      eventSelectors: [
        {
          includeManagementEvents: true,
          readWriteType: 'All',
          dataResources: [{ type: 'AWS::S3::Object', values: [`arn:aws:s3:::${this.names.rawBucket}/`] }],
        },
      ],
    })
    // CloudTrail tries to write before it is made
    if (bucket.policy) trail.node.addDependency(bucket.policy)
  }

  /** By name, because S3 wants an ACL of a bucket object that CDK sees; the bucket's policy lets the logs in. */
  private logged(what: string): BucketProps {
    return {
      serverAccessLogsBucket: Bucket.fromBucketName(this, `AccessLogsOf-${what}`, this.names.accessLogBucket),
      serverAccessLogsPrefix: `s3/${what}/`,
    }
  }

  private closed(): BucketProps {
    return {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: this.tlsOnly,
      versioned: true,
      removalPolicy: this.removal,
    }
  }
}
