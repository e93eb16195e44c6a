import { namesOf } from '@clarity/environments'
import type { PreflightWorld } from './check.ts'

/** Actions that a release calls on one resource. */
export interface NeededPermission {
  actions: readonly string[]
  resource: string
  /** Condition keys that the call carries. */
  context?: Record<string, string>
}

/** Every action that `clarity deploy` and `clarity rollback` use, by resource; what preflight itself reads shows by itself. */
export function neededPermissions({
  environment,
  handedOn,
}: Pick<PreflightWorld, 'environment' | 'handedOn'>): NeededPermission[] {
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
    pass(handedOn['execution-role-arn'], 'ecs-tasks.amazonaws.com'),
    pass(handedOn['task-role-arn'], 'ecs-tasks.amazonaws.com'),
    pass(handedOn['worker-task-role-arn'], 'ecs-tasks.amazonaws.com'),
    pass(handedOn['load-balancer-role-arn'], 'ecs.amazonaws.com'),
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
