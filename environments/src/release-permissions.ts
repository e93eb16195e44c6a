import { namesOf } from './names.ts'
import type { Environment } from './schema.ts'

/** Actions that a release calls on one resource. */
export interface NeededPermission {
  actions: readonly string[]
  resource: string
  /** Condition keys that the call carries. */
  context?: Record<string, string>
}

/** ARNs of the roles that a release hands to ECS. */
export interface ReleaseRoles {
  execution: string
  task: string
  workerTask: string
  loadBalancer: string
}

/** The roles of an environment by their names. */
export function releaseRoles(environment: Environment): ReleaseRoles {
  const names = namesOf(environment)
  const arn = (name: string) => `arn:aws:iam::${environment.account}:role/${name}`
  return {
    execution: arn(names.executionRole),
    task: arn(names.taskRole),
    workerTask: arn(names.workerTaskRole),
    loadBalancer: arn(names.loadBalancerRole),
  }
}

/**
 * Every action that `clarity deploy` and `clarity rollback` use, by resource. The deploy role is granted this list and
 * preflight checks it, so that neither can have what the other has not.
 * @param signingKey ARN of the key that signs images, where it is known
 */
export function releasePermissions(
  environment: Environment,
  roles: ReleaseRoles = releaseRoles(environment),
  signingKey?: string,
): NeededPermission[] {
  const { account, region, name } = environment
  const names = namesOf(environment)
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`
  const service = (kind: string, of: string) => arn('ecs', `${kind}/${names.cluster}/${of}`)
  const pass = (role: string, to: string): NeededPermission => ({
    actions: ['iam:PassRole'],
    resource: role,
    context: { 'iam:PassedToService': to },
  })
  return [
    { actions: ['ssm:GetParametersByPath'], resource: arn('ssm', `parameter/clarity/${name}/`) },
    { actions: ['ecr:GetAuthorizationToken'], resource: '*' },
    { actions: REPOSITORY_ACTIONS, resource: arn('ecr', `repository/${names.repository}`) },
    { actions: ['ecs:DescribeTaskDefinition'], resource: '*' },
    ...[names.apiFamily, names.workerFamily].map(family => ({
      actions: ['ecs:RegisterTaskDefinition', 'ecs:TagResource'],
      resource: arn('ecs', `task-definition/${family}:*`),
    })),
    ...[names.apiService, names.workerService].flatMap(of => [
      { actions: SERVICE_ACTIONS, resource: service('service', of) },
      { actions: DEPLOYMENT_ACTIONS, resource: service('service-deployment', `${of}/*`) },
      { actions: ['ecs:DescribeServiceRevisions'], resource: service('service-revision', `${of}/*`) },
    ]),
    { actions: ['ecs:ListTasks'], resource: arn('ecs', `container-instance/${names.cluster}/*`) },
    { actions: ['ecs:DescribeTasks'], resource: service('task', '*') },
    pass(roles.execution, 'ecs-tasks.amazonaws.com'),
    pass(roles.task, 'ecs-tasks.amazonaws.com'),
    pass(roles.workerTask, 'ecs-tasks.amazonaws.com'),
    pass(roles.loadBalancer, 'ecs.amazonaws.com'),
    {
      actions: ['elasticloadbalancing:DescribeRules', 'elasticloadbalancing:DescribeTargetHealth'],
      resource: '*',
    },
    ...[names.apiLogGroup, names.workerLogGroup].map(group => ({
      actions: ['logs:GetLogEvents', 'logs:FilterLogEvents'],
      resource: arn('logs', `log-group:${group}:log-stream:*`),
    })),
    {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resource: arn('dynamodb', `table/${names.lockTable}`),
    },
    { actions: ['s3:ListBucketVersions'], resource: `arn:aws:s3:::${names.evidenceBucket}` },
    {
      actions: ['s3:PutObject', 's3:GetObjectVersion'],
      resource: `arn:aws:s3:::${names.evidenceBucket}/*`,
    },
    ...(signingKey ? [{ actions: ['kms:GetPublicKey', 'kms:Sign'], resource: signingKey }] : []),
  ]
}

/**
 * What preflight reads beside that in order to find what would go wrong: it reads no secret's value and no health
 * data. Where one of these is refused, preflight says that it could not check.
 */
export function preflightReads(environment: Environment): NeededPermission[] {
  const { account, region, deployment } = environment
  const names = namesOf(environment)
  const own = `arn:aws:iam::${account}:role/${names.deployRole}`
  const { execution, task, workerTask, loadBalancer } = releaseRoles(environment)
  const drills = deployment.drillRequired
    ? namesOf({ ...environment, name: deployment.drillRequired }).evidenceBucket
    : undefined
  return [
    ...[own, execution].map(role => ({
      actions: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'],
      resource: role,
    })),
    ...[task, workerTask, loadBalancer].map(role => ({ actions: ['iam:GetRole'], resource: role })),
    {
      actions: ['secretsmanager:DescribeSecret'],
      // Secrets Manager adds six characters to the name
      resource: `arn:aws:secretsmanager:${region}:${account}:secret:${names.geminiSecret}-??????`,
    },
    {
      actions: [
        'cloudwatch:DescribeAlarms',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'elasticloadbalancing:DescribeLoadBalancers',
        'elasticloadbalancing:DescribeTargetGroupAttributes',
        'elasticloadbalancing:DescribeTargetGroups',
        'logs:DescribeLogGroups',
        'servicequotas:GetServiceQuota',
      ],
      resource: '*',
    },
    ...(drills
      ? [
          { actions: ['s3:ListBucketVersions'], resource: `arn:aws:s3:::${drills}` },
          { actions: ['s3:GetObjectVersion'], resource: `arn:aws:s3:::${drills}/*` },
        ]
      : []),
  ]
}

const REPOSITORY_ACTIONS = [
  'ecr:DescribeImages',
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
  'ecr:BatchCheckLayerAvailability',
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
  'ecr:ListImageReferrers',
]

const SERVICE_ACTIONS = [
  'ecs:DescribeServices',
  'ecs:CreateService',
  'ecs:UpdateService',
  'ecs:ListServiceDeployments',
  'ecs:TagResource',
]

const DEPLOYMENT_ACTIONS = [
  'ecs:DescribeServiceDeployments',
  'ecs:StopServiceDeployment',
  'ecs:ContinueServiceDeployment',
]
