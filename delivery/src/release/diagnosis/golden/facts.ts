import type { Facts, TaskFacts } from '../facts.ts'

export const ACCOUNT = '124355672559'
export const SECRET = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:clarity/gemini-api-key-AbCdEf`
export const GROUP = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:targetgroup/clarity-api-green/0f1e2d3c4b5a6978`
export const DIGEST = `sha256:${'c0ffee'.repeat(10)}c0de`
export const IMAGE = `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/clarity-backend@${DIGEST}`
const BEGAN = new Date('2026-11-24T10:00:00Z')

/** A deployment of the API that is under way and of which nothing bad is known. */
export function facts(change: Partial<Facts> = {}): Facts {
  return {
    environment: 'prod',
    cluster: 'clarity-backend-cluster',
    service: 'clarity-backend-service',
    counts: { desired: 2, running: 2, pending: 0 },
    deployment: deployment(),
    taskDefinition: {
      arn: `arn:aws:ecs:us-east-1:${ACCOUNT}:task-definition/clarity-backend:42`,
      family: 'clarity-backend',
      release: '0123456789ab-deadbeef',
      container: 'api',
      image: IMAGE,
      architecture: 'X86_64',
      memory: '1024',
      stopTimeout: 30,
      executionRole: `arn:aws:iam::${ACCOUNT}:role/clarity-backend-execution-role`,
      taskRole: `arn:aws:iam::${ACCOUNT}:role/clarity-backend-task-role`,
      logGroup: '/ecs/clarity-backend',
      containerPort: 8000,
      port: '8000',
    },
    tasks: [],
    events: [],
    targets: [],
    healthCheck: { path: '/health', port: 'traffic-port', codes: '200' },
    alarms: [],
    unchecked: [],
    ...change,
  }
}

export function deployment(change: Partial<NonNullable<Facts['deployment']>> = {}) {
  return {
    arn: `arn:aws:ecs:us-east-1:${ACCOUNT}:service-deployment/clarity-backend-cluster/clarity-backend-service/J4ZwX3-bQ2aM6ERMvsxuL`,
    status: 'IN_PROGRESS',
    stage: 'SCALE_UP',
    createdAt: BEGAN,
    hooks: [],
    triggeredAlarms: [],
    ...change,
  }
}

/** A deployment that ECS took back, with its reason. */
export function rolledBack(statusReason: string, change: Partial<NonNullable<Facts['deployment']>> = {}) {
  return deployment({ status: 'ROLLBACK_SUCCESSFUL', statusReason, rollbackReason: statusReason, ...change })
}

let count = 0
const nextId = () => (count++).toString(16).padStart(32, '4b1d')

/** Tasks that did not get to start, as ECS words it: the reason is the task's and the container's. */
export function notStarted(reason: string, times = 1): TaskFacts[] {
  return Array.from({ length: times }, () => ({
    id: nextId(),
    stopCode: 'TaskFailedToStart',
    stoppedReason: reason,
    containers: [{ name: 'api', reason }],
  }))
}

/** Tasks that ended by themselves. */
export function ended(exitCode: number, log: string[] = [], reason?: string, times = 1): TaskFacts[] {
  return Array.from({ length: times }, () => ({
    id: nextId(),
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'api', exitCode, reason }],
    log,
  }))
}

/** Tasks that the scheduler stopped because the load balancer found them ill. */
export function stoppedForHealth(
  log: string[] = ['{"level":"info","event":"listening","port":8000}'],
): TaskFacts[] {
  return [
    {
      id: nextId(),
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason: `Task failed ELB health checks in (target-group ${GROUP})`,
      containers: [{ name: 'api', exitCode: 0 }],
      log,
    },
  ]
}

export function event(message: string): Facts['events'] {
  return [{ at: BEGAN, message: `(service clarity-backend-service) ${message}` }]
}

/** A target in a bad state. */
export function target(reason: string, description: string, state = 'unhealthy'): Facts['targets'] {
  return [{ target: '10.0.2.17:8000', state, reason, description }]
}

/** The event by which ECS says that the load balancer found a task ill. */
export function unhealthy(reason: string): Facts['events'] {
  return event(
    `(task 4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d) (port 8000) is unhealthy in (target-group ${GROUP}) due to (reason ${reason})`,
  )
}
