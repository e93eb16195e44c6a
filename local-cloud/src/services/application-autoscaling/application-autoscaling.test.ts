import {
  ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createApplicationAutoScaling } from './application-autoscaling.ts'

let cloud: TestCloud
let scaling: ApplicationAutoScalingClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createApplicationAutoScaling] })
  scaling = new ApplicationAutoScalingClient(cloud.client)
})
afterAll(() => cloud.dispose())

const place = {
  ServiceNamespace: 'ecs' as const,
  ResourceId: 'service/clarity-backend-cluster/clarity-backend-service',
  ScalableDimension: 'ecs:service:DesiredCount' as const,
}
const policy = {
  ...place,
  PolicyName: 'cpu',
  PolicyType: 'TargetTrackingScaling' as const,
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 60,
    PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' as const },
  },
}

test('a target is registered, changed, given a policy, and all of it survives a restart', async () => {
  await expect(scaling.send(new PutScalingPolicyCommand(policy))).rejects.toMatchObject({
    name: 'ObjectNotFoundException',
  })
  const first = await scaling.send(
    new RegisterScalableTargetCommand({ ...place, MinCapacity: 2, MaxCapacity: 4 }),
  )
  const again = await scaling.send(new RegisterScalableTargetCommand({ ...place, MaxCapacity: 6 }))
  expect(again.ScalableTargetARN).toBe(first.ScalableTargetARN)
  await scaling.send(new PutScalingPolicyCommand(policy))
  const { state } = cloud
  await cloud.stop()
  cloud = await startTestCloud({ state, services: [createApplicationAutoScaling] })
  scaling = new ApplicationAutoScalingClient(cloud.client)
  const { ScalableTargets } = await scaling.send(
    new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }),
  )
  expect(ScalableTargets).toMatchObject([{ ...place, MinCapacity: 2, MaxCapacity: 6 }])
  const { ScalingPolicies } = await scaling.send(
    new DescribeScalingPoliciesCommand({ ServiceNamespace: 'ecs' }),
  )
  expect(ScalingPolicies).toMatchObject([policy])
})

test('deregistering takes the policies along; what is not there says so', async () => {
  await expect(
    scaling.send(new RegisterScalableTargetCommand({ ...place, MinCapacity: 9, MaxCapacity: 1 })),
  ).rejects.toMatchObject({ name: 'ValidationException' })
  await scaling.send(new DeregisterScalableTargetCommand(place))
  expect(
    (await scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: 'ecs' }))).ScalingPolicies,
  ).toEqual([])
  await expect(scaling.send(new DeregisterScalableTargetCommand(place))).rejects.toMatchObject({
    name: 'ObjectNotFoundException',
  })
})
