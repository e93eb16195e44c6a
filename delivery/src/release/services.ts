import type {
  CreateServiceCommandInput,
  DeploymentConfiguration,
  UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs'
import { CONTAINER_PORT, CONTAINERS, type Environment, namesOf } from '@clarity/environments'
import type { HandedOnValues } from '../aws/parameters.ts'

/** The stage after test traffic has shifted, at which ECS waits for the suites. */
export const SUITES_STAGE = 'POST_TEST_TRAFFIC_SHIFT'
/** The stage before production traffic shifts, at which ECS waits for a person. It comes again with every step. */
export const APPROVAL_STAGE = 'PRE_PRODUCTION_TRAFFIC_SHIFT'

/** Seconds after a task's start in which failing health checks do not count against it. */
const GRACE_SECONDS = 30

/** How the API service is created. */
export function createApiService(
  environment: Environment,
  handedOn: HandedOnValues,
  taskDefinition: string,
): CreateServiceCommandInput {
  const names = namesOf(environment)
  return {
    cluster: names.cluster,
    serviceName: names.apiService,
    desiredCount: environment.api.desiredCount,
    capacityProviderStrategy: [{ capacityProvider: 'FARGATE', base: 1, weight: 1 }],
    deploymentController: { type: 'ECS' },
    enableECSManagedTags: true,
    propagateTags: 'SERVICE',
    ...apiRevision(environment, handedOn, taskDefinition),
  }
}

/** How the API service moves to another task definition; the desired count is left to auto-scaling. */
export function updateApiService(
  environment: Environment,
  handedOn: HandedOnValues,
  taskDefinition: string,
): UpdateServiceCommandInput {
  const names = namesOf(environment)
  return {
    cluster: names.cluster,
    service: names.apiService,
    ...apiRevision(environment, handedOn, taskDefinition),
  }
}

/** How the worker service is created: rolling, because no traffic is shifted to it. */
export function createWorkerService(
  environment: Environment,
  handedOn: HandedOnValues,
  taskDefinition: string,
): CreateServiceCommandInput {
  const names = namesOf(environment)
  const { spot, desiredCount } = environment.worker
  return {
    cluster: names.cluster,
    serviceName: names.workerService,
    desiredCount,
    capacityProviderStrategy: spot
      ? [
          { capacityProvider: 'FARGATE', base: 1, weight: 1 },
          { capacityProvider: 'FARGATE_SPOT', weight: 3 },
        ]
      : [{ capacityProvider: 'FARGATE', base: 1, weight: 1 }],
    deploymentController: { type: 'ECS' },
    enableECSManagedTags: true,
    propagateTags: 'SERVICE',
    ...workerRevision(handedOn, taskDefinition),
  }
}

export function updateWorkerService(
  environment: Environment,
  handedOn: HandedOnValues,
  taskDefinition: string,
): UpdateServiceCommandInput {
  const names = namesOf(environment)
  return { cluster: names.cluster, service: names.workerService, ...workerRevision(handedOn, taskDefinition) }
}

/** How the API service is deployed, by the environment's data alone. */
export function apiDeployment({ deployment }: Environment): DeploymentConfiguration {
  const { strategy, bakeMinutes, alarms = [] } = deployment
  const rolling = strategy === 'ROLLING'
  const watched = alarms.length > 0
  // ECS keeps what an update leaves out, so that what another strategy had is taken away here
  const common: DeploymentConfiguration = {
    strategy,
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    alarms: { alarmNames: alarms, enable: watched, rollback: watched },
    deploymentCircuitBreaker: { enable: rolling, rollback: rolling },
  }
  // ECS neither pauses nor bakes a rolling deployment
  if (rolling) return { ...common, lifecycleHooks: [] }
  return {
    ...common,
    bakeTimeInMinutes: bakeMinutes,
    lifecycleHooks: pauses(deployment),
    ...(strategy === 'CANARY' && {
      canaryConfiguration: {
        canaryPercent: deployment.canaryPercent ?? 5,
        canaryBakeTimeInMinutes: deployment.canaryBakeMinutes ?? 10,
      },
    }),
    ...(strategy === 'LINEAR' && {
      linearConfiguration: {
        stepPercent: deployment.linearStepPercent ?? 10,
        stepBakeTimeInMinutes: deployment.linearStepBakeMinutes ?? 6,
      },
    }),
  }
}

function pauses({ testTimeoutMinutes, approval, approvalTimeoutMinutes }: Environment['deployment']) {
  const pause = (stage: string, timeoutInMinutes: number) => ({
    targetType: 'PAUSE' as const,
    // AWS documents the stage before production, which its SDK's type lacks
    lifecycleStages: [stage as typeof SUITES_STAGE],
    timeoutConfiguration: { timeoutInMinutes, action: 'ROLLBACK' as const },
  })
  return [
    pause(SUITES_STAGE, testTimeoutMinutes),
    ...(approval ? [pause(APPROVAL_STAGE, approvalTimeoutMinutes)] : []),
  ]
}

function apiRevision(environment: Environment, handedOn: HandedOnValues, taskDefinition: string) {
  return {
    taskDefinition,
    deploymentConfiguration: apiDeployment(environment),
    healthCheckGracePeriodSeconds: GRACE_SECONDS,
    networkConfiguration: network(handedOn),
    loadBalancers: [
      {
        targetGroupArn: handedOn['blue-target-group-arn'],
        containerName: CONTAINERS.api,
        containerPort: CONTAINER_PORT,
        advancedConfiguration: {
          alternateTargetGroupArn: handedOn['green-target-group-arn'],
          productionListenerRule: handedOn['production-rule-arn'],
          testListenerRule: handedOn['test-rule-arn'],
          roleArn: handedOn['load-balancer-role-arn'],
        },
      },
    ],
  }
}

function workerRevision(handedOn: HandedOnValues, taskDefinition: string) {
  return {
    taskDefinition,
    networkConfiguration: network(handedOn),
    deploymentConfiguration: {
      strategy: 'ROLLING',
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    } satisfies DeploymentConfiguration,
  }
}

function network(handedOn: HandedOnValues) {
  return {
    awsvpcConfiguration: {
      subnets: handedOn['private-subnet-ids'].split(','),
      securityGroups: [handedOn['task-security-group-id']],
      assignPublicIp: 'DISABLED' as const,
    },
  }
}
