import { randomUUID } from 'node:crypto'
import type {
  DeregisterScalableTargetRequest,
  DescribeScalableTargetsRequest,
  DescribeScalableTargetsResponse,
  ListTagsForResourceRequest,
  RegisterScalableTargetRequest,
  RegisterScalableTargetResponse,
  ScalableTarget,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-application-auto-scaling'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import type { EcsCapacities } from './ecs-capacity.ts'
import type { PolicyAlarms } from './policy-alarms.ts'
import {
  invalid,
  keyOf,
  keyOfTarget,
  namespaceOf,
  page,
  type Records,
  requireTarget,
  type TargetRecord,
} from './records.ts'

/** Most tags of a scalable target, as on AWS. */
const MOST_TAGS = 50

/** Scalable targets: ECS services and the bounds of their number of tasks. */
export function scalableTargetOperations(
  context: ServiceContext,
  records: Records,
  capacities: EcsCapacities,
  alarms: PolicyAlarms,
): Record<string, Operation> {
  const { targets } = records
  const { region, accountId, clock } = context

  async function register(input: RegisterScalableTargetRequest): Promise<RegisterScalableTargetResponse> {
    const key = keyOf(input)
    checkPlace(input)
    const known = targets.get(key)
    const least = input.MinCapacity ?? known?.least
    const most = input.MaxCapacity ?? known?.most
    if (least === undefined || most === undefined)
      throw invalid('MinCapacity and MaxCapacity are required to register a new scalable target')
    if (!(least >= 0)) throw invalid(`MinCapacity ${least} must not be negative`)
    if (least > most)
      throw invalid(`Maximum capacity cannot be less than minimum capacity: ${most} is less than ${least}`)
    if (known && input.Tags && Object.keys(input.Tags).length > 0)
      throw invalid('Tags can only be given to a new scalable target; use TagResource')
    if (!(await capacities.read(input.ResourceId ?? '')))
      throw invalid(`ECS service doesn't exist: ${input.ResourceId}`)
    const target: TargetRecord = {
      arn:
        known?.arn ??
        `arn:aws:application-autoscaling:${region}:${accountId}:scalable-target/${randomUUID().replaceAll('-', '').slice(0, 16)}`,
      namespace: input.ServiceNamespace as string,
      resourceId: input.ResourceId as string,
      dimension: input.ScalableDimension as string,
      least,
      most,
      roleArn:
        input.RoleARN ??
        known?.roleArn ??
        `arn:aws:iam::${accountId}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
      suspended: {
        DynamicScalingInSuspended: false,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: false,
        ...known?.suspended,
        ...input.SuspendedState,
      },
      tags: known?.tags ?? tagsOf({}, input.Tags),
      createdAt: known?.createdAt ?? clock.now(),
    }
    targets.put(key, target)
    return { ScalableTargetARN: target.arn }
  }

  function describe(input: DescribeScalableTargetsRequest): DescribeScalableTargetsResponse {
    const found = targets
      .list(`${namespaceOf(input)}|`)
      .filter(target => !input.ResourceIds?.length || input.ResourceIds.includes(target.resourceId))
      .filter(target => !input.ScalableDimension || target.dimension === input.ScalableDimension)
    const { items, NextToken } = page(found, input)
    return {
      ScalableTargets: items.map(
        (target): ScalableTarget => ({
          ServiceNamespace: target.namespace as 'ecs',
          ResourceId: target.resourceId,
          ScalableDimension: target.dimension as 'ecs:service:DesiredCount',
          MinCapacity: target.least,
          MaxCapacity: target.most,
          RoleARN: target.roleArn,
          CreationTime: new Date(target.createdAt),
          SuspendedState: target.suspended,
          ScalableTargetARN: target.arn,
        }),
      ),
      NextToken,
    }
  }

  async function deregister(input: DeregisterScalableTargetRequest): Promise<object> {
    const key = keyOfTarget(requireTarget(records, input))
    for (const policyKey of records.policies.keys(`${key}|`)) {
      const policy = records.policies.get(policyKey)
      if (policy) await alarms.remove(policy)
      records.policies.delete(policyKey)
    }
    targets.delete(key)
    return {}
  }

  function byArn(arn: string | undefined): TargetRecord {
    const found = targets.list().find(target => target.arn === arn)
    if (!found) throw new AwsError('ResourceNotFoundException', `The resource ${arn} does not exist`)
    return found
  }

  function tagResource(input: TagResourceRequest): object {
    const target = byArn(input.ResourceARN)
    targets.put(keyOfTarget(target), { ...target, tags: tagsOf(target.tags, input.Tags) })
    return {}
  }

  function untagResource(input: UntagResourceRequest): object {
    const target = byArn(input.ResourceARN)
    const kept = Object.entries(target.tags).filter(([key]) => !input.TagKeys?.includes(key))
    targets.put(keyOfTarget(target), { ...target, tags: Object.fromEntries(kept) })
    return {}
  }

  return {
    RegisterScalableTarget: register,
    DescribeScalableTargets: describe,
    DeregisterScalableTarget: deregister,
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsForResource: (input: ListTagsForResourceRequest) => ({ Tags: byArn(input.ResourceARN).tags }),
  }
}

/** Only the number of tasks of ECS services is scaled here. @throws 501 for another service's resources */
function checkPlace({
  ServiceNamespace,
  ResourceId = '',
  ScalableDimension,
}: RegisterScalableTargetRequest): void {
  if (ServiceNamespace !== 'ecs')
    throw notImplemented('application-autoscaling', `RegisterScalableTarget of ${ServiceNamespace}`)
  if (ScalableDimension !== 'ecs:service:DesiredCount')
    throw invalid(`Unsupported service namespace, resource type or scalable dimension: ${ScalableDimension}`)
  if (!/^service\/[\w-]{1,255}\/[\w-]{1,255}$/.test(ResourceId))
    throw invalid(`The resource ID '${ResourceId}' must be service/<cluster>/<service>`)
}

function tagsOf(known: Record<string, string>, added: Record<string, string> = {}): Record<string, string> {
  const tags = { ...known, ...added }
  if (Object.keys(tags).length > MOST_TAGS)
    throw new AwsError('TooManyTagsException', `A scalable target has at most ${MOST_TAGS} tags`)
  return tags
}
