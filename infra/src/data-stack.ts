import type { Environment } from '@clarity/environments'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AccountRecovery, CfnUserPoolClient, FeaturePlan, Mfa, UserPool } from 'aws-cdk-lib/aws-cognito'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Key } from 'aws-cdk-lib/aws-kms'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'

/** Longest that the worker holds a message before another may take it; it extends this while work lasts. */
const VISIBILITY = Duration.minutes(2)
/** Deliveries before a message is set aside for a person. */
const MAX_RECEIVES = 5

/** Where health data lives, who its users are, and the keys to both. */
export class DataStack extends ClarityStack {
  private readonly removal: RemovalPolicy

  constructor(scope: Construct, environment: Environment) {
    super(scope, 'data', environment)
    this.removal = environment.data.protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
    this.tag('phi')
    const key = new Key(this, 'DataKey', {
      alias: `${this.names.prefix}/data`,
      description: 'health data at rest',
      enableKeyRotation: true,
      removalPolicy: this.removal,
    })
    this.handOn('data-key-arn', key.keyArn)
    this.table(key)
    this.rawBucket(key)
    this.queues(key)
    this.users()
    const gemini = new Secret(this, 'GeminiKey', {
      secretName: this.names.geminiSecret,
      description: 'the API key for Gemini; put the real value with `aws secretsmanager put-secret-value`',
      encryptionKey: key,
      removalPolicy: this.removal,
    })
    this.handOn('gemini-secret-arn', gemini.secretArn)
  }

  private table(key: Key): void {
    new Table(this, 'HealthData', {
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
      // the local endpoint is plain HTTP on loopback, which this policy would refuse
      enforceSSL: this.settings.endpoint === undefined,
      versioned: true,
      removalPolicy: this.removal,
      lifecycleRules: [
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
      ],
    })
  }

  private queues(key: Key): void {
    const shared = {
      fifo: true,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: this.settings.endpoint === undefined,
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
      visibilityTimeout: VISIBILITY,
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: dead, maxReceiveCount: MAX_RECEIVES },
    })
    this.handOn('queue-url', queue.queueUrl)
    this.handOn('dead-letter-queue-url', dead.queueUrl)
  }

  private users(): void {
    const { mfa, protect } = this.settings.data
    const pool = new UserPool(this, 'Users', {
      userPoolName: this.names.userPool,
      selfSignUpEnabled: true,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      standardAttributes: { email: { required: true, mutable: true } },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      mfa: { OFF: Mfa.OFF, OPTIONAL: Mfa.OPTIONAL, ON: Mfa.REQUIRED }[mfa],
      mfaSecondFactor: { otp: true, sms: false },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      featurePlan: protect ? FeaturePlan.PLUS : FeaturePlan.ESSENTIALS,
      deletionProtection: protect,
      removalPolicy: this.removal,
    })
    const client = new CfnUserPoolClient(this, 'App', {
      userPoolId: pool.userPoolId,
      clientName: this.names.userPoolClient,
      explicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      preventUserExistenceErrors: 'ENABLED',
      enableTokenRevocation: true,
      accessTokenValidity: 15,
      idTokenValidity: 15,
      refreshTokenValidity: 30,
      tokenValidityUnits: { accessToken: 'minutes', idToken: 'minutes', refreshToken: 'days' },
    })
    this.handOn('user-pool-id', pool.userPoolId)
    this.handOn('user-pool-client-id', client.ref)
  }
}
