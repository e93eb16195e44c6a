import {
  ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  ListTagsForResourceCommand,
  PutScalingPolicyCommand,
  type PutScalingPolicyCommandInput,
  RegisterScalableTargetCommand,
  TagResourceCommand,
} from '@aws-sdk/client-application-auto-scaling'
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch'
import { CreateServiceCommand } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import type { TestCloud } from '../../testing.ts'
import { type EcsFixture, network, register, serviceOf, stable, startEcs, until } from '../ecs/fixture.ts'
import { SERVICES } from '../ecs/fixture-services.ts'
import { createApplicationAutoScaling } from './application-autoscaling.ts'

const MINUTE = 60_000
const place = {
  ServiceNamespace: 'ecs' as const,
  ResourceId: 'service/main/worker',
  ScalableDimension: 'ecs:service:DesiredCount' as const,
}
const queueAge: PutScalingPolicyCommandInput = {
  ...place,
  PolicyName: 'queue-age',
  PolicyType: 'TargetTrackingScaling',
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 60,
    CustomizedMetricSpecification: { Namespace: 'Clarity', MetricName: 'QueueAge', Statistic: 'Maximum' },
    ScaleOutCooldown: 60,
    ScaleInCooldown: 60,
  },
}

interface Scaling extends EcsFixture {
  scaling: ApplicationAutoScalingClient
}

async function start(state?: string): Promise<Scaling> {
  const services = [...SERVICES, createApplicationAutoScaling]
  const fixture = await startEcs({ speed: 1, services, ...(state && { state }) })
  return { ...fixture, scaling: new ApplicationAutoScalingClient(fixture.cloud.client) }
}

/** Starts the service `worker` with one task of the test image's program. */
async function createWorker({ cloud, ecs }: EcsFixture, ...command: string[]): Promise<void> {
  const taskDefinition = await register(ecs, { command: ['node', 'server.js', ...command] })
  const serviceName = 'worker'
  const settings = { desiredCount: 1, networkConfiguration: network, taskDefinition }
  await ecs.send(new CreateServiceCommand({ cluster: 'main', serviceName, ...settings }))
  await stable(ecs, serviceName, cloud.clock)
}

/** Lets minutes pass, with a sample of the queue's age in each. */
async function minutes(cloud: TestCloud, count: number, age?: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (age !== undefined)
      await cloud.invoke(
        'monitoring',
        'PutMetricData',
        { Namespace: 'Clarity', MetricData: [{ MetricName: 'QueueAge', Value: age, Unit: 'Seconds' }] },
        'arn:aws:iam::124355672559:root',
      )
    cloud.clock.advance(MINUTE)
    // what the minute has set off, all of it inside this process, takes place before the next
    await new Promise(setImmediate)
  }
}

test('scales an ECS service out and in on a metric, between its bounds, and keeps a diary', async () => {
  const { cloud, ecs, scaling } = await start()
  await createWorker({ cloud, ecs }, 'idle')
  const target = await scaling.send(
    new RegisterScalableTargetCommand({ ...place, MinCapacity: 1, MaxCapacity: 3 }),
  )
  const { Alarms } = await scaling.send(new PutScalingPolicyCommand(queueAge))
  const { MetricAlarms } = await new CloudWatchClient(cloud.client).send(new DescribeAlarmsCommand({}))
  expect(
    MetricAlarms?.map(a => [a.AlarmName, a.ComparisonOperator, a.Threshold, a.EvaluationPeriods]),
  ).toEqual([
    [Alarms?.[0]?.AlarmName, 'GreaterThanThreshold', 60, 3],
    [Alarms?.[1]?.AlarmName, 'LessThanThreshold', 54, 15],
  ])
  expect(Alarms?.[0]?.AlarmName).toMatch(/^TargetTracking-service\/main\/worker-AlarmHigh-[0-9a-f-]{36}$/)

  const desired = async () => (await serviceOf(ecs, 'worker')).desiredCount
  await minutes(cloud, 2, 90)
  expect(await desired()).toBe(1)
  await minutes(cloud, 1, 90)
  expect(await desired()).toBe(2)
  // The cooldown is over with the next minute, and 600 seconds of age ask for more than there may be.
  await minutes(cloud, 2, 600)
  expect(await desired()).toBe(3)
  await minutes(cloud, 1, 600)
  await stable(ecs, 'worker', cloud.clock)
  const activities = await scaling.send(
    new DescribeScalingActivitiesCommand({ ...place, IncludeNotScaledActivities: true }),
  )
  expect(activities.ScalingActivities).toMatchObject([
    { NotScaledReasons: [{ Code: 'AlreadyAtMaxCapacity', MaxCapacity: 3, CurrentCapacity: 3 }] },
    {
      Description: 'Setting desired count to 3.',
      StatusCode: 'Successful',
      StatusMessage: 'Successfully set desired count to 3. Change successfully fulfilled by ecs.',
    },
    {
      Description: 'Setting desired count to 2.',
      Cause: `monitor alarm ${Alarms?.[0]?.AlarmName} in state ALARM triggered policy queue-age`,
    },
  ])

  await minutes(cloud, 14, 6)
  expect(await desired()).toBe(3)
  const suspend = (value: boolean) =>
    scaling.send(
      new RegisterScalableTargetCommand({ ...place, SuspendedState: { DynamicScalingInSuspended: value } }),
    )
  await suspend(true)
  await minutes(cloud, 3, 6)
  expect(await desired()).toBe(3)
  await suspend(false)
  await minutes(cloud, 1, 6)
  expect(await desired()).toBe(2)
  await minutes(cloud, 2, 6)
  expect(await desired()).toBe(1)

  const paged = await scaling.send(new DescribeScalingActivitiesCommand({ ...place, MaxResults: 3 }))
  expect(paged.ScalingActivities).toHaveLength(3)
  const rest = await scaling.send(
    new DescribeScalingActivitiesCommand({ ...place, NextToken: paged.NextToken }),
  )
  expect(rest.ScalingActivities).toHaveLength(1)

  await scaling.send(
    new TagResourceCommand({ ResourceARN: target.ScalableTargetARN, Tags: { app: 'clarity' } }),
  )
  const tags = await scaling.send(new ListTagsForResourceCommand({ ResourceARN: target.ScalableTargetARN }))
  expect(tags.Tags).toEqual({ app: 'clarity' })
  await scaling.send(new DeregisterScalableTargetCommand(place))
  const left = await cloud.invoke('monitoring', 'DescribeAlarms', {}, 'arn:aws:iam::124355672559:root')
  expect(left).toMatchObject({ MetricAlarms: [] })
})

