import type {
  Cluster,
  Deployment,
  Service,
  ServiceEvent,
  ServiceRevision,
  Tag,
  Task,
  TaskDefinition,
} from '@aws-sdk/client-ecs'
import type { Collection, Store } from '../../core/store.ts'
import type { DeploymentRecord } from './deployment-record.ts'

/**
 * An SDK shape as it is stored: dates are milliseconds since the epoch. A deployment's configuration, which has
 * none and holds documents of any depth, stays as it is.
 */
export type Stored<T> = T extends Date
  ? number
  : T extends object
    ? { [Key in keyof T]: Key extends 'deploymentConfiguration' ? T[Key] : Stored<T[Key]> }
    : T

/** A stored shape as it is answered: in ECS every date, and nothing else, has a name that ends in `At`. */
export function dated<T>(stored: Stored<T>): T {
  return JSON.parse(JSON.stringify(stored), (key, value) =>
    key.endsWith('At') && typeof value === 'number' ? new Date(value) : value,
  ) as T
}

/** A target that a task has been registered as. */
export interface TaskTarget {
  targetGroupArn: string
  id: string
  port: number
}

/** A process of a task, with what tells it from a later process of the same id. */
export interface TaskProcess {
  container: string
  pid: number
  /** When the kernel says that it began; see `process-identity.ts`. */
  started: string
}

export interface TaskRecord {
  task: Stored<Task>
  /** The name of the service that started it. */
  service?: string
  revisionArn?: string
  targets: TaskTarget[]
  processes: TaskProcess[]
  /** Unguessable; part of the task's metadata URI, and so of its processes' environment. */
  marker: string
  /** It was healthy once: its end is not a failure to start. */
  served?: boolean
  /** Until then neither scaling in nor a deployment stops it. */
  protectedUntil?: number
}

/** One entry of `deployments[]` of DescribeServices; its counts are computed when it is read. */
export type DeploymentEntry = Stored<
  Pick<
    Deployment,
    'id' | 'status' | 'createdAt' | 'updatedAt' | 'rolloutState' | 'rolloutStateReason' | 'failedTasks'
  >
> & { revisionArn: string }

export interface ServiceRecord {
  service: Stored<Omit<Service, 'deployments' | 'events' | 'runningCount' | 'pendingCount'>>
  /** The revision that new tasks are of when no deployment says otherwise. */
  revisionArn: string
  deployments: DeploymentEntry[]
  /** The latest service deployment, ended or not. */
  deploymentArn: string
  /** A failed first deployment without anything to roll back to: nothing more is launched. */
  stalled?: boolean
  /** Whether the present calm has been announced as a steady state. */
  steady?: boolean
  /** Consecutive failures to start, for the throttle. */
  failures: number
  launchNotBefore: number
}

export type ClusterRecord = Stored<Cluster>
export type TaskDefinitionRecord = Stored<TaskDefinition>
export type RevisionRecord = Stored<ServiceRevision>

/** Everything that ECS remembers. */
export interface Records {
  store: Store
  clusters: Collection<ClusterRecord>
  /** By `family:revision`, the revision padded so that key order is revision order. */
  taskDefinitions: Collection<TaskDefinitionRecord>
  /** The last revision given out of each family; revisions are never used twice. */
  families: Collection<number>
  /** By `cluster/service`. */
  services: Collection<ServiceRecord>
  /** By ARN. */
  revisions: Collection<RevisionRecord>
  /** By ARN. */
  deployments: Collection<DeploymentRecord>
  /** By `cluster/task id`. */
  tasks: Collection<TaskRecord>
  /** By `cluster/service/sequence`. */
  events: Collection<Stored<ServiceEvent>>
  /** By ARN. */
  tags: Collection<Tag[]>
}

export function openRecords(store: Store): Records {
  return {
    store,
    clusters: store.collection('ecs', 'cluster'),
    taskDefinitions: store.collection('ecs', 'task-definition'),
    families: store.collection('ecs', 'family'),
    services: store.collection('ecs', 'service'),
    revisions: store.collection('ecs', 'service-revision'),
    deployments: store.collection('ecs', 'service-deployment'),
    tasks: store.collection('ecs', 'task'),
    events: store.collection('ecs', 'event'),
    tags: store.collection('ecs', 'tag'),
  }
}
