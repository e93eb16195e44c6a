import type { Environment } from '@clarity/environments'
import { Duration } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'
import { backups } from './data/backups.ts'
import { users } from './data/users.ts'

/** Longest that the worker holds a message before another may take it; it extends this while work lasts. */
const VISIBILITY = Duration.minutes(2)
/** Deliveries before a message is set aside for a person. */
const MAX_RECEIVES = 5

/** Where health data lives, who its users are, and the keys to both. */
export class DataStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'data', environment)
    this.tag('phi')
    const key = this.key()
    this.handOn('data-key-arn', key.keyArn)
    backups(this, this.table(key), key)
    this.rawBucket(key)
    this.queues(key)
    const { pool, client } = users(this)
    this.handOn('user-pool-id', pool.userPoolId)
    this.handOn('user-pool-client-id', client.ref)
    const gemini = new Secret(this, 'GeminiKey', {
      secretName: this.names.geminiSecret,
      description: 'the API key for Gemini; put the real value with `aws secretsmanager put-secret-value`',
      encryptionKey: key,
      removalPolicy: this.removal,
    })
    this.handOn('gemini-secret-arn', gemini.secretArn)
  }

  /** One key for all health data; Fargate takes it too, for the disks on which imports are spooled. */
  private key(): Key {
    const key = new Key(this, 'DataKey', {
      alias: `${this.names.prefix}/data`,
      description: 'health data at rest',
      enableKeyRotation: true,
      removalPolicy: this.removal,
    })
    const cluster = {
      'kms:EncryptionContext:aws:ecs:clusterAccount': this.settings.account,
      'kms:EncryptionContext:aws:ecs:clusterName': this.names.cluster,
    }
    const fargate = (sid: string, action: string, conditions: Record<string, Record<string, unknown>>) =>
      key.addToResourcePolicy(
        new PolicyStatement({
          sid,
          principals: [new ServicePrincipal('fargate.amazonaws.com')],
          actions: [action],
          resources: ['*'],
          conditions,
        }),
      )
    fargate('FargateMakesKeys', 'kms:GenerateDataKeyWithoutPlaintext', { StringEquals: cluster })
    fargate('FargateGrants', 'kms:CreateGrant', {
      StringEquals: cluster,
      'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] },
    })
    return key
  }

  private table(key: Key): Table {
    return new Table(this, 'HealthData', {
      tableName: this.names.table,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 35 },
      timeToLiveAttribute: 'expires_at',
      deletionProtection: this.settings.data.protect,
      removalPolicy: this.removal,
    })
  }

  private rawBucket(key: Key): void {
    new Bucket(this, 'RawData', {
      bucketName: this.names.rawBucket,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: this.tlsOnly,
      versioned: true,
      removalPolicy: this.removal,
      serverAccessLogsBucket: Bucket.fromBucketName(this, 'AccessLogs', this.names.accessLogBucket),
      serverAccessLogsPrefix: 's3/raw/',
      // request metrics, which the alarm on S3 errors reads
      metrics: [{ id: 'all' }],
      lifecycleRules: [
        // Chunks leave clients' UUIDs to the envelopes under raw/ (decision 9): those never expire, and each of their classes answers at once.
        {
          id: 'cold',
          transitions: [
            {
              storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL,
              transitionAfter: Duration.days(this.settings.data.rawColdAfterDays),
            },
          ],
        },
        {
          id: 'tidy',
          abortIncompleteMultipartUploadAfter: Duration.days(7),
          noncurrentVersionExpiration: Duration.days(90),
        },
        {
          id: 'exports',
          prefix: 'exports/',
          expiration: Duration.days(7),
          noncurrentVersionExpiration: Duration.days(1),
        },
      ],
    })
  }

  private queues(key: Key): void {
    const shared = {
      fifo: true,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: this.tlsOnly,
      removalPolicy: this.removal,
    }
    const dead = new Queue(this, 'DeadLetters', {
      ...shared,
      queueName: this.names.deadLetterQueue,
      retentionPeriod: Duration.days(14),
    })
    const queue = new Queue(this, 'Processing', {
      ...shared,
      queueName: this.names.queue,
      contentBasedDeduplication: false,
      // a user is a message group: each has a limit of their own instead of 300 calls a second for everybody
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      visibilityTimeout: VISIBILITY,
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: dead, maxReceiveCount: MAX_RECEIVES },
    })
    this.handOn('queue-url', queue.queueUrl)
    this.handOn('dead-letter-queue-url', dead.queueUrl)
  }
}