test('knows how much of its size a busy task uses, and scales on it', async () => {
  const { cloud, ecs, scaling } = await start()
  await createWorker({ cloud, ecs }, 'spin')
  await scaling.send(new RegisterScalableTargetCommand({ ...place, MinCapacity: 1, MaxCapacity: 2 }))
  await scaling.send(
    new PutScalingPolicyCommand({
      ...place,
      PolicyName: 'cpu',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        // a twentieth of a processor, of the quarter that the task has: it gets that much of a busy machine too
        TargetValue: 20,
        PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
      },
    }),
  )
  // readings are real, so that some real time has to pass between two of them
  await until(async () => {
    await minutes(cloud, 1)
    return (await serviceOf(ecs, 'worker')).desiredCount === 2
  })
  // told the time: by now the cloud's clock may be further ahead than a signature may be old
  const systemClockOffset = cloud.clock.now() - Date.now()
  const metrics = new CloudWatchClient({ ...cloud.client, systemClockOffset })
  const highest = async (MetricName: string) => {
    const { Datapoints } = await metrics.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/ECS',
        MetricName,
        Dimensions: [
          { Name: 'ClusterName', Value: 'main' },
          { Name: 'ServiceName', Value: 'worker' },
        ],
        StartTime: new Date(cloud.clock.now() - 20 * MINUTE),
        EndTime: new Date(cloud.clock.now() + MINUTE),
        Period: 60,
        Statistics: ['Average'],
      }),
    )
    return Math.max(0, ...(Datapoints ?? []).map(point => point.Average ?? 0))
  }
  expect(await highest('CPUUtilization')).toBeGreaterThan(20)
  const memory = await highest('MemoryUtilization')
  expect(memory > 1 && memory < 50).toBe(true)
})

test('refuses what AWS refuses, and keeps the rest over a restart', async () => {
  const { cloud, ecs, scaling } = await start()
  const put = (change: Partial<PutScalingPolicyCommandInput>) =>
    scaling.send(new PutScalingPolicyCommand({ ...queueAge, ...change }))
  const target = (change: object) =>
    scaling.send(new RegisterScalableTargetCommand({ ...place, MinCapacity: 1, MaxCapacity: 4, ...change }))
  await expect(put({})).rejects.toMatchObject({ name: 'ObjectNotFoundException' })
  await expect(target({})).rejects.toMatchObject({
    name: 'ValidationException',
    message: "ECS service doesn't exist: service/main/worker",
  })
  await createWorker({ cloud, ecs }, 'idle')
  await expect(target({ MinCapacity: 5 })).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(target({ ServiceNamespace: 'dynamodb' })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
  await target({})
  const again = await target({ MaxCapacity: 6 })
  await put({})
  await expect(put({ PolicyName: 'twin' })).rejects.toMatchObject({
    message: 'Only one TargetTrackingScaling policy for a given metric specification is allowed.',
  })
  const tracking = (settings: object) =>
    put({ TargetTrackingScalingPolicyConfiguration: { TargetValue: 1, ...settings } })
  await expect(tracking({})).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(
    tracking({ PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget' } }),
  ).rejects.toThrow('ResourceLabel')
  await expect(put({ PolicyType: 'PredictiveScaling' })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
  await expect(
    scaling.send(new DeleteScalingPolicyCommand({ ...place, PolicyName: 'absent' })),
  ).rejects.toMatchObject({ name: 'ObjectNotFoundException' })
  await cloud.stop()
  const next = await start(cloud.state)
  const targets = await next.scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }))
  expect(targets.ScalableTargets).toMatchObject([
    { ...place, MinCapacity: 1, MaxCapacity: 6, ScalableTargetARN: again.ScalableTargetARN },
  ])
  const policies = await next.scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: 'ecs' }))
  expect(policies.ScalingPolicies).toMatchObject([queueAge])
  await until(async () => (await serviceOf(next.ecs, 'worker')).runningCount === 1)
})
