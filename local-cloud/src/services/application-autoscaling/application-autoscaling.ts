import { randomUUID } from 'node:crypto'
import type {
  DeleteScalingPolicyRequest,
  DeregisterScalableTargetRequest,
  DescribeScalableTargetsRequest,
  DescribeScalingPoliciesRequest,
  PutScalingPolicyRequest,
  RegisterScalableTargetRequest,
} from '@aws-sdk/client-application-auto-scaling'
import { AwsError } from '../../core/aws-error.ts'
import type { Service, ServiceContext } from '../../core/service.ts'

interface ScalableTarget {
  arn: string
  namespace: string
  resourceId: string
  dimension: string
  least: number
  most: number
  roleArn?: string
  createdAt: number
}

interface ScalingPolicy {
  arn: string
  name: string
  namespace: string
  resourceId: string
  dimension: string
  type: string
  targetTracking?: unknown
  stepScaling?: unknown
  createdAt: number
}

/** Which target a request is about. */
type Place = Pick<RegisterScalableTargetRequest, 'ServiceNamespace' | 'ResourceId' | 'ScalableDimension'>

/** Scalable targets and their policies: recorded, never acted on. */
export function createApplicationAutoScaling(context: ServiceContext): Service {
  const targets = context.store.collection<ScalableTarget>('application-autoscaling', 'target')
  const policies = context.store.collection<ScalingPolicy>('application-autoscaling', 'policy')
  const arnPrefix = `arn:aws:application-autoscaling:${context.region}:${context.accountId}`

  function registerScalableTarget(input: RegisterScalableTargetRequest) {
    const key = keyOf(input)
    const known = targets.get(key)
    const least = input.MinCapacity ?? known?.least
    const most = input.MaxCapacity ?? known?.most
    if (least === undefined || most === undefined)
      throw invalid('MinCapacity and MaxCapacity are required to register a new scalable target')
    if (least > most) throw invalid(`MinCapacity ${least} cannot be greater than MaxCapacity ${most}`)
    const target: ScalableTarget = {
      arn: known?.arn ?? `${arnPrefix}:scalable-target/${randomUUID().replaceAll('-', '').slice(0, 16)}`,
      namespace: input.ServiceNamespace as string,
      resourceId: input.ResourceId as string,
      dimension: input.ScalableDimension as string,
      least,
      most,
      roleArn: input.RoleARN ?? known?.roleArn,
      createdAt: known?.createdAt ?? context.clock.now(),
    }
    targets.put(key, target)
    return { ScalableTargetARN: target.arn }
  }

  function describeScalableTargets(input: DescribeScalableTargetsRequest) {
    const found = targets
      .list(`${namespaceOf(input)}|`)
      .filter(target => !input.ResourceIds?.length || input.ResourceIds.includes(target.resourceId))
      .filter(target => !input.ScalableDimension || target.dimension === input.ScalableDimension)
    return {
      ScalableTargets: found.map(target => ({
        ServiceNamespace: target.namespace,
        ResourceId: target.resourceId,
        ScalableDimension: target.dimension,
        MinCapacity: target.least,
        MaxCapacity: target.most,
        RoleARN: target.roleArn,
        CreationTime: new Date(target.createdAt),
        ScalableTargetARN: target.arn,
      })),
    }
  }

  function deregisterScalableTarget(input: DeregisterScalableTargetRequest): object {
    const key = requireTarget(input)
    targets.delete(key)
    for (const policyKey of policies.keys(`${key}|`)) policies.delete(policyKey)
    return {}
  }

  function putScalingPolicy(input: PutScalingPolicyRequest) {
    const key = `${requireTarget(input)}|${input.PolicyName}`
    const known = policies.get(key)
    const policy: ScalingPolicy = {
      arn:
        known?.arn ??
        `${arnPrefix.replace('application-autoscaling', 'autoscaling')}:scalingPolicy:${randomUUID()}:resource/${input.ServiceNamespace}/${input.ResourceId}:policyName/${input.PolicyName}`,
      name: input.PolicyName as string,
      namespace: input.ServiceNamespace as string,
      resourceId: input.ResourceId as string,
      dimension: input.ScalableDimension as string,
      type: input.PolicyType ?? known?.type ?? 'StepScaling',
      targetTracking: input.TargetTrackingScalingPolicyConfiguration ?? known?.targetTracking,
      stepScaling: input.StepScalingPolicyConfiguration ?? known?.stepScaling,
      createdAt: known?.createdAt ?? context.clock.now(),
    }
    policies.put(key, policy)
    return { PolicyARN: policy.arn, Alarms: [] }
  }

  function describeScalingPolicies(input: DescribeScalingPoliciesRequest) {
    const found = policies
      .list(`${namespaceOf(input)}|`)
      .filter(policy => !input.ResourceId || policy.resourceId === input.ResourceId)
      .filter(policy => !input.ScalableDimension || policy.dimension === input.ScalableDimension)
      .filter(policy => !input.PolicyNames?.length || input.PolicyNames.includes(policy.name))
    return {
      ScalingPolicies: found.map(policy => ({
        PolicyARN: policy.arn,
        PolicyName: policy.name,
        ServiceNamespace: policy.namespace,
        ResourceId: policy.resourceId,
        ScalableDimension: policy.dimension,
        PolicyType: policy.type,
        TargetTrackingScalingPolicyConfiguration: policy.targetTracking,
        StepScalingPolicyConfiguration: policy.stepScaling,
        Alarms: [],
        CreationTime: new Date(policy.createdAt),
      })),
    }
  }

  function deleteScalingPolicy(input: DeleteScalingPolicyRequest): object {
    if (!policies.delete(`${keyOf(input)}|${input.PolicyName}`))
      throw absent(
        `No scaling policy found for service namespace: ${input.ServiceNamespace}, resource ID: ${input.ResourceId}, policy name: ${input.PolicyName}`,
      )
    return {}
  }

  function requireTarget(input: Place): string {
    const key = keyOf(input)
    if (!targets.get(key))
      throw absent(
        `No scalable target registered for service namespace: ${input.ServiceNamespace}, resource ID: ${input.ResourceId}, scalable dimension: ${input.ScalableDimension}`,
      )
    return key
  }

  return {
    name: 'application-autoscaling',
    protocol: 'json',
    targetPrefix: 'AnyScaleFrontendService',
    jsonVersion: '1.1',
    operations: {
      RegisterScalableTarget: registerScalableTarget,
      DescribeScalableTargets: describeScalableTargets,
      DeregisterScalableTarget: deregisterScalableTarget,
      PutScalingPolicy: putScalingPolicy,
      DescribeScalingPolicies: describeScalingPolicies,
      DeleteScalingPolicy: deleteScalingPolicy,
    },
  }
}

function keyOf({ ServiceNamespace, ResourceId, ScalableDimension }: Place): string {
  if (!ServiceNamespace || !ResourceId || !ScalableDimension)
    throw invalid('ServiceNamespace, ResourceId and ScalableDimension are required')
  return `${ServiceNamespace}|${ResourceId}|${ScalableDimension}`
}

function namespaceOf(input: { ServiceNamespace?: string }): string {
  if (!input.ServiceNamespace) throw invalid('ServiceNamespace is required')
  return input.ServiceNamespace
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

function absent(message: string): AwsError {
  return new AwsError('ObjectNotFoundException', message)
}
