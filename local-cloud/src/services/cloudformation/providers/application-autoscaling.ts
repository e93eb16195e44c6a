import type { Properties, Provider, ProviderContext } from './provider.ts'
import { defined, optionalNumber } from './values.ts'

const SERVICE = 'application-autoscaling'
const PLACE = ['ServiceNamespace', 'ResourceId', 'ScalableDimension'] as const

const target: Provider = {
  replaceOn: PLACE,
  acts: ['MinCapacity', 'MaxCapacity', 'RoleARN'],
  create: async (properties, context) => {
    await register(properties, context)
    const { ResourceId, ScalableDimension, ServiceNamespace } = placeOf(properties)
    return `${ResourceId}|${ScalableDimension}|${ServiceNamespace}`
  },
  update: (_, properties, __, context) => register(properties, context),
  delete: (_, properties, context) =>
    context.call(SERVICE, 'DeregisterScalableTarget', placeOf(properties)).then(() => {}),
  attributes: id => ({ Id: id }),
}

async function register(properties: Properties, context: ProviderContext): Promise<void> {
  await context.call(SERVICE, 'RegisterScalableTarget', {
    ...placeOf(properties),
    ...defined({
      MinCapacity: optionalNumber(properties.MinCapacity),
      MaxCapacity: optionalNumber(properties.MaxCapacity),
      RoleARN: properties.RoleARN,
    }),
  })
}

/** Which target is meant: by its three properties, or by the id of a target of the template. */
function placeOf(properties: Properties): Properties {
  const [resource, dimension, namespace] = String(properties.ScalingTargetId ?? '||').split('|')
  return {
    ServiceNamespace: properties.ServiceNamespace ?? namespace,
    ResourceId: properties.ResourceId ?? resource,
    ScalableDimension: properties.ScalableDimension ?? dimension,
  }
}

const policy: Provider = {
  replaceOn: ['PolicyName', 'ScalingTargetId', ...PLACE],
  acts: ['PolicyType', 'TargetTrackingScalingPolicyConfiguration', 'StepScalingPolicyConfiguration'],
  create: put,
  update: (_, properties, __, context) => put(properties, context).then(() => {}),
  delete: (_, properties, context) =>
    context
      .call(SERVICE, 'DeleteScalingPolicy', {
        ...placeOf(properties),
        PolicyName: properties.PolicyName,
      })
      .then(() => {}),
  attributes: id => ({ Arn: id }),
}

async function put(properties: Properties, context: ProviderContext): Promise<string> {
  const { PolicyName, PolicyType, TargetTrackingScalingPolicyConfiguration: tracking } = properties
  const { PolicyARN } = await context.call<{ PolicyARN: string }>(SERVICE, 'PutScalingPolicy', {
    ...placeOf(properties),
    ...defined({
      PolicyName,
      PolicyType,
      TargetTrackingScalingPolicyConfiguration: tracking && numeric(tracking),
      StepScalingPolicyConfiguration: properties.StepScalingPolicyConfiguration,
    }),
  })
  return PolicyARN
}

/** Templates may give numbers and booleans as strings. */
function numeric(tracking: unknown): unknown {
  const { TargetValue, ScaleInCooldown, ScaleOutCooldown, DisableScaleIn, ...rest } = tracking as Properties
  return {
    ...rest,
    ...defined({
      TargetValue: optionalNumber(TargetValue),
      ScaleInCooldown: optionalNumber(ScaleInCooldown),
      ScaleOutCooldown: optionalNumber(ScaleOutCooldown),
      DisableScaleIn: DisableScaleIn === undefined ? undefined : String(DisableScaleIn) === 'true',
    }),
  }
}

export const APPLICATION_AUTO_SCALING: Record<string, Provider> = {
  'AWS::ApplicationAutoScaling::ScalableTarget': target,
  'AWS::ApplicationAutoScaling::ScalingPolicy': policy,
}
