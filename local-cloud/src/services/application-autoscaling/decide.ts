import type { StepScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling'
import type { PolicyRecord } from './records.ts'

/** Seconds between two activities of a policy in one direction, for ECS services. */
const COOLDOWN = 300

/** What a policy knows when it is asked: its alarms that ring, the metric, and the capacity. */
export interface Sight {
  policy: PolicyRecord
  high: boolean
  low: boolean
  /** The newest value of the metric; undefined where there is none, and then nothing is scaled. */
  value?: number
  capacity: number
  now: number
  /** Milliseconds that a second of a cooldown lasts. */
  second: number
}

/** What a policy would have the capacity be; undefined where it has no wish. */
export type Wish = { out: number } | { in: number } | undefined

/**
 * Target tracking: out in proportion to the metric, and during the cooldown only by more than was added already;
 * in by half of the surplus (AWS says "more gradually" and no number), never during the cooldown.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
 */
export function track({ policy, high, low, value, capacity, now, second }: Sight): Wish {
  const { TargetValue = 1, ScaleOutCooldown = COOLDOWN, ScaleInCooldown = COOLDOWN } = policy.tracking ?? {}
  if (value === undefined) return undefined
  const { lastOut, lastInAt } = policy
  if (high) {
    const cooling = lastOut !== undefined && now < lastOut.at + ScaleOutCooldown * second
    const wanted = Math.max(
      1,
      Math.ceil(rounded(((cooling ? lastOut.from : capacity) * value) / TargetValue)),
    )
    return wanted > capacity ? { out: wanted } : undefined
  }
  if (!low || (lastInAt !== undefined && now < lastInAt + ScaleInCooldown * second)) return undefined
  const needed = Math.ceil(rounded((capacity * value) / TargetValue))
  return needed < capacity ? { in: capacity - Math.ceil((capacity - needed) / 2) } : undefined
}

/**
 * Step scaling: the step in which the metric lies, by its distance from the alarm's threshold.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
 * @param distance the metric minus the threshold
 */
export function step(settings: StepScalingPolicyConfiguration, distance: number, capacity: number): Wish {
  const { StepAdjustments = [], AdjustmentType, MinAdjustmentMagnitude = 1 } = settings
  const found = StepAdjustments.find(
    ({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper }) =>
      // On the side of the threshold that the step is for, its nearer bound belongs to it.
      distance >= 0
        ? distance >= (lower ?? Number.NEGATIVE_INFINITY) && distance < (upper ?? Number.POSITIVE_INFINITY)
        : distance > (lower ?? Number.NEGATIVE_INFINITY) && distance <= (upper ?? Number.POSITIVE_INFINITY),
  )
  if (!found) return undefined
  const { ScalingAdjustment = 0 } = found
  const change =
    AdjustmentType === 'ExactCapacity'
      ? ScalingAdjustment - capacity
      : AdjustmentType === 'ChangeInCapacity'
        ? ScalingAdjustment
        : percent(capacity, ScalingAdjustment, MinAdjustmentMagnitude)
  if (change === 0) return undefined
  return change > 0 ? { out: capacity + change } : { in: Math.max(0, capacity + change) }
}

/** Rounded away from zero below one, towards it above, as AWS rounds percentages. */
function percent(capacity: number, adjustment: number, least: number): number {
  const raw = (capacity * adjustment) / 100
  const whole = Math.abs(raw) < 1 ? Math.sign(raw) : Math.trunc(raw)
  return Math.abs(whole) < least ? Math.sign(raw) * least : whole
}

/** Without what floating point adds to a whole number: 3 tasks at 60 % of 60 % are three. */
const rounded = (value: number) => Number(value.toPrecision(12))
