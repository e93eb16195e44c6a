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
    queue: `${prefix}-health-processing.fifo`,
    deadLetterQueue: `${prefix}-health-processing-dlq.fifo`,
    userPool: `${prefix}-users`,
    userPoolClient: `${prefix}-app`,
    geminiSecret: `${prefix}/gemini-api-key`,
    taskRole: `${backend}-task-role`,
    workerTaskRole: `${backend}-worker-task-role`,
    executionRole: `${backend}-execution-role`,
    loadBalancerRole: `${backend}-ecs-load-balancer-role`,
    stack: (stack: 'network' | 'data' | 'edge' | 'compute') => `${prefix}-${stack}`,
  }
}

/** The port on which the API container listens. */
export const CONTAINER_PORT = 8000

/** Container names inside the two task definitions. */
export const CONTAINERS = { api: 'api', worker: 'worker' } as const

/**
 * What the stacks hand on to a release, one SSM parameter each: `/clarity/<environment>/<key>`.
 * Only what cannot be named in advance; everything else is in `namesOf`.
 */
export const HANDED_ON = [
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
] as const

export type HandedOn = (typeof HANDED_ON)[number]

export function parameterName(environment: Pick<Environment, 'name'>, key: HandedOn): string {
  return `/clarity/${environment.name}/${key}`
}
