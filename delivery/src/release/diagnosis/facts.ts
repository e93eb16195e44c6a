/**
 * Everything that is known of one deployment of one service, from ECS, the load balancer, CloudWatch and the logs.
 * Plain data: what could not be asked is named in `unchecked` and never taken for well.
 */
export interface Facts {
  /** `prod`; for the commands that a fix names. */
  environment: string
  cluster: string
  service: string
  /** Tasks of the service as a whole; absent when there is no such service. */
  counts?: { desired: number; running: number; pending: number }
  deployment?: DeploymentFacts
  taskDefinition?: TaskDefinitionFacts
  /** Stopped tasks of the deployment's task definition, newest first. ECS forgets them after about an hour. */
  tasks: TaskFacts[]
  /** The service's events while the deployment ran, newest first. */
  events: { at?: Date; message: string }[]
  /** Targets of the group that the deployment's tasks register in; none for a service without a load balancer. */
  targets: { target: string; state: string; reason?: string; description?: string }[]
  /** How the load balancer asks those targets. */
  healthCheck?: { path: string; port: string; codes: string }
  /** Alarms of the environment that are in ALARM now. */
  alarms: { name: string; reason?: string; since?: Date }[]
  /** What could not be asked, and why: `alarms: AccessDeniedException`. */
  unchecked: string[]
}

export interface DeploymentFacts {
  arn: string
  /** ECS's own word: `SUCCESSFUL`, `ROLLBACK_SUCCESSFUL`, ... */
  status: string
  statusReason?: string
  rollbackReason?: string
  /** `SCALE_UP`, `BAKE_TIME`, ... */
  stage?: string
  createdAt?: Date
  finishedAt?: Date
  hooks: { id: string; status: string; expiresAt?: Date }[]
  circuitBreaker?: { status: string; failures: number; threshold: number }
  triggeredAlarms: string[]
}

export interface TaskDefinitionFacts {
  arn: string
  family: string
  release?: string
  container: string
  image: string
  /** `X86_64` or `ARM64`. */
  architecture: string
  /** MiB. */
  memory: string
  /** Seconds between SIGTERM and SIGKILL. */
  stopTimeout: number
  executionRole: string
  taskRole: string
  logGroup: string
  containerPort?: number
  /** The container's `PORT` and `HOST`, where its definition sets them. */
  port?: string
  host?: string
}

export interface TaskFacts {
  id: string
  stopCode?: string
  stoppedReason?: string
  createdAt?: Date
  stoppingAt?: Date
  executionStoppedAt?: Date
  stoppedAt?: Date
  containers: { name: string; exitCode?: number; reason?: string }[]
  /** The last lines that it wrote, oldest first; absent when they were not read. */
  log?: string[]
}

/** Whether a task ended by a failure of its own, and not because somebody or the scheduler no longer wanted it. */
export function failedByItself({ stopCode = '', stoppedReason = '' }: TaskFacts): boolean {
  return (
    /^(TaskFailedToStart|EssentialContainerExited|SpotInterruption|TerminationNotice|InfrastructureHealth)$/.test(
      stopCode,
    ) || /health checks/.test(stoppedReason)
  )
}
