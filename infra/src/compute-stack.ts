import type { Environment } from '@clarity/environments'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Repository, RepositoryEncryption, TagMutability } from 'aws-cdk-lib/aws-ecr'
import { CfnCluster, CfnClusterCapacityProviderAssociations } from 'aws-cdk-lib/aws-ecs'
import {
  type IManagedPolicy,
  ManagedPolicy,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'

/** Images kept in the repository: more than any rollback reaches back for. */
const IMAGES_KEPT = 100

/**
 * What tasks run on and as, and what guards their releases: repository, cluster, log groups, roles, the lock
 * table and the evidence. Task definitions and services are not here: a release owns them.
 */
export class ComputeStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'compute', environment)
    const repository = new Repository(this, 'Repository', {
      repositoryName: this.names.repository,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      encryption: RepositoryEncryption.KMS,
      removalPolicy: environment.data.protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      lifecycleRules: [
        { description: 'far more than a rollback reaches back for', maxImageCount: IMAGES_KEPT },
      ],
    })
    this.handOn('repository-uri', repository.repositoryUri)

    // the L2 construct would make a network of its own
    const cluster = new CfnCluster(this, 'Cluster', {
      clusterName: this.names.cluster,
      clusterSettings: [{ name: 'containerInsights', value: 'enabled' }],
    })
    new CfnClusterCapacityProviderAssociations(this, 'CapacityProviders', {
      cluster: cluster.ref,
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
    })

    // one item an environment says who changes it now; others, which end by themselves, say who broke a lock
    new Table(this, 'DeployLock', {
      tableName: this.names.lockTable,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      timeToLiveAttribute: 'expires_at',
      deletionProtection: environment.data.protect,
      removalPolicy: environment.data.protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })

    this.evidence()

    const logs = [
      this.logGroup('ApiLogs', this.names.apiLogGroup),
      this.logGroup('WorkerLogs', this.names.workerLogGroup),
    ]
    this.executionRole(repository, logs)
    this.taskRole('TaskRole', this.names.taskRole, 'task-role-arn', this.apiStatements())
    this.taskRole(
      'WorkerTaskRole',
      this.names.workerTaskRole,
      'worker-task-role-arn',
      this.workerStatements(),
    )
    const shifts = new Role(this, 'LoadBalancerRole', {
      roleName: this.names.loadBalancerRole,
      description: 'ECS itself: moves traffic between the target groups during a release',
      assumedBy: new ServicePrincipal('ecs.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('AmazonECSInfrastructureRolePolicyForLoadBalancers'),
      ],
    })
    this.handOn('load-balancer-role-arn', shifts.roleArn)
  }

  /**
   * Where each deployment, rollback, approval and drill leaves its evidence. Encrypted with S3's own key, so that
   * whoever may release needs no use of the key to the health data. Governance mode: breaking it takes
   * `s3:BypassGovernanceRetention`, which nothing here grants.
   */
  private evidence(): void {
    const { protect, evidenceRetentionDays } = this.settings.data
    new Bucket(this, 'Evidence', {
      bucketName: this.names.evidenceBucket,
      encryption: BucketEncryption.KMS_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // the local endpoint is plain HTTP on loopback, which this policy would refuse
      enforceSSL: this.settings.endpoint === undefined,
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(evidenceRetentionDays)),
      removalPolicy: protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
  }

  private logGroup(id: string, logGroupName: string): LogGroup {
    return new LogGroup(this, id, {
      logGroupName,
      retention: this.settings.data.logRetentionDays as RetentionDays,
      removalPolicy: this.settings.data.protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
  }

  /** What ECS does before a task runs: pull the image, read its secrets, open its log streams. */
  private executionRole(repository: Repository, logs: LogGroup[]): void {
    const role = this.role('ExecutionRole', this.names.executionRole, [
      allow(['ecr:GetAuthorizationToken'], ['*']),
      allow(
        ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        [repository.repositoryArn],
      ),
      allow(
        ['logs:CreateLogStream', 'logs:PutLogEvents'],
        logs.map(group => group.logGroupArn),
      ),
      allow(['secretsmanager:GetSecretValue'], [this.take('gemini-secret-arn')]),
      allow(['kms:Decrypt'], [this.take('data-key-arn')]),
    ])
    this.handOn('execution-role-arn', role.roleArn)
  }

  private taskRole(
    id: string,
    name: string,
    key: 'task-role-arn' | 'worker-task-role-arn',
    statements: PolicyStatement[],
  ): void {
    this.handOn(key, this.role(id, name, statements).roleArn)
  }

  private apiStatements(): PolicyStatement[] {
    const { bucket, table, queue } = this.arns()
    return [
      allow(
        [
          'dynamodb:DescribeTable',
          'dynamodb:GetItem',
          'dynamodb:PutItem',
          'dynamodb:UpdateItem',
          'dynamodb:Query',
        ],
        [table],
      ),
      allow(['s3:ListBucket'], [bucket]),
      allow(['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], [`${bucket}/*`]),
      allow(['sqs:SendMessage', 'sqs:GetQueueAttributes'], [queue]),
      allow(['kms:Decrypt', 'kms:GenerateDataKey'], [this.take('data-key-arn')]),
    ]
  }

  private workerStatements(): PolicyStatement[] {
    const { bucket, table, queue } = this.arns()
    return [
      allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'], [table]),
      allow(['s3:GetObject'], [`${bucket}/*`]),
      allow(
        ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
        [queue],
      ),
      allow(['kms:Decrypt', 'kms:GenerateDataKey'], [this.take('data-key-arn')]),
    ]
  }

  private arns() {
    const { account, region } = this.settings
    return {
      table: `arn:aws:dynamodb:${region}:${account}:table/${this.names.table}`,
      bucket: `arn:aws:s3:::${this.names.rawBucket}`,
      queue: `arn:aws:sqs:${region}:${account}:${this.names.queue}`,
    }
  }

  private role(id: string, roleName: string, statements: PolicyStatement[]): Role {
    const role = new Role(this, id, { roleName, assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
    const policy: IManagedPolicy = new ManagedPolicy(this, `${id}Policy`, {
      managedPolicyName: `${roleName}-policy`,
      statements,
    })
    role.addManagedPolicy(policy)
    return role
  }
}

function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources })
}
