import { type Environment, namesOf, type TaskSize } from '@clarity/environments'
import { Duration, Fn } from 'aws-cdk-lib'
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'

type TargetTracking = CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty

/** Seconds after which more tasks may follow, or fewer: up at once, down slowly. */
const OUT = Duration.minutes(1).toSeconds()
const IN = Duration.minutes(5).toSeconds()

/**
 * How the two services grow and shrink. Its own stack, because a scalable target needs the service that a first
 * release makes. Each policy asks for a number of tasks, and the largest wins.
 */
export class ScalingStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'scaling', environment)
    const { scaling, api, worker } = environment
    const { apiService, workerService } = namesOf(environment)
    const apiTarget = this.target('Api', apiService, api)
    const workerTarget = this.target('Worker', workerService, worker)
    for (const [id, target] of [
      ['Api', apiTarget],
      ['Worker', workerTarget],
    ] as const) {
      this.track(`${id}Cpu`, target, predefined('ECSServiceAverageCPUUtilization', scaling.cpuPercent))
      this.track(
        `${id}Memory`,
        target,
        predefined('ECSServiceAverageMemoryUtilization', scaling.memoryPercent),
      )
    }
    this.track('ApiRequests', apiTarget, this.requestsPerTask(scaling.requestsPerTarget))
    this.track('WorkerQueueAge', workerTarget, this.queueAge(scaling.queueAgeSeconds))
  }

  private target(
    id: string,
    service: string,
    { desiredCount, maxCount }: TaskSize & { desiredCount: number; maxCount: number },
  ): CfnScalableTarget {
    return new CfnScalableTarget(this, id, {
      serviceNamespace: 'ecs',
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${this.names.cluster}/${service}`,
      minCapacity: desiredCount,
      maxCapacity: maxCount,
      roleArn: `arn:aws:iam::${this.settings.account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
    })
  }

  private track(id: string, target: CfnScalableTarget, configuration: TargetTracking): void {
    new CfnScalingPolicy(this, id, {
      policyName: `${this.names.prefix}-${id.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`).slice(1)}`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        ...configuration,
        scaleOutCooldown: OUT,
        scaleInCooldown: IN,
      },
    })
  }

  /**
   * Requests a minute for each running task. Traffic alternates between the two target groups, so both are summed;
   * AWS's own metric, `ALBRequestCountPerTarget`, sees one and would scale in at every second release.
   */
  private requestsPerTask(targetValue: number): TargetTracking {
    const count = (id: string, group: 'blue-target-group-arn' | 'green-target-group-arn') => ({
      id,
      returnData: false,
      metricStat: {
        stat: 'Sum',
        metric: {
          namespace: 'AWS/ApplicationELB',
          metricName: 'RequestCount',
          dimensions: [
            {
              name: 'LoadBalancer',
              value: Fn.select(1, Fn.split('loadbalancer/', this.take('load-balancer-arn'))),
            },
            { name: 'TargetGroup', value: Fn.select(5, Fn.split(':', this.take(group))) },
          ],
        },
      },
    })
    return {
      targetValue,
      customizedMetricSpecification: {
        metrics: [
          count('blue', 'blue-target-group-arn'),
          count('green', 'green-target-group-arn'),
          {
            id: 'tasks',
            returnData: false,
            metricStat: {
              stat: 'Average',
              metric: {
                namespace: 'ECS/ContainerInsights',
                metricName: 'RunningTaskCount',
                dimensions: [
                  { name: 'ClusterName', value: this.names.cluster },
                  { name: 'ServiceName', value: this.names.apiService },
                ],
              },
            },
          },
          {
            id: 'each',
            label: 'requests a minute for each task',
            expression: '(FILL(blue, 0) + FILL(green, 0)) / tasks',
            returnData: true,
          },
        ],
      },
    }
  }

  /** How long the oldest message has waited, in seconds: what a user waits for, whatever the backlog's size. */
  private queueAge(targetValue: number): TargetTracking {
    return {
      targetValue,
      customizedMetricSpecification: {
        namespace: 'AWS/SQS',
        metricName: 'ApproximateAgeOfOldestMessage',
        statistic: 'Maximum',
        dimensions: [{ name: 'QueueName', value: this.names.queue }],
      },
    }
  }
}

function predefined(predefinedMetricType: string, targetValue: number): TargetTracking {
  return { targetValue, predefinedMetricSpecification: { predefinedMetricType } }
}
