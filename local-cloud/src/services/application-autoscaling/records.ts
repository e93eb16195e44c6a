import type {
  NotScaledReason,
  RegisterScalableTargetRequest,
  ScalingActivityStatusCode,
  StepScalingPolicyConfiguration,
  SuspendedState,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import { AwsError } from '../../core/aws-error.ts'
import type { Collection, Store } from '../../core/store.ts'

/** What may be scaled: an ECS service's number of tasks. Dates are milliseconds since the epoch. */
export interface TargetRecord {
  arn: string
  namespace: string
  /** `service/<cluster>/<service>` */
  resourceId: string
  dimension: string
  least: number
  most: number
  roleArn: string
  suspended: Required<SuspendedState>
  tags: Record<string, string>
  createdAt: number
}

/** A policy of a target. */
export interface PolicyRecord {
  arn: string
  name: string
  namespace: string
  resourceId: string
  dimension: string
  type: 'TargetTrackingScaling' | 'StepScaling'
  tracking?: TargetTrackingScalingPolicyConfiguration
  step?: StepScalingPolicyConfiguration
  /** Names of the two alarms of a target tracking policy. */
  alarms: { high: string; low: string } | undefined
  /** Its last scale out: when, and from which capacity. */
  lastOut?: { at: number; from: number }
  lastInAt?: number
  createdAt: number
}

/** Something that was done to a target, or deliberately not done. */
export interface ActivityRecord {
  id: string
  namespace: string
  resourceId: string
  dimension: string
  description: string
  cause: string
  /** What the capacity was set to; undefined for an activity that did not scale. */
  capacity?: number
  status: ScalingActivityStatusCode
  message: string
  startedAt: number
  endedAt?: number
  notScaled?: NotScaledReason[]
}

/** Which target a request is about. */
export type Place = Pick<
  RegisterScalableTargetRequest,
  'ServiceNamespace' | 'ResourceId' | 'ScalableDimension'
>

/** Everything that the service remembers. */
export interface Records {
  store: Store
  /** By `namespace|resource|dimension`. */
  targets: Collection<TargetRecord>
  /** By the target's key, `|` and the policy's name. */
  policies: Collection<PolicyRecord>
  /** By the target's key, `|` and when it started. */
  activities: Collection<ActivityRecord>
}

export function openRecords(store: Store): Records {
  return {
    store,
    targets: store.collection('application-autoscaling', 'target'),
    policies: store.collection('application-autoscaling', 'policy'),
    activities: store.collection('application-autoscaling', 'activity'),
  }
}

/** @throws ValidationException when one of the three is missing */
export function keyOf({ ServiceNamespace, ResourceId, ScalableDimension }: Place): string {
  if (!ServiceNamespace || !ResourceId || !ScalableDimension)
    throw invalid('ServiceNamespace, ResourceId and ScalableDimension are required')
  return `${ServiceNamespace}|${ResourceId}|${ScalableDimension}`
}

export const keyOfTarget = (one: Pick<TargetRecord, 'namespace' | 'resourceId' | 'dimension'>): string =>
  `${one.namespace}|${one.resourceId}|${one.dimension}`

/** The namespace of a description. @throws ValidationException when it is missing */
export function namespaceOf(input: { ServiceNamespace?: string }): string {
  if (!input.ServiceNamespace) throw invalid('ServiceNamespace is required')
  return input.ServiceNamespace
}

/** @throws ObjectNotFoundException in AWS's words */
export function requireTarget(records: Records, input: Place): TargetRecord {
  const target = records.targets.get(keyOf(input))
  if (target) return target
  throw absent(
    `No scalable target registered for service namespace: ${input.ServiceNamespace}, resource ID: ${input.ResourceId}, scalable dimension: ${input.ScalableDimension}`,
  )
}

/** One page of a description. AWS gives 50 at most. @throws InvalidNextTokenException */
export function page<T>(
  all: T[],
  { MaxResults = 50, NextToken }: { MaxResults?: number; NextToken?: string },
): { items: T[]; NextToken?: string } {
  const start = NextToken ? Number(Buffer.from(NextToken, 'base64url').toString()) : 0
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError('InvalidNextTokenException', `The token '${NextToken}' is not one of ours`)
  const end = start + Math.min(Math.max(Number(MaxResults), 1), 50)
  return {
    items: all.slice(start, end),
    NextToken: end < all.length ? Buffer.from(String(end)).toString('base64url') : undefined,
  }
}

export const invalid = (message: string) => new AwsError('ValidationException', message)
export const absent = (message: string) => new AwsError('ObjectNotFoundException', message)
