import { randomUUID } from 'node:crypto'
import type {
  DescribeScalingActivitiesRequest,
  DescribeScalingActivitiesResponse,
  NotScaledReason,
  ScalingActivity,
} from '@aws-sdk/client-application-auto-scaling'
import type { Clock } from '../../core/clock.ts'
import type { EcsCapacities } from './ecs-capacity.ts'
import {
  type ActivityRecord,
  keyOfTarget,
  namespaceOf,
  page,
  type Records,
  type TargetRecord,
} from './records.ts'

/** How long activities are kept: six weeks, as AWS does. */
const KEPT_MS = 42 * 86_400_000

/** The diary of what was scaled, newest first. */
export type Activities = ReturnType<typeof createActivities>

export function createActivities({ activities }: Records, capacities: EcsCapacities, clock: Clock) {
  const keyOf = (one: ActivityRecord) =>
    `${keyOfTarget(one)}|${String(one.startedAt).padStart(14, '0')}|${one.id}`

  function record(target: TargetRecord, one: Partial<ActivityRecord> & { cause: string }): ActivityRecord {
    const { namespace, resourceId, dimension } = target
    const activity: ActivityRecord = {
      id: randomUUID(),
      namespace,
      resourceId,
      dimension,
      description: `Setting desired count to ${one.capacity}.`,
      status: 'InProgress',
      message: `Successfully set desired count to ${one.capacity}. Waiting for change to be fulfilled by ecs.`,
      startedAt: clock.now(),
      ...one,
    }
    activities.put(keyOf(activity), activity)
    for (const key of activities.keys(`${keyOfTarget(target)}|`)) {
      if ((activities.get(key)?.startedAt ?? 0) >= clock.now() - KEPT_MS) break
      activities.delete(key)
    }
    return activity
  }

  /** That an alarm rang and nothing could be done; said once until something else happens. */
  function notScaled(target: TargetRecord, cause: string, reason: NotScaledReason): void {
    const last = activities.list(`${keyOfTarget(target)}|`).at(-1)
    if (last?.cause === cause && last.notScaled?.[0]?.Code === reason.Code) return
    record(target, {
      cause,
      description: 'Attempting to scale due to alarm triggered',
      status: 'Failed',
      message: '',
      endedAt: clock.now(),
      notScaled: [reason],
    })
  }

  function fail(activity: ActivityRecord, reason: string): void {
    const message = `Failed to set desired count to ${activity.capacity}. Reason: ${reason}`
    activities.put(keyOf(activity), { ...activity, status: 'Failed', message, endedAt: clock.now() })
  }

  /** Ends those under way that have been fulfilled, or that somebody has overridden. */
  async function refresh(): Promise<void> {
    for (const one of activities.list()) {
      if (one.status !== 'InProgress') continue
      const capacity = await capacities.read(one.resourceId)
      const end = (status: ActivityRecord['status'], message: string) =>
        activities.put(keyOf(one), { ...one, status, message, endedAt: clock.now() })
      if (!capacity || capacity.desired !== one.capacity)
        end('Overridden', `Successfully set desired count to ${one.capacity}. The change was overridden.`)
      else if (capacity.running === one.capacity)
        end(
          'Successful',
          `Successfully set desired count to ${one.capacity}. Change successfully fulfilled by ecs.`,
        )
    }
  }

  async function describe(
    input: DescribeScalingActivitiesRequest,
  ): Promise<DescribeScalingActivitiesResponse> {
    const namespace = namespaceOf(input)
    await refresh()
    const found = activities
      .list(`${namespace}|`)
      .filter(one => !input.ResourceId || one.resourceId === input.ResourceId)
      .filter(one => !input.ScalableDimension || one.dimension === input.ScalableDimension)
      .filter(one => input.IncludeNotScaledActivities || !one.notScaled)
      .sort((a, b) => b.startedAt - a.startedAt)
    const { items, NextToken } = page(found, input)
    return { ScalingActivities: items.map(show), NextToken }
  }

  return { record, notScaled, fail, refresh, describe }
}

function show(one: ActivityRecord): ScalingActivity {
  return {
    ActivityId: one.id,
    ServiceNamespace: one.namespace as 'ecs',
    ResourceId: one.resourceId,
    ScalableDimension: one.dimension as 'ecs:service:DesiredCount',
    Description: one.description,
    Cause: one.cause,
    StartTime: new Date(one.startedAt),
    ...(one.endedAt !== undefined && { EndTime: new Date(one.endedAt) }),
    StatusCode: one.status,
    ...(one.message && { StatusMessage: one.message }),
    ...(one.notScaled && { NotScaledReasons: one.notScaled }),
  }
}
