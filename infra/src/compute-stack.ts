import type { Environment } from '@clarity/environments'
import { Duration } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Repository, RepositoryEncryption, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr'
import { CfnCluster, CfnClusterCapacityProviderAssociations } from 'aws-cdk-lib/aws-ecs'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'
import { loadBalancerRole } from './compute/load-balancer-role.ts'
import { taskRoles } from './compute/task-roles.ts'

/**
 * What tasks run on and as, and what guards their releases: repository, cluster, log groups, roles and the lock
 * table. Task definitions and services are not here: a release owns them.
 */
export class ComputeStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'compute', environment)
    const repository = this.repository()
    this.handOn('repository-uri', repository.repositoryUri)
    this.cluster()
    this.deployLock()
    const logs = [
      this.logGroup('ApiLogs', this.names.apiLogGroup),
      this.logGroup('WorkerLogs', this.names.workerLogGroup),
    ]
    const roles = taskRoles(this, repository, logs)
    this.handOn('execution-role-arn', roles.execution.roleArn)
    this.handOn('task-role-arn', roles.api.roleArn)
    this.handOn('worker-task-role-arn', roles.worker.roleArn)
    this.handOn('load-balancer-role-arn', loadBalancerRole(this).roleArn)
  }

  /**
   * Only what has no tag ever expires, and every image that was released has one: no rollback can find its digest
   * gone. Images share their base layer, so each adds no more than its one layer of the app.
   */
  private repository(): Repository {
    return new Repository(this, 'Repository', {
      repositoryName: this.names.repository,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      encryption: RepositoryEncryption.KMS,
      removalPolicy: this.removal,
      lifecycleRules: [
        {
          description: 'pushes that were never finished; what was released has a tag and stays',
          tagStatus: TagStatus.UNTAGGED,
          maxImageAge: Duration.days(14),
        },
      ],
    })
  }

  private cluster(): void {
    // the L2 construct would make a network of its own
    const cluster = new CfnCluster(this, 'Cluster', {
      clusterName: this.names.cluster,
      clusterSettings: [{ name: 'containerInsights', value: 'enabled' }],
      configuration: {
        managedStorageConfiguration: { fargateEphemeralStorageKmsKeyId: this.take('data-key-arn') },
      },
    })
    new CfnClusterCapacityProviderAssociations(this, 'CapacityProviders', {
      cluster: cluster.ref,
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
    })
  }

  /** One item an environment says who changes it now; others, which end by themselves, say who broke a lock. */
  private deployLock(): void {
    new Table(this, 'DeployLock', {
      tableName: this.names.lockTable,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      timeToLiveAttribute: 'expires_at',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: this.settings.data.protect,
      removalPolicy: this.removal,
    })
  }
}
