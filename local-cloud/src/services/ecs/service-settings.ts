import type { CreateServiceRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs'
import { unsupported } from './errors.ts'
import type { ServiceRecord, TaskDefinitionRecord } from './records.ts'

type Settings = ServiceRecord['service']

/** Members of requests whose features are not here. */
const NOT_HERE = [
  'serviceConnectConfiguration',
  'vpcLatticeConfigurations',
  'gatewayConnectors',
  'serviceRegistries',
  'volumeConfigurations',
] as const

/** What UpdateService may change without a new deployment. */
const NEEDS_NO_DEPLOYMENT = new Set([
  'cluster',
  'service',
  'desiredCount',
  'deploymentConfiguration',
  'healthCheckGracePeriodSeconds',
  'deploymentController',
  'forceNewDeployment',
  'availabilityZoneRebalancing',
  'enableECSManagedTags',
  'propagateTags',
  'placementConstraints',
  'placementStrategy',
])

/** The deployment configuration of a new service: AWS's defaults under what is given. */
export function configurationOf(input: CreateServiceRequest): Settings['deploymentConfiguration'] {
  return {
    strategy: 'ROLLING',
    maximumPercent: 200,
    minimumHealthyPercent: 100,
    deploymentCircuitBreaker: { enable: false, rollback: false },
    ...input.deploymentConfiguration,
  }
}

/** A service's settings as an UpdateService leaves them. */
export function changedService(
  service: Settings,
  input: UpdateServiceRequest,
  definition: TaskDefinitionRecord,
): Settings {
  const { cluster: _c, service: _s, forceNewDeployment: _f, deploymentConfiguration, ...fields } = input
  const named = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const { launchType: _l, ...unlaunched } = service
  return {
    // A strategy takes the place of a launch type.
    ...(named.capacityProviderStrategy ? unlaunched : service),
    ...(named as Partial<Settings>),
    taskDefinition: definition.taskDefinitionArn,
    deploymentConfiguration: {
      ...ofStrategy(service.deploymentConfiguration, deploymentConfiguration?.strategy),
      ...deploymentConfiguration,
    },
  }
}

/** What is kept of a configuration when another strategy takes over: not the steps of the one before. */
function ofStrategy(
  configuration: Settings['deploymentConfiguration'] = {},
  strategy = configuration.strategy,
): Settings['deploymentConfiguration'] {
  const { linearConfiguration, canaryConfiguration, ...others } = configuration
  return {
    ...others,
    ...(strategy === 'LINEAR' && linearConfiguration && { linearConfiguration }),
    ...(strategy === 'CANARY' && canaryConfiguration && { canaryConfiguration }),
  }
}

/** Whether a change is one that takes a new deployment. */
export function needsDeployment(before: Settings, after: Settings, input: UpdateServiceRequest): boolean {
  const value = (from: object, name: string) => JSON.stringify((from as Record<string, unknown>)[name])
  return (
    input.forceNewDeployment === true ||
    Object.keys(input).some(
      name => !NEEDS_NO_DEPLOYMENT.has(name) && value(before, name) !== value(after, name),
    )
  )
}

/** @throws UnsupportedFeatureException for what the local cloud does not have */
export function refuseWhatIsNotHere(input: CreateServiceRequest | UpdateServiceRequest): void {
  const type = input.deploymentController?.type
  if (type && type !== 'ECS')
    throw unsupported(`The deployment controller ${type} is not in the local cloud; ECS is.`)
  for (const name of NOT_HERE) {
    const value = input[name] as { enabled?: boolean } | unknown[] | undefined
    if (Array.isArray(value) ? value.length > 0 : value?.enabled)
      throw unsupported(`${name} is not in the local cloud.`)
  }
}
