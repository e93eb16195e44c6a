import { randomUUID } from 'node:crypto'
import type {
  DeleteScalingPolicyRequest,
  DescribeScalingPoliciesRequest,
  DescribeScalingPoliciesResponse,
  PutScalingPolicyRequest,
  PutScalingPolicyResponse,
  ScalingPolicy,
} from '@aws-sdk/client-application-auto-scaling'
import type { Operation, ServiceContext } from '../../core/service.ts'
import type { PolicyAlarms } from './policy-alarms.ts'
import { checkPolicy } from './policy-rules.ts'
import {
  absent,
  invalid,
  keyOf,
  keyOfTarget,
  namespaceOf,
  type PolicyRecord,
  page,
  type Records,
  requireTarget,
} from './records.ts'

/** Scaling policies and the alarms that AWS keeps for them. */
export function scalingPolicyOperations(
  context: ServiceContext,
  records: Records,
  alarms: PolicyAlarms,
): Record<string, Operation> {
  const { policies } = records
  const { region, accountId, clock } = context

  async function put(input: PutScalingPolicyRequest): Promise<PutScalingPolicyResponse> {
    const targetKey = keyOfTarget(requireTarget(records, input))
    const key = `${targetKey}|${input.PolicyName}`
    const known = policies.get(key)
    checkPolicy({ ...input, PolicyType: input.PolicyType ?? known?.type })
    const type = (input.PolicyType ?? known?.type ?? 'StepScaling') as PolicyRecord['type']
    if (known && known.type !== type)
      throw invalid(`The policy '${known.name}' exists already and is of type ${known.type}`)
    const policy: PolicyRecord = {
      arn:
        known?.arn ??
        `arn:aws:autoscaling:${region}:${accountId}:scalingPolicy:${randomUUID()}:resource/${input.ServiceNamespace}/${input.ResourceId}:policyName/${input.PolicyName}`,
      name: input.PolicyName as string,
      namespace: input.ServiceNamespace as string,
      resourceId: input.ResourceId as string,
      dimension: input.ScalableDimension as string,
      type,
      tracking: input.TargetTrackingScalingPolicyConfiguration,
      step: input.StepScalingPolicyConfiguration,
      alarms: known?.alarms,
      lastOut: known?.lastOut,
      lastInAt: known?.lastInAt,
      createdAt: known?.createdAt ?? clock.now(),
    }
    if (type === 'TargetTrackingScaling') {
      const metric = metricKeyOf(policy)
      const rival = policies
        .list(`${targetKey}|`)
        .find(other => other.name !== policy.name && other.tracking && metricKeyOf(other) === metric)
      if (rival)
        throw invalid('Only one TargetTrackingScaling policy for a given metric specification is allowed.')
      policy.alarms = await alarms.make(policy)
    }
    policies.put(key, policy)
    return { PolicyARN: policy.arn, Alarms: alarms.show(policy) }
  }

  function describe(input: DescribeScalingPoliciesRequest): DescribeScalingPoliciesResponse {
    const found = policies
      .list(`${namespaceOf(input)}|`)
      .filter(policy => !input.ResourceId || policy.resourceId === input.ResourceId)
      .filter(policy => !input.ScalableDimension || policy.dimension === input.ScalableDimension)
      .filter(policy => !input.PolicyNames?.length || input.PolicyNames.includes(policy.name))
    const { items, NextToken } = page(found, input)
    return {
      ScalingPolicies: items.map(
        (policy): ScalingPolicy => ({
          PolicyARN: policy.arn,
          PolicyName: policy.name,
          ServiceNamespace: policy.namespace as 'ecs',
          ResourceId: policy.resourceId,
          ScalableDimension: policy.dimension as 'ecs:service:DesiredCount',
          PolicyType: policy.type,
          TargetTrackingScalingPolicyConfiguration: policy.tracking,
          StepScalingPolicyConfiguration: policy.step,
          Alarms: alarms.show(policy),
          CreationTime: new Date(policy.createdAt),
        }),
      ),
      NextToken,
    }
  }

  async function remove(input: DeleteScalingPolicyRequest): Promise<object> {
    const key = `${keyOf(input)}|${input.PolicyName}`
    const policy = policies.get(key)
    if (!policy)
      throw absent(
        `No scaling policy found for service namespace: ${input.ServiceNamespace}, resource ID: ${input.ResourceId}, scalable dimension: ${input.ScalableDimension}, policy name: ${input.PolicyName}`,
      )
    await alarms.remove(policy)
    policies.delete(key)
    return {}
  }

  return { PutScalingPolicy: put, DescribeScalingPolicies: describe, DeleteScalingPolicy: remove }
}

/** What two policies of one target must not share. */
function metricKeyOf({ tracking }: PolicyRecord): string {
  return JSON.stringify([tracking?.PredefinedMetricSpecification, tracking?.CustomizedMetricSpecification])
}
