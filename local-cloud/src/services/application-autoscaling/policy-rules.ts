import type {
  PutScalingPolicyRequest,
  StepScalingPolicyConfiguration,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import { notImplemented } from '../../core/aws-error.ts'
import { invalid } from './records.ts'

const PREDEFINED = [
  'ECSServiceAverageCPUUtilization',
  'ECSServiceAverageMemoryUtilization',
  'ALBRequestCountPerTarget',
]
const STATISTICS = ['Average', 'Minimum', 'Maximum', 'SampleCount', 'Sum']
const ADJUSTMENTS = ['ChangeInCapacity', 'PercentChangeInCapacity', 'ExactCapacity']
/** `app/<load balancer>/<id>/targetgroup/<target group>/<id>` */
const RESOURCE_LABEL = /^(app\/[\w-]+\/\w+)\/(targetgroup\/[\w-]+\/\w+)$/

/** What PutScalingPolicy says. @throws ValidationException, or 501 for predictive scaling */
export function checkPolicy(input: PutScalingPolicyRequest): void {
  const { PolicyName = '', PolicyType = 'StepScaling' } = input
  if (!/^[\x20-\x7e]{1,256}$/.test(PolicyName)) throw invalid(`The policy name '${PolicyName}' is not valid`)
  if (PolicyType === 'PredictiveScaling')
    throw notImplemented('application-autoscaling', 'PutScalingPolicy of type PredictiveScaling')
  if (PolicyType === 'TargetTrackingScaling') checkTracking(input.TargetTrackingScalingPolicyConfiguration)
  else if (PolicyType === 'StepScaling') checkStep(input.StepScalingPolicyConfiguration)
  else throw invalid(`The policy type '${PolicyType}' must be StepScaling or TargetTrackingScaling`)
}

/** The dimensions of a load balancer's metrics that a resource label names. */
export function labelOf(label = ''): { LoadBalancer: string; TargetGroup: string } {
  const [, LoadBalancer = '', TargetGroup = ''] = RESOURCE_LABEL.exec(label) ?? []
  return { LoadBalancer, TargetGroup }
}

function checkTracking(settings: TargetTrackingScalingPolicyConfiguration | undefined): void {
  if (!settings) throw invalid('TargetTrackingScalingPolicyConfiguration is required')
  const { TargetValue, PredefinedMetricSpecification: predefined, CustomizedMetricSpecification } = settings
  if (!(Number(TargetValue) > 0)) throw invalid(`TargetValue ${TargetValue} must be greater than zero`)
  if (Boolean(predefined) === Boolean(CustomizedMetricSpecification))
    throw invalid(
      'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is required',
    )
  for (const name of ['ScaleInCooldown', 'ScaleOutCooldown'] as const)
    if (settings[name] !== undefined && !(Number(settings[name]) >= 0))
      throw invalid(`${name} ${settings[name]} must not be negative`)
  if (predefined) {
    const { PredefinedMetricType: type = '', ResourceLabel } = predefined
    if (!PREDEFINED.includes(type)) throw invalid(`PredefinedMetricType '${type}' is not valid for ecs`)
    if (type === 'ALBRequestCountPerTarget' && !RESOURCE_LABEL.test(ResourceLabel ?? ''))
      throw invalid(
        `ResourceLabel '${ResourceLabel}' must be app/<load balancer>/<id>/targetgroup/<target group>/<id>`,
      )
    if (type !== 'ALBRequestCountPerTarget' && ResourceLabel)
      throw invalid(`ResourceLabel must not be given for ${type}`)
    return
  }
  const { MetricName, Namespace, Statistic, Metrics } = CustomizedMetricSpecification ?? {}
  if (Metrics?.length) {
    if (MetricName ?? Namespace ?? Statistic)
      throw invalid('Metrics cannot stand beside MetricName, Namespace and Statistic')
  } else if (!MetricName || !Namespace || !STATISTICS.includes(Statistic ?? ''))
    throw invalid('MetricName, Namespace and Statistic are required for a customized metric')
}

function checkStep(settings: StepScalingPolicyConfiguration | undefined): void {
  if (!settings) throw invalid('StepScalingPolicyConfiguration is required')
  if (!ADJUSTMENTS.includes(settings.AdjustmentType ?? ''))
    throw invalid(`AdjustmentType '${settings.AdjustmentType}' must be one of ${ADJUSTMENTS.join(', ')}`)
  if (!settings.StepAdjustments?.length) throw invalid('StepAdjustments must not be empty')
  const steps = settings.StepAdjustments.map(({ MetricIntervalLowerBound, MetricIntervalUpperBound }) => [
    MetricIntervalLowerBound ?? Number.NEGATIVE_INFINITY,
    MetricIntervalUpperBound ?? Number.POSITIVE_INFINITY,
  ]).sort(([a = 0], [b = 0]) => a - b)
  for (const [at, [lower = 0, upper = 0]] of steps.entries()) {
    if (lower >= upper) throw invalid('The lower bound of a step must be below its upper bound')
    if (at > 0 && steps[at - 1]?.[1] !== lower) throw invalid('Steps must not overlap or leave gaps')
  }
}
