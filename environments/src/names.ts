import type { Environment } from './schema.ts'

/**
 * The names of all AWS resources of an environment: the mission's own in prod and on the laptop,
 * `clarity-dev-…` and `clarity-staging-…` elsewhere.
 */
export function namesOf(environment: Environment) {
  const { name, account, region } = environment
  const prefix = name === 'prod' || name === 'local' ? 'clarity' : `clarity-${name}`
  const backend = `${prefix}-backend`
  return {
    prefix,
    cluster: `${backend}-cluster`,
    apiService: `${backend}-service`,
    workerService: `${backend}-worker-service`,
    apiFamily: backend,
    workerFamily: `${backend}-worker`,
    repository: backend,
    /** Where images are pushed and pulled on AWS; the local cloud answers for the same name. */
    registry: `${account}.dkr.ecr.${region}.amazonaws.com`,
    loadBalancer: `${prefix}-alb`,
    blueTargetGroup: `${prefix}-api-blue`,
    greenTargetGroup: `${prefix}-api-green`,
    apiLogGroup: `/ecs/${backend}`,
    workerLogGroup: `/ecs/${backend}-worker`,
    table: `${prefix}-health-data`,
    /** Who may change the environment now; holds no health data. */
    lockTable: `${prefix}-deploy-lock`,
    /** The evidence of every deployment, rollback, approval and drill; holds no health data. */
    evidenceBucket: `${prefix}-deploy-evidence-${account}`,
    rawBucket: `${prefix}-health-raw-${account}`,
    /** What S3 and the load balancer write about who asked for what. */
    accessLogBucket: `${prefix}-access-logs-${account}`,
    /** What CloudTrail writes; nobody can change it while it must be kept. */
    auditBucket: `${prefix}-audit-${account}`,
    trail: `${prefix}-trail`,
    trailLogGroup: `/clarity/${name}/trail`,
    flowLogGroup: `/vpc/${prefix}`,
    taskFailureLogGroup: `/clarity/${name}/task-failures`,
    /** WAF writes only to groups whose names begin so. */
    firewallLogGroup: `aws-waf-logs-${prefix}`,
    firewall: `${prefix}-firewall`,
    backupVault: `${prefix}-backups`,
    /** Where alarms that must wake somebody go. */
    pageTopic: `${prefix}-page`,
    /** Where alarms that can wait for the morning go. */
    ticketTopic: `${prefix}-ticket`,
    budget: `${prefix}-monthly`,
    queue: `${prefix}-health-processing.fifo`,
    deadLetterQueue: `${prefix}-health-processing-dlq.fifo`,
    userPool: `${prefix}-users`,
    userPoolClient: `${prefix}-app`,
    geminiSecret: `${prefix}/gemini-api-key`,
    taskRole: `${backend}-task-role`,
    workerTaskRole: `${backend}-worker-task-role`,
    executionRole: `${backend}-execution-role`,
    loadBalancerRole: `${backend}-ecs-load-balancer-role`,
    /** What GitHub's workflows become in order to release here. */
    deployRole: `${prefix}-deploy-role`,
    /** The key that signs where an image comes from. */
    signingKeyAlias: `alias/${prefix}/signing`,
    alarm: (about: string) => `${prefix}-${about}`,
    dashboard: (about: string) => `${prefix}-${about}`,
    stack: (stack: StackName) => `${prefix}-${stack}`,
  }
}

/** The stacks of an environment, in the order in which they are deployed; `scaling` needs the services of a release. */
export const STACKS = [
  'audit',
  'network',
  'data',
  'edge',
  'compute',
  'observability',
  'detection',
  'dashboards',
  'delivery',
  'scaling',
] as const

export type StackName = (typeof STACKS)[number]

/** The port on which the API container listens. */
export const CONTAINER_PORT = 8000

/** Container names inside the two task definitions. */
export const CONTAINERS = { api: 'api', worker: 'worker' } as const

/**
 * What the stacks hand on to a release, one SSM parameter each: `/clarity/<environment>/<key>`.
 * Only what cannot be named in advance; everything else is in `namesOf`.
 */
export const HANDED_ON = [
  'log-key-arn',
  'vpc-id',
  'public-subnet-ids',
  'private-subnet-ids',
  'load-balancer-security-group-id',
  'task-security-group-id',
  'load-balancer-arn',
  'production-listener-arn',
  'production-rule-arn',
  'test-rule-arn',
  'blue-target-group-arn',
  'green-target-group-arn',
  'task-role-arn',
  'worker-task-role-arn',
  'execution-role-arn',
  'load-balancer-role-arn',
  'user-pool-id',
  'user-pool-client-id',
  'data-key-arn',
  'queue-url',
  'dead-letter-queue-url',
  'gemini-secret-arn',
  'repository-uri',
  'signing-key-arn',
] as const

export type HandedOn = (typeof HANDED_ON)[number]

export function parameterName(environment: Pick<Environment, 'name'>, key: HandedOn): string {
  return `/clarity/${environment.name}/${key}`
}
